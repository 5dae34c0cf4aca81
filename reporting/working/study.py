"""A study on paper: its tables as CSV, its figures as SVG, and one page that shows both.

``study.json`` beside them holds all that another page needs to show the study again: the words and
cells as they are printed, and of each figure what is drawn (:mod:`reporting.working.kept`).
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from estimation.deposit import DepositData
from estimation.studies import Study, StudyFigure, Workbench
from geo.files import write_whole
from geo.version import code_version
from reporting.figures.store import FigureStore, Plate
from reporting.site.frame import (
    DATA_HASH,
    PLAN_HASH,
    crs_text,
    named,
    same,
    shanghai,
    working_page,
)
from reporting.site.templating import render_page
from reporting.tables import plan_text
from reporting.units import Text
from reporting.working.kept import (
    KEPT,
    KeptFigure,
    KeptStudy,
    kept_check,
    kept_table,
    kept_text,
)


@dataclass(frozen=True)
class Made:
    """When a page was made (aware), and by which run."""

    at: datetime
    run_id: str


def write_study(study: Study, bench: Workbench, folder: Path, made: Made) -> Path:
    """Write a study as :func:`keep_study` does, ``figures/*.svg`` and ``page.html``.

    Returns the page.
    """
    kept = keep_study(study, bench, folder)
    data = bench.data
    store = FigureStore(folder / "drawn")
    plates = [_plate(figure, folder, store) for figure in kept.figures]
    store.prune()
    context = {
        "page": working_page(_title(study, data), made.at, synthetic=data.belt.synthetic),
        "facts": _facts(bench),
        "footer": _footer(bench, made),
        "print_line": _print_line(bench, made),
        "failed": study.failed,
        "remarks": kept.remarks,
        "checks": kept.checks,
        "plates": plates,
        "tables": kept.tables,
    }
    page = folder / "page.html"
    write_whole(page, render_page("study", context).encode())
    return page


def keep_study(study: Study, bench: Workbench, folder: Path) -> KeptStudy:
    """Write ``tables/*.csv``, ``arrays/*.npz`` and ``study.json``; draws nothing.

    What an earlier run left in the folder and this one does not make is removed, its page too.
    """
    for name in ("page.html", KEPT):
        (folder / name).unlink(missing_ok=True)
    _remove_others(study, folder)
    for figure in study.figures:
        figure_arrays(figure, folder / "arrays")
    for table in study.tables:
        text = table.frame.to_csv(index=False, lineterminator="\n", float_format="%.9g")
        write_whole(folder / "tables" / f"{table.name}.csv", text.encode("utf-8-sig"))
    kept = KeptStudy(
        topic=study.topic,
        title=kept_text(study.title),
        failed=study.failed,
        result=bench.result.digest if bench.result else "",
        code=code_version(),
        remarks=tuple(kept_text(words) for words in study.remarks),
        checks=tuple(kept_check(check) for check in study.checks),
        tables=tuple(kept_table(table) for table in study.tables),
        figures=tuple(
            KeptFigure(
                figure.name,
                figure.drawing,
                kept_text(figure.title),
                kept_text(figure.caption),
                figure.parameters,
                bool(figure.arrays),
            )
            for figure in study.figures
        ),
    )
    kept.write(folder)
    return kept


def _remove_others(study: Study, folder: Path) -> None:
    """Remove tables, figures and arrays that are not of this study."""
    names = {"tables": {f"{t.name}.csv" for t in study.tables}}
    names["figures"] = {f"{f.name}.svg" for f in study.figures}
    names["arrays"] = {f"{f.name}.npz" for f in study.figures}
    for kind, wanted in names.items():
        for path in (folder / kind).glob("*.*"):
            if path.name not in wanted:
                path.unlink()


def _title(study: Study, data: DepositData) -> Text:
    """The study's title with the deposit's name."""
    name = data.deposit.name
    return Text(f"{study.title.zh}：{name.zh}", f"{study.title.en}: {name.en}")


def plan_status(bench: Workbench) -> Text:
    """Whether a person accepted the plan, and whether it is the deposit's own."""
    if not bench.plan_given:
        return Text(
            "程序拟定（配置中无方案），未审定",
            "proposed by the program (none in the file), not accepted",
        )
    return plan_text(bench.data.plan.acceptance.words)


def _facts(bench: Workbench) -> list[tuple[Text, Text]]:
    """What the study rests on."""
    data, acceptance = bench.data, bench.data.plan.acceptance
    said = f"{acceptance.by}, {acceptance.date}" if acceptance.by else "—"
    estimate = Text("无现行估算", "none of this data and plan")
    return [
        (Text("矿床", "Deposit"), named(data.deposit.name)),
        (Text("数据截止", "Data to"), same(data.vintage)),
        (Text("方案状态", "Plan"), plan_status(bench)),
        (Text("审定人", "Accepted by"), same(said)),
        (Text("估算", "Estimate"), same(_result_digest(bench)) if bench.result else estimate),
        (Text("坐标系", "CRS"), crs_text(data.belt)),
    ]


def _result_digest(bench: Workbench) -> str:
    """What ``bornite diff`` finds the result by."""
    return bench.result.digest[:12] if bench.result else "—"


def _footer(bench: Workbench, made: Made) -> list[tuple[Text, Text]]:
    """What a page can be traced by."""
    data = bench.data
    return [
        (Text("运行编号", "Run"), same(made.run_id)),
        (Text("数据截止", "Data to"), same(data.vintage)),
        (Text("方案", "Plan"), plan_status(bench)),
        (DATA_HASH, same(data.data_hash()[:12])),
        (PLAN_HASH, same(data.plan_hash[:12])),
        (Text("结果指纹", "Result"), same(_result_digest(bench))),
    ]


def _print_line(bench: Workbench, made: Made) -> str:
    """Foot of every printed sheet; plain signs only, safe inside a CSS string."""
    data = bench.data
    line = (
        f"run {made.run_id} | data to {data.vintage} | data {data.data_hash()[:12]} | "
        f"plan {data.plan_hash[:12]} | {code_version()} | {shanghai(made.at)}"
    )
    return re.sub(r"[^A-Za-z0-9 :._+/|()-]", "", line)


def _plate(figure: KeptFigure, folder: Path, store: FigureStore) -> dict[str, Any]:
    """One figure, drawn, and kept under its own name too."""
    svg = store.svg(figure.drawing, figure.source(folder), figure.parameters)
    write_whole(folder / "figures" / f"{figure.name}.svg", svg.encode())
    return {"name": figure.name, "plate": Plate(svg, figure.title, figure.caption)}


def figure_arrays(figure: StudyFigure, folder: Path) -> Path | None:
    """Keep what a figure draws as ``<name>.npz``; None where it draws no arrays."""
    if not figure.arrays:
        return None
    path = folder / f"{figure.name}.npz"
    held = io.BytesIO()
    arrays: dict[str, Any] = {k: np.asarray(v) for k, v in figure.arrays.items()}
    np.savez_compressed(held, **arrays)
    write_whole(path, held.getvalue())
    return path
