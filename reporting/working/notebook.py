"""Studies, statements and plans as a notebook shows them: tables and figures in the cell.

A :class:`Shown` is HTML for a notebook and plain text for a terminal. A :class:`Picture` is a PNG
with its caption, small enough to be kept in a notebook's file.
"""

from __future__ import annotations

import base64
import html
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from estimation.plan import CLASSES, Plan
from estimation.results import Check, ResourceStatement
from estimation.studies import Study, StudyFigure, StudyTable
from geo.config import ConfigError
from reporting.figures.store import draw_png
from reporting.units import CLASS_TEXT, grade_display, symbol
from reporting.working.kept import cell_text
from reporting.working.study import figure_arrays

DPI = 80
"""Resolution of pictures in a notebook, dots per inch."""
LONGEST = 30
"""Rows of a study's table in a cell; ``Desk.table`` gives all of them."""


@dataclass(frozen=True)
class Shown:
    """Something that a notebook can show, and that reads well in a terminal too."""

    body: str
    plain: str

    def _repr_html_(self) -> str:
        return self.body

    def __repr__(self) -> str:
        return self.plain


@dataclass(frozen=True)
class Picture:
    """One figure of a study: drawn when it is first shown."""

    figure: StudyFigure

    @cached_property
    def png(self) -> bytes:
        """The figure as PNG."""
        return png_of(self.figure, DPI)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """PNG and text, as IPython asks for them."""
        return {"image/png": base64.b64encode(self.png).decode(), "text/plain": repr(self)}

    def __repr__(self) -> str:
        figure = self.figure
        return f"{figure.title.zh} / {figure.title.en}\n{figure.caption.zh}\n{figure.caption.en}"


def png_of(figure: StudyFigure, dpi: int) -> bytes:
    """A study's figure drawn as PNG."""
    with tempfile.TemporaryDirectory() as folder:
        source = figure_arrays(figure, Path(folder))
        return draw_png(figure.drawing, source, figure.parameters, dpi)


@dataclass(frozen=True, repr=False)
class ShownStudy:
    """A study in a notebook: all of it in a cell, or one figure or table by its name."""

    study: Study

    def figure(self, name: str) -> Picture:
        """One figure.

        Raises
        ------
        ConfigError
            There is none of that name; the message names those there are.
        """
        made = {one.name: one for one in self.study.figures}
        if name not in made:
            raise no_such("figure", "图", name, made)
        return Picture(made[name])

    def table(self, name: str) -> pd.DataFrame:
        """One table, all rows, numbers as numbers.

        Raises
        ------
        ConfigError
            There is none of that name; the message names those there are.
        """
        made = {one.name: one for one in self.study.tables}
        if name not in made:
            raise no_such("table", "表", name, made)
        return made[name].frame

    def _repr_html_(self) -> str:
        study = self.study
        parts = [f"<h3>{_both(study.title)}</h3>"]
        parts += [f"<p>{_both(words)}</p>" for words in study.remarks]
        parts += [_embedded(figure) for figure in study.figures]
        if study.checks:
            parts.append(show_checks(study.checks).body)
        parts += [show_table(table).body for table in study.tables]
        return "\n".join(parts)

    def __repr__(self) -> str:
        study = self.study
        lines = [f"{study.title.zh} / {study.title.en}"]
        lines += [f"  figure {f.name}: {f.title.en}" for f in study.figures]
        lines += [f"  table {t.name}: {t.title.en}" for t in study.tables]
        return "\n".join([*lines, *(w.en for w in study.remarks)])


def no_such(en: str, zh: str, name: str, known: Iterable[str]) -> ConfigError:
    """A wrong name, with the right ones."""
    return ConfigError(f"no {en} '{name}'; there are {', '.join(known)} / 没有{zh}“{name}”")


def _embedded(figure: StudyFigure) -> str:
    """A figure with its caption inside HTML."""
    body = base64.b64encode(png_of(figure, DPI)).decode()
    alt = html.escape(figure.title.en, quote=True)
    return (
        f'<figure><img alt="{alt}" src="data:image/png;base64,{body}">'
        f"<figcaption>{_both(figure.caption)}</figcaption></figure>"
    )


def show_table(table: StudyTable) -> Shown:
    """One table, headings in both languages, at most :data:`LONGEST` rows."""
    names = {c: f"{w.zh} / {w.en}" for c, w in table.headings.items()}
    frame = table.frame.head(LONGEST).rename(columns=names)
    shown = show_frame(frame)
    more = len(table.frame) - len(frame)
    note = f"<p>… {more} 行 / more rows</p>" if more else ""
    note += f"<p><small>{_both(table.note)}</small></p>" if table.note else ""
    return Shown(
        f"<h4>{_both(table.title)}</h4>{shown.body}{note}", f"{table.title.en}\n{shown.plain}"
    )


def show_frame(frame: pd.DataFrame) -> Shown:
    """A table with numbers as readers want them: four figures, no power of ten, blank not zero."""
    text = frame.map(cell_text)
    body = text.to_html(index=False, border=0)
    return Shown(body, text.to_string(index=False))


def show_checks(checks: Iterable[Check]) -> Shown:
    """Tests of validation with their thresholds and verdicts."""
    rows = [
        {
            "检验 / test": f"{c.label_zh} / {c.label_en}",
            "元素 / element": symbol(c.element) if "_" in c.element else c.element,
            "矿化域 / domain": c.domain,
            "值 / value": c.value,
            "界限 / threshold": c.rule,
            "结论 / verdict": c.verdict,
        }
        for c in checks
    ]
    return show_frame(pd.DataFrame(rows))


def show_statement(statement: ResourceStatement) -> Shown:
    """Ore, grade and metal by class at the reporting cut-off; classes are never added."""
    rows = []
    for name in CLASSES:
        for row in (r for r in statement.at_cutoff() if r.class_name == name):
            text = CLASS_TEXT[name]
            line: dict[str, Any] = {
                "类别 / class": f"{text.zh} / {text.en}",
                "矿化域 / domain": row.domain,
                "矿石 / ore Mt": row.ore_t / 1e6,
            }
            for element, figure in row.elements.items():
                unit = grade_display(element).sign
                line[f"{symbol(element)} {unit}"] = figure.grade
                line[f"{symbol(element)} t"] = figure.metal_t if figure.evaluated_ore_t else None
            rows.append(line)
    shown = show_frame(pd.DataFrame(rows))
    main = statement.main_element
    cutoff = f"{symbol(main)} ≥ {statement.reporting_cutoff:g} {grade_display(main).sign}"
    title = f"{cutoff}; {statement.density_basis}"
    return Shown(f"<p>{html.escape(title)}</p>{shown.body}", f"{title}\n{shown.plain}")


def show_plan(plan: Plan) -> Shown:
    """What a plan decides for each element, with its reason."""
    rows = []
    for name in plan.all_elements:
        held = plan.elements.get(name)
        one = plan.derived[name] if held is None else held
        caps = {} if held is None else held.caps
        rows.append(
            {
                "元素 / element": symbol(name),
                "方法 / method": one.method,
                "特高品位 / top cut": ", ".join(f"{d} {c:g}" for d, c in caps.items()) or None,
                "变异函数 / variogram": None if held is None else held.variogram.said,
                "最高类别 / class limit": one.class_limit,
                "理由 / reason": one.reason,
            }
        )
    shown = show_frame(pd.DataFrame(rows))
    said = plan.acceptance
    status = said.status + (f", {said.by}, {said.date}" if said.by else "") + f": {said.reason}"
    return Shown(f"<p>{html.escape(status)}</p>{shown.body}", f"{status}\n{shown.plain}")


def _both(words: tuple[str, str]) -> str:
    zh, en = words
    return html.escape(zh if zh == en else f"{zh} / {en}")
