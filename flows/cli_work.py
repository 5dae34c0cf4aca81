"""Commands that make figures: ``propose``, ``estimate``, ``growth``, ``report``, ``demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from flows.cli_options import (
    CONFIGS,
    WORKSPACE,
    AcceptOption,
    ConfigsOption,
    DepositArgument,
    Exit,
    JsonOption,
    WorkersOption,
    WorkspaceOption,
    next_options,
    print_json,
    warn_of_bad_belts,
)
from flows.cli_options import voice as cli_voice

MOST_FINDINGS = 40
"""Findings of a refused deposit on a terminal."""


def propose(
    deposit: DepositArgument,
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    main: Annotated[
        str | None, typer.Option("--main", help="主元素 / Main element: cu, ni")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="写入成矿带配置 / Put it into the belt's file.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """提出估算方案供审定 / Write a proposed plan for a geologist to review."""
    from estimation.proposal import propose as propose_plan
    from flows.belts import find_deposit
    from flows.proposals import plan_text, write_plan
    from flows.readings import accepted_drillholes
    from flows.runtime import Workspace

    house = Workspace(Path(workspace))
    found = find_deposit(deposit, Path(configs))
    data, _ = accepted_drillholes(*found, house, max(found[1].vintages))
    proposal = propose_plan(data, main)
    written = write_plan(deposit, Path(configs), proposal) if write else None
    if as_json:
        print_json(proposal.plan.model_dump(mode="json"))
        return
    path = house.root / "proposals" / f"{deposit}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = plan_text(proposal)
    path.write_text(text, "utf-8")
    voice = cli_voice()
    voice.out.print(text, markup=False, highlight=False, soft_wrap=True)
    for words in proposal.remarks:
        voice.say(f"注意: {words.zh}", f"note: {words.en}")
    more = next_options(configs, workspace)
    if written is not None:
        voice.say(
            f"已写入 {written} (状态: 待审定)\n下一步: bornite estimate {deposit}{more}",
            f"written into {written} (status: proposed)\nnext: bornite estimate {deposit}{more}",
        )
        return
    voice.say(
        f"已写入 {path};审定后粘贴到成矿带配置中,或用 --write\n"
        f"下一步: bornite estimate {deposit}{more}",
        f"written to {path}; review it, then paste it into the belt's file, or use --write\n"
        f"next: bornite estimate {deposit}{more}",
    )


def estimate(
    deposit: Annotated[list[str], typer.Argument(help="矿床 / Deposits.")],
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    workers: WorkersOption = None,
    accept: AcceptOption = None,
    as_json: JsonOption = False,
) -> None:
    """估算矿床各期资源量 / Estimate every vintage of deposits."""
    from flows.answers import deposit_answer
    from flows.show import statement_table, truth_table

    voice = cli_voice()
    done = [_estimated(voice, name, (configs, workspace), workers, accept) for name in deposit]
    warn_of_bad_belts(configs)  # an unknown deposit has said so itself
    if as_json:
        print_json({"deposits": [deposit_answer(runs) for runs in done]})
        return
    results = [runs[-1].result for runs in done]
    voice.out.print(statement_table(voice, results))
    for result in results:
        for verdict in (v for v in result.statement.gate if not v.allowed):
            words = (
                f"{verdict.domain}: 距离平方反比法,不高于推断({verdict.reason_zh})",
                f"{verdict.domain}: inverse distance, Inferred at best ({verdict.reason_en})",
            )
            voice.out.print(f"{result.deposit_id} {voice.word(*words)}", markup=False)
        _say_left_out(voice, result)
    truth = truth_table(voice, results)
    if truth is not None:
        voice.out.print(truth)
    for runs in done:
        tiles = sum(r.tiles.computed for r in runs), sum(r.tiles.reused for r in runs)
        voice.say(
            f"{runs[0].result.deposit_id}: 计算 {tiles[0]} 瓦片,复用 {tiles[1]}",
            f"{runs[0].result.deposit_id}: {tiles[0]} tiles computed, {tiles[1]} reused",
        )
    more = next_options(configs, workspace)
    voice.say(f"下一步: bornite report{more}", f"next: bornite report{more}")


def _estimated(
    voice: Any, name: str, where: tuple[str, str], workers: int | None, accept: str | None
) -> Any:
    """The runs of one deposit; where it is refused, findings, one line that says so, and exit."""
    from estimation.errors import EstimationError
    from flows.accept import HeldError
    from flows.estimate import estimate as estimate_deposit
    from flows.reasons import reason_of_trouble
    from flows.show_held import say_reasons
    from geo.findings import DataError
    from geo.rules import blocks

    try:
        with voice.progress():
            return estimate_deposit(name, *where, workers, accept=accept)
    except DataError as refused:
        trouble: Exception = refused
        grave = sorted(refused.findings, key=lambda f: (f.severity == "error", blocks(f)))
        voice.findings(tuple(grave[-MOST_FINDINGS:]))  # what refuses it stands last
        rest = len(grave) - MOST_FINDINGS
        if rest > 0:
            voice.say(f"另有 {rest} 条较轻的,见 bornite check", f"{rest} lesser: bornite check")
    except EstimationError as refused:
        trouble = refused
    say_reasons(voice, {name: reason_of_trouble(trouble)}, "未估算", "not estimated")
    raise typer.Exit(Exit.HELD if isinstance(trouble, HeldError) else Exit.DATA) from None


def _say_left_out(voice: Any, result: Any) -> None:
    """Ground and samples that the figures just shown do not rest on."""
    for one in result.extras.get("left_out", ()):
        said = voice.word(one["zh"], one["en"])
        voice.out.print(f"! {result.deposit_id} {said}", markup=False, style="bold")


def growth(
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """记入台账并对照目标 / Enter estimates in the ledger; growth against the target."""
    from flows.answers import growth_answer
    from flows.show import growth_table
    from flows.show_review import say_tracked
    from flows.track import track

    warn_of_bad_belts(configs)
    tracked = track(configs, workspace)
    if as_json:
        print_json(growth_answer(tracked))
        raise typer.Exit(_code(tracked))
    voice = cli_voice()
    voice.out.print(growth_table(voice, tracked))
    more = next_options(configs, workspace)
    say_tracked(voice, tracked, more)
    voice.say(f"下一步: bornite report{more}", f"next: bornite report{more}")
    raise typer.Exit(_code(tracked))


def _code(tracked: Any) -> Exit:
    """Exit code of what entered the ledger: trouble first, then what waits for a person."""
    if tracked.problems or tracked.refused:
        return Exit.DATA
    return Exit.HELD if tracked.held else Exit.OK


def report(
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """生成网站(局内版、公众版)与下载文件 / Write the site, both builds, and its downloads."""
    from flows.lock import workspace_lock
    from flows.manifest import new_run_id
    from flows.report import report as write_report
    from flows.show_held import say_refused
    from flows.show_review import say_tracked
    from flows.track import track

    warn_of_bad_belts(configs)
    run_id = new_run_id()
    with workspace_lock(Path(workspace), "report", run_id):
        tracked = track(configs, workspace, run_id)
        written = write_report(configs, workspace, run_id)
    say_refused(cli_voice(), written.refused)
    code = Exit.DATA if written.refused is not None else _code(tracked)
    if as_json:
        print_json({"site": str(written.site), "workbook": str(written.workbook)})
        raise typer.Exit(code)
    say_tracked(cli_voice(), tracked, next_options(configs, workspace))
    cli_voice().say(
        f"工作簿: {written.workbook}\n下一步: 打开 {written.site}",
        f"workbook: {written.workbook}\nnext: open {written.site}",
    )
    raise typer.Exit(code)


def demo(
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    workers: WorkersOption = None,
    as_json: JsonOption = False,
    open_site: Annotated[
        bool, typer.Option("--open/--no-open", help="完成后打开网站 / Open the site at the end")
    ] = True,
) -> None:
    """整夜流程,缺省用合成样例 / A whole night, raw files to site; the sample if no --configs."""
    from flows.demo import run_demo

    code = run_demo(configs, workspace, workers, as_json, open_site, cli_voice())
    raise typer.Exit(code)
