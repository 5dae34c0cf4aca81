"""Names, notes, reasons, files and cells that try to be something else stay text on every page."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from estimation.belts import Belt
from estimation.results import DepositResult
from estimation.studies import StudyTable, Words
from geo.config import Names
from geo.findings import Finding
from reporting import SiteReport
from reporting.facts.evidence import Decided, Evidence, SourceRows
from reporting.figures.store import FigureStore
from reporting.site.contents import chapters
from reporting.site.frame import LONGEST_NAME, named
from reporting.site.room import BUREAU, PUBLIC, Audience, Room, Stamp
from reporting.site.templating import render_page
from reporting.units import Text, seen
from reporting.viewer.scene import write_scene
from reporting.working.geochemistry import KEPT
from reporting.working.kept import KeptStudy, kept_table
from tests.evidence_fixture import told_report
from tests.operations_fixture import fabricated_operations
from tests.viewer_scenes import fabricated_scene

MARK = "alert(1)"
HOSTILE = f"<script>{MARK}</script><img src=x onerror=alert(2)>=1+1 \u202etxt\u2066\x07 😀"
SAID = Text(HOSTILE, HOSTILE)
QUIET = ("title", "script", "style")
"""Elements whose words no sign can leave; a browser's tab sets directions itself."""


class Reader(HTMLParser):
    """What a page is made of, and where its hostile words stand."""

    VOID = ("meta", "link", "input", "img", "br", "rect", "path")

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.said = 0
        self.bare: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember an element and its attributes."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close an element."""
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Hostile words, and those that nothing keeps apart from what stands beside them."""
        if MARK in data and not set(QUIET) & set(self.open):
            self.said += 1
            if "bdi" not in self.open:
                self.bare.append(f"{' > '.join(self.open[-4:])}: {data[:80]}")


def _belt(belt: Belt) -> Belt:
    names = Names(zh=HOSTILE, en=HOSTILE)
    deposits = tuple(d.model_copy(update={"name": names, "kind": names}) for d in belt.deposits)
    changes = {"name": names, "note": names, "province": names, "synthetic": False}
    return belt.model_copy(update={**changes, "deposits": deposits})


def _result(result: DepositResult) -> DepositResult:
    """An estimate whose plan says hostile things."""
    decided = json.loads(json.dumps(result.extras.get("decided", {}), default=str))
    if decided:
        decided["plan"]["acceptance"] |= {"by": HOSTILE, "reason": HOSTILE, "of": None}
        decided["plan"]["cutoffs"]["citation"] = HOSTILE
        decided["plan"]["classification"]["citation"] = HOSTILE
    waiting = [{"column": HOSTILE, "count": 3}]
    held = {"reason": HOSTILE, "by": HOSTILE, "at": "2026-11-01T00:00", "waiting": waiting}
    left = ({"zh": HOSTILE, "en": HOSTILE},)
    notes = (*result.statement.notes, HOSTILE)
    return replace(
        result,
        extras={**result.extras, "decided": decided, "special_values": held, "left_out": left},
        statement=replace(result.statement, notes=notes),
    )


def _surveys(folder: Path) -> Path:
    said = {"zh": HOSTILE, "en": HOSTILE}
    rule = {
        "code": "BN-1", "severity": "error", "severity_text": said, "meaning": said, "more": None,
        "count": 1, "place": said, "value": HOSTILE, "fix": said,
    }  # fmt: skip
    figures = ["1"]
    section: dict[str, Any] = {
        "name": said,
        "file": HOSTILE,
        "facts": [[said, said]],
        "thresholds": [],
        "seams": [{"element": "Cu", "groups": HOSTILE, "samples": "1", "figures": figures}],
        "groups": [
            {"element": "Cu", "group": HOSTILE, "samples": "1", "factor": "1", "status": said}
        ],
        "register": [{"name": HOSTILE, "unit": "mg/kg", "figures": figures}],
        "plates": [],
        "rules": [rule],
    }
    folder.mkdir()
    kept = {"format": 2, "made_from": "x", "sections": [section]}
    (folder / KEPT).write_text(json.dumps(kept), "utf-8")
    return folder


def _study(folder: Path) -> Path:
    frame = pd.DataFrame({HOSTILE: [HOSTILE], "mean": [0.5]})
    table = kept_table(StudyTable("t", Words(HOSTILE, HOSTILE), frame))
    KeptStudy("domains", SAID, False, "r", "c", (SAID,), (), (table,), ()).write(folder)
    return folder


def _evidence(report: SiteReport, deposit: str, folder: Path) -> Evidence:
    entry = next(e for e in report.ledger.entries if e.deposit_id == deposit)
    decided = Decided(
        90, entry.number, entry.vintage.isoformat(), "internal", "decision", "review", HOSTILE,
        "approved", HOSTILE, HOSTILE, "2026-11-01", HOSTILE,
    )  # fmt: skip
    sources = (SourceRows(HOSTILE, HOSTILE, HOSTILE, "a" * 64, HOSTILE, 9, 8, 1, 2, 9),)
    return Evidence((decided,), sources, (), {"domains": _study(folder / "study")})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def report(folder: Path) -> SiteReport:
    """Two belts in which everything that data or people may say is hostile."""
    told = told_report(folder)
    belts = tuple(_belt(belt) for belt in told.belts)
    first = belts[0].deposits[0].id
    scene = fabricated_scene(500)
    traces = replace(scene.traces, holes=(HOSTILE, *scene.traces.holes[1:]))
    write_scene(folder / "scene.npz", replace(scene, traces=traces), HOSTILE)
    found = Finding(
        "BN-INT-002", "error", HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, row=3, value=HOSTILE,
        column=HOSTILE,
    )  # fmt: skip
    operations = fabricated_operations(belts)
    run = replace(operations.runs[1], trouble=HOSTILE, command=HOSTILE, by=HOSTILE,
                  held=((HOSTILE, SAID),), figures=(HOSTILE,), environment=((HOSTILE, HOSTILE),),
                  findings=((HOSTILE, 1),))  # fmt: skip
    return replace(
        told,
        belts=belts,
        results={key: tuple(map(_result, r)) for key, r in told.results.items()},
        evidence={first: _evidence(told, first, folder)},
        held={HOSTILE: SAID},
        findings={belt.id: (found,) for belt in belts},
        operations=replace(operations, runs=(run,)),
        viewers={first: folder / "scene.npz"},
        surveys={belts[0].id: _surveys(folder / "surveys")},
        run_id=HOSTILE,
        code_version=HOSTILE,
    )


def _pages(report: SiteReport, folder: Path, audience: Audience) -> dict[str, str]:
    """Every page of a site: path -> HTML."""
    room = Room(report, FigureStore(folder / "figures"), audience)
    stamp = Stamp(report.run_id, report.generated_at, report.code_version)
    more = {"nav": (), "audience": audience, "stamp": stamp}
    return {
        leaf.path: render_page(leaf.template, {**leaf.context, **more})
        for chapter in chapters(report, audience)
        for item in chapter.items(report)
        for leaf in chapter.leaves(room, item)
    }


@pytest.mark.parametrize("audience", [BUREAU, PUBLIC], ids=["bureau", "public"])
def test_what_is_said_stays_text_and_apart_on_every_page(
    report: SiteReport, folder: Path, audience: Audience
) -> None:
    kinds = set()
    for path, html in _pages(report, folder, audience).items():
        kinds.add(path.partition("/")[0])
        page = Reader(html)
        assert f"<script>{MARK}" not in html, path
        assert not [a for a in page.attributes if a[0].startswith("on") or a == ("src", "x")], path
        assert page.said or path == "method.html", path
        assert page.bare == [], path
        assert seen(html) == html, path
    assert kinds >= {"index.html", "deposits", "belts", "change.html", "method.html"}
    own = {"geology", "viewer", "surveys", "data.html", "digest.html", "runs.html", "runs"}
    assert own <= kinds if audience.holes else not own & kinds


def test_a_name_of_ten_thousand_signs_is_cut() -> None:
    long = named(Names(zh="矿" * 10_000, en="x" * LONGEST_NAME))
    assert len(long.zh) == LONGEST_NAME
    assert long.zh.endswith("…")
    assert long.en == "x" * LONGEST_NAME
