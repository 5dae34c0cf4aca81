"""Studies, statements and plans as a notebook shows them: tables and figures in the cell."""

from __future__ import annotations

import html
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from estimation.plan import CLASSES, Plan
from estimation.results import ResourceStatement
from estimation.studies import Study, StudyFigure, StudyTable
from reporting.figures import draw
from reporting.study_page import figure_arrays
from reporting.units import CLASS_TEXT, grade_display, symbol


@dataclass(frozen=True)
class Shown:
    """Something that a notebook can show, and that reads well in a terminal too."""

    body: str
    plain: str

    def _repr_html_(self) -> str:
        return self.body

    def __repr__(self) -> str:
        return self.plain


def show_study(study: Study, *, figures: bool = True) -> Shown:
    """Remarks, figures and tables of a study."""
    parts = [f"<h3>{_both(study.title)}</h3>"]
    parts += [f"<p>{_both(words)}</p>" for words in study.remarks]
    if figures:
        parts += [show_figure(figure).body for figure in study.figures]
    parts += [show_table(table).body for table in study.tables]
    lines = [f"{study.title.en}: {len(study.figures)} figures, {len(study.tables)} tables"]
    return Shown("\n".join(parts), "\n".join([*lines, *(w.en for w in study.remarks)]))


def show_figure(figure: StudyFigure) -> Shown:
    """One figure as SVG."""
    with tempfile.TemporaryDirectory() as folder:
        source = figure_arrays(figure, Path(folder))
        svg = draw(figure.drawing, source, figure.parameters)
    caption = f"<figcaption>{_both(figure.caption)}</figcaption>"
    return Shown(
        f"<figure>{svg[svg.index('<svg') :]}{caption}</figure>", f"figure: {figure.title.en}"
    )


def show_table(table: StudyTable) -> Shown:
    """One table, headings in both languages."""
    names = {c: f"{w.zh} / {w.en}" for c, w in table.headings.items()}
    frame = table.frame.rename(columns=names)
    body = frame.to_html(index=False, na_rep="—", float_format=lambda x: f"{x:.4g}", border=0)
    return Shown(f"<h4>{_both(table.title)}</h4>{body}", frame.to_string(index=False))


def show_statement(statement: ResourceStatement) -> Shown:
    """Ore, grade and metal by class at the reporting cut-off; classes are never added."""
    rows = []
    for name in CLASSES:
        for row in (r for r in statement.at_cutoff() if r.class_name == name):
            text = CLASS_TEXT[name]
            line = {
                "class": f"{text.zh} / {text.en}",
                "domain": row.domain,
                "ore Mt": row.ore_t / 1e6,
            }
            for element, figure in row.elements.items():
                unit = grade_display(element).sign
                line[f"{symbol(element)} {unit}"] = figure.grade
                line[f"{symbol(element)} t"] = figure.metal_t if figure.evaluated_ore_t else None
            rows.append(line)
    frame = pd.DataFrame(rows)
    main = statement.main_element
    title = (
        f"{symbol(main)} ≥ {statement.reporting_cutoff:g} {grade_display(main).sign}; "
        f"{html.escape(statement.density_basis)}"
    )
    body = frame.to_html(index=False, na_rep="—", float_format=lambda x: f"{x:,.4g}", border=0)
    return Shown(f"<p>{title}</p>{body}", f"{title}\n{frame.to_string(index=False)}")


def show_plan(plan: Plan) -> Shown:
    """What a plan decides for each element, with its reason."""
    rows = []
    for name in plan.all_elements:
        one = plan.elements[name] if name in plan.elements else plan.derived[name]
        rows.append(
            {
                "element": symbol(name),
                "method": one.method,
                "class limit": one.class_limit,
                "reason": one.reason,
            }
        )
    frame = pd.DataFrame(rows)
    held = plan.acceptance
    status = f"{held.status}" + (f", {held.by}, {held.date}" if held.by else "")
    return Shown(
        f"<p>{html.escape(status)}: {html.escape(held.reason)}</p>"
        + frame.to_html(index=False, border=0),
        f"{status}\n{frame.to_string(index=False)}",
    )


def _both(words: tuple[str, str]) -> str:
    zh, en = words
    return html.escape(zh if zh == en else f"{zh} / {en}")
