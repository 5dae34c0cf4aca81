"""The demo: the nightly workflow on the sample belts, and a short table of what came of it."""

from __future__ import annotations

import json
import sys
import time
import webbrowser
from dataclasses import replace
from pathlib import Path
from typing import Any

from flows.answers import deposit_answer, growth_answer
from flows.belts import all_belts
from flows.cli_options import next_options
from flows.digest import night_code
from flows.nightly import Night, nightly
from flows.show import Voice, growth_table, statement_table, truth_table
from flows.show_held import say_reasons, say_refused, say_unread
from flows.show_review import say_tracked
from flows.track import Tracked


def run_demo(
    configs: str,
    workspace: str,
    workers: int | None,
    as_json: bool,
    open_site: bool,
    voice: Voice,
) -> int:
    """Run everything, print the result, open the site; returns the exit code."""
    began = time.monotonic()
    with voice.progress():
        night = nightly(configs, workspace, workers)
    seconds = time.monotonic() - began
    if as_json:
        print(json.dumps(demo_answer(night, seconds), ensure_ascii=False, indent=1))
    else:
        _show(night, seconds, (configs, workspace), voice)
    if open_site and night.reported and sys.stdout.isatty():
        webbrowser.open(night.reported.site.resolve().as_uri())
    refused = night.reported.refused if night.reported else None
    say_refused(voice, refused)
    return night_code(night.held, night.tracked, refused)


def demo_answer(night: Night, seconds: float) -> dict[str, Any]:
    """The ``--json`` shape of ``demo`` (docs/json.md)."""
    tiles = [run.tiles for runs in night.estimates.values() for run in runs]
    return {
        "run": night.run_id,
        "seconds": round(seconds, 3),
        "tiles": {
            "computed": sum(t.computed for t in tiles),
            "reused": sum(t.reused for t in tiles),
        },
        "deposits": [deposit_answer(runs) for runs in night.estimates.values()],
        "held": {name: reason.en for name, reason in night.held.items()},
        "held_reasons": {name: vars(reason) for name, reason in night.held.items()},
        "growth": growth_answer(night.tracked) if night.tracked else None,
        "paths": {
            "site": str(night.reported.site) if night.reported else None,
            "workbook": str(night.reported.workbook) if night.reported else None,
        },
    }


def _growth_by_deposit(night: Night) -> dict[str, float]:
    """Net copper growth since the first target's first baseline, per cent, by deposit."""
    if night.tracked is None or not night.tracked.progress:
        return {}
    shares = night.tracked.progress[0].baselines[0].by_deposit
    return {
        share.id: share.stock.net_growth_pct
        for share in shares
        if share.stock.net_growth_pct is not None
    }


def _set_by_a_document(tracked: Tracked) -> Tracked:
    """The official targets only, where there are any; ``bornite growth`` shows them all."""
    official = tuple(item for item in tracked.progress if item.target.status == "official")
    return replace(tracked, progress=official or tracked.progress)


def _show(night: Night, seconds: float, where: tuple[str, str], voice: Voice) -> None:
    """The short table that a newcomer reads; ``where``: folder of belts, workspace."""
    configs, workspace = where
    results = [runs[-1].result for runs in night.estimates.values()]
    truth = truth_table(voice, results)
    if truth is not None:
        voice.out.print(truth)
    if night.tracked is not None:
        voice.out.print(growth_table(voice, _set_by_a_document(night.tracked)))
    if results:
        voice.out.print(statement_table(voice, results, _growth_by_deposit(night)))
    say_reasons(voice, night.held, "未估算", "held back")
    if night.tracked is not None:
        say_tracked(voice, night.tracked, next_options(configs, workspace))
    for belt_id, account in night.ingested.items():
        say_unread(voice, belt_id, account.findings)
    tiles = [run.tiles for runs in night.estimates.values() for run in runs]
    computed, reused = sum(t.computed for t in tiles), sum(t.reused for t in tiles)
    if any(belt.synthetic for _, belt in all_belts(Path(configs)).values()):
        voice.say("合成数据 - 仅供演示", "SYNTHETIC DATA - for demonstration")
    voice.say(
        f"{computed} 瓦片计算,{reused} 复用,{seconds:.0f} 秒",
        f"{computed} tiles computed, {reused} reused, {seconds:.0f} s",
    )
    if night.reported is not None:
        site = night.reported.site.resolve()
        voice.say(f"下一步: 打开 {site}", f"next: open {site}")
