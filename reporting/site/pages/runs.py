"""The runs: a list of the newest, and a page for each with all that it noted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reporting.facts.operations import Run
from reporting.site.frame import HOME
from reporting.site.room import Leaf, Room
from reporting.units import Text
from reporting.views.runs import (
    belt_name,
    environment_facts,
    finding_facts,
    made_lines,
    run_facts,
    run_href,
    run_line,
)
from reporting.views.summary import latest_of

TITLE = Text("运行记录", "Runs")


def leaves(room: Room, _item: str) -> Iterator[Leaf]:
    """The list of runs, and each run's page."""
    report = room.report
    results = latest_of(report, report.belts)
    operations = report.operations
    context = {
        "page": room.page(TITLE, "runs", results, above=((HOME, "index.html"),)),
        "runs": [run_line(run) for run in operations.runs],
        "more": operations.runs_more,
    }
    yield Leaf("runs.html", "runs", context)
    for run in operations.runs:
        yield Leaf(run_href(run, ""), "run", _run_page(room, run))


def _run_page(room: Room, run: Run) -> dict[str, Any]:
    """Context of one run's page."""
    above = ((HOME, "../index.html"), (TITLE, "../runs.html"))
    title = Text(f"运行 {run.run_id}", f"Run {run.run_id}")
    return {
        "page": room.page(title, "run", (), above=above, deep=True),
        "run": run,
        "line": run_line(run),
        "facts": run_facts(run),
        "made": made_lines(room.report, run),
        "inputs": [(belt_name(room.report, i.belt), i.file, i.sha256) for i in run.inputs],
        "findings": finding_facts(run),
        "environment": environment_facts(run),
    }
