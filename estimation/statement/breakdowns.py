"""The same ore split otherwise: benches, ore types, low-grade ore, constraints, fine cut-offs.

Every table is read from one tally, so each foots with the statement's rows to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from estimation.engine.krige import domain_names
from estimation.plan import CLASSES, Plan
from estimation.results import Breakdown, ElementFigure, StatementRow
from estimation.statement.ground_inside import Prospects
from estimation.statement.rows import figures_of, limits_of
from estimation.statement.standards import standard
from estimation.statement.tally import Tally

Label = tuple[str | float | None, ...]


def edges_of(plan: Plan) -> tuple[float, ...]:
    """Grades that a statement's tables are cut at: cut-offs, low grade, and the fine curve."""
    low = plan.cutoffs.low_grade
    edges = {plan.cutoffs.reporting, *plan.cutoffs.others, *curve_of(plan)}
    return tuple(sorted(edges | ({low.min_industrial} if low else set())))


def curve_of(plan: Plan) -> tuple[float, ...]:
    """Cut-offs of the grade-tonnage curve: even steps from zero, and the plan's own."""
    curve = standard("statement")["curve"]
    top = float(curve["reach"]) * max(plan.cutoffs.reporting, 1e-9)
    steps = int(curve["steps"])
    even = {float(f"{top * k / steps:.6g}") for k in range(steps + 1)}
    return tuple(sorted(even | {plan.cutoffs.reporting, *plan.cutoffs.others}))


def breakdowns(
    tally: Tally, prospects: Prospects, mined: Iterable[StatementRow]
) -> tuple[Breakdown, ...]:
    """Every table that the plan asks for.

    Tables but ``constraints`` hold the resource with reasonable prospects only.
    """
    plan = tally.plan
    resource = reasonable_cells(tally.cells, prospects)
    reported = resource[resource["step"] > tally.edges.index(plan.cutoffs.reporting)]
    tables = [_ore_types(plan, reported), _curve(tally, resource)]
    if plan.statement.bench_m:
        tables.append(_benches(plan, reported, plan.statement.bench_m))
    if plan.cutoffs.low_grade:
        tables.append(_low_grade(tally, reported, plan.cutoffs.low_grade.min_industrial))
    mined = tuple(mined)
    if prospects.constraints or any(row.ore_t for row in mined):
        tables.append(_constraints(tally, prospects, mined))
    return tuple(tables)


def reasonable_cells(cells: pd.DataFrame, prospects: Prospects) -> pd.DataFrame:
    """Cells with reasonable prospects of being mined; all of them where nothing is constrained."""
    good = [s for s in cells["state"].unique() if prospects.reasonable(int(s))]
    return cells[cells["state"].isin(good)]


def _table(
    plan: Plan, name: str, split: tuple[str, ...], groups: Iterable[tuple[Label, pd.DataFrame]]
) -> Breakdown:
    """A table by some labels and by class."""
    columns = [*split, "class", "ore_t"]
    columns += [f"{e}.{what}" for e in plan.all_elements for what in ("grade", "metal_t")]
    rows = [row for label, cells in groups for row in _rows(plan, label, cells)]
    return Breakdown(name, tuple(columns), tuple(rows))


def _rows(plan: Plan, label: Label, cells: pd.DataFrame) -> Iterator[Label]:
    """One row for each class with ore, or with metal of surer ore that is stated there."""
    present = set(cells["class_code"].astype(int))
    limits = set(limits_of(plan).values())
    for code in sorted(present | {n for n in limits if any(c < n for c in present)}):
        ore = float(cells.loc[cells["class_code"] == code, "ore_t"].sum())
        yield (*label, CLASSES[code - 1], ore, *_values(figures_of(plan, cells, code)))


def _values(figures: dict[str, ElementFigure]) -> Iterator[float | None]:
    for figure in figures.values():
        yield figure.grade
        yield None if figure.grade is None else figure.metal_t


def _ore_types(plan: Plan, cells: pd.DataFrame) -> Breakdown:
    """By ore type (矿石类型); a domain that no type names is a type of its own."""
    kinds = {domain: kind for kind, some in plan.statement.ore_types.items() for domain in some}
    names = [kinds.get(domain, domain) for domain in domain_names(plan)]
    kind = cells["domain_code"].map(lambda code: names[int(code) - 1])
    groups = (((name,), cells[kind == name]) for name in dict.fromkeys(names))
    return _table(plan, "ore_types", ("ore_type",), groups)


def _benches(plan: Plan, cells: pd.DataFrame, height_m: float) -> Breakdown:
    """By bench (中段), top down; a block belongs to the bench that its centre lies in."""
    benches = sorted(cells["bench"].unique(), reverse=True)
    groups = (
        ((float(n * height_m), float((n + 1) * height_m)), cells[cells["bench"] == n])
        for n in benches
    )
    return _table(plan, "benches", ("bottom_m", "top_m"), groups)


def _low_grade(tally: Tally, cells: pd.DataFrame, least: float) -> Breakdown:
    """工业矿 at or above 最低工业品位, 低品位矿 between it and the reporting cut-off."""
    industrial = cells["step"] > tally.edges.index(least)
    groups = [
        ((name, domain), part[part["domain_code"] == code])
        for name, part in (("industrial", cells[industrial]), ("low_grade", cells[~industrial]))
        for code, domain in enumerate(domain_names(tally.plan), start=1)
    ]
    return _table(tally.plan, "low_grade", ("grade_class", "domain"), groups)


def _curve(tally: Tally, cells: pd.DataFrame) -> Breakdown:
    """Grade-tonnage by class and domain at fine cut-offs."""
    groups = (
        ((cutoff, domain), above[above["domain_code"] == code])
        for cutoff in curve_of(tally.plan)
        for above in (cells[cells["step"] > tally.edges.index(cutoff)],)
        for code, domain in enumerate(domain_names(tally.plan), start=1)
    )
    return _table(tally.plan, "grade_tonnage", ("cutoff", "domain"), groups)


def _constraints(tally: Tally, prospects: Prospects, mined: tuple[StatementRow, ...]) -> Breakdown:
    """Each constraint's inside and outside, then what all of them leave; mined-out ore apart.

    ``mined_out`` is no part of the other rows, which are of ore in place.
    """
    plan = tally.plan
    cells = tally.above(plan.cutoffs.reporting)
    states = cells["state"].astype(int)
    groups: list[tuple[Label, pd.DataFrame]] = []
    for number, constraint in enumerate(prospects.constraints):
        held = states.map(lambda s, n=number: prospects.holds(s, n)).astype(bool)
        groups += [
            ((constraint.name, constraint.kind, side), cells[mask])
            for side, mask in (("inside", held), ("outside", ~held))
        ]
    good = states.map(prospects.reasonable).astype(bool)
    for side, mask in (("inside", good), ("outside", ~good)):
        groups.append((("reasonable_prospects", "all", side), cells[mask]))
    table = _table(plan, "constraints", ("constraint", "kind", "side"), groups)
    rows = [
        ("mined_out", "mined", row.domain, row.class_name, row.ore_t, *_values(row.elements))
        for row in mined
    ]
    return Breakdown(table.name, table.columns, table.rows + tuple(rows))
