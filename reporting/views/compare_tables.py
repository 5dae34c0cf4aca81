"""What stands behind two days' differences: figures made again, data, plans, programs, days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from estimation.differences import Change
from estimation.plan import CLASSES
from reporting.facts.comparison import Revision, Unlike, unlike
from reporting.report import SiteReport
from reporting.site.frame import same
from reporting.tables import Row, Table, column, heading, number, plan_text, words
from reporting.units import Text, Unit, class_text
from reporting.views.compare import Sides, days, entries_of, pair_basis
from reporting.views.deposit import COUNT
from reporting.views.summary import summary_basis
from reporting.views.target_tables import listed

PARAMETERS_SHOWN = 120
"""Differing keys of plans that a page lists."""
KG = Unit("kg", "1", 0)


def revisions_table(
    found: Sequence[Sides], revisions: Iterable[Revision], pair: tuple[date, date], key: str
) -> Table | None:
    """Figures of either day that were made again, as they were and as they are; None: none."""
    names = {one.deposit_id: one.name for one in found}
    keys = {key for one in found for key in entries_of(one)}
    kept = [one for one in revisions if (one.deposit_id, one.vintage) in keys]
    if not kept:
        return None
    head = [
        column("矿床", "Deposit", numeric=False),
        column("估算日", "As of", numeric=False),
        column("台账条目", "Entries", numeric=False),
    ]
    for name in CLASSES:
        text = class_text(name)
        head += [
            column(f"{text.zh[:2]}：旧", f"{text.en}, then", KG.sign),
            column(f"{text.zh[:2]}：现", f"{text.en}, now", KG.sign),
        ]
    rows = []
    for one in kept:
        about = {"metal": one.element, "deposit": one.deposit_id, "vintage": str(one.vintage)}
        said = f"№ {one.replaced} ({one.was_recorded}) → № {one.entry} ({one.recorded})"
        cells = [heading(names[one.deposit_id]), words(str(one.vintage), "keep"), words(said)]
        for name, was, now in one.metal_kg:
            of = {**about, "klass": name}
            cells.append(number(was, KG, quantity="metal_was_kg", about=of))
            cells.append(number(now, KG, quantity="metal_now_kg", about=of))
        rows.append(Row(tuple(cells)))
    title = Text("重新估算过的数字", "Figures that were made again")
    note = Text(
        "旧数字原样保留在台账中，可凭编号查得；本页其他表用现数字。",
        "The older figure stays in the ledger under its number, as written; other tables of this "
        "page use the present one.",
    )
    basis = pair_basis(found, pair)
    return Table(f"revisions-{key}", title, basis, (tuple(head),), tuple(rows), (note,))


def compared(found: Sequence[Sides]) -> dict[str, Unlike]:
    """What else differs between both figures of each deposit that has two."""
    return {
        one.deposit_id: unlike(one.before, one.after)
        for one in found
        if one.moved and one.before is not None and one.after is not None
    }


def causes_table(
    found: Sequence[Sides],
    differences: Mapping[str, Unlike],
    pair: tuple[date, date],
    key: str,
) -> Table:
    """What else differs, counted: holes, composites, files of data, keys of the plan, program."""
    head = [column("矿床", "Deposit", numeric=False)]
    for zh, en in (("钻孔数", "Holes"), ("组合样数", "Composites")):
        head += [column(f"{zh}：较早", f"{en}, earlier"), column("较晚", "Later")]
    head += [
        column("有差异的数据文件", "Data files that differ"),
        column("有差异的参数", "Plan keys that differ"),
        column("程序", "Program", numeric=False),
        column("参数认可", "Plan", numeric=False),
    ]
    rows = []
    for one in found:
        if one.deposit_id not in differences or one.before is None or one.after is None:
            continue
        made, about = differences[one.deposit_id], {"deposit": one.deposit_id}
        counts = [
            (getattr(result, name), name)
            for name in ("holes", "composites")
            for result in (one.before, one.after)
        ]
        counts += [(made.files, "files_differ"), (len(made.plan), "keys_differ")]
        engines = dict.fromkeys((one.before.engine_version, one.after.engine_version))
        states = [plan_text(result.plan_status) for result in (one.before, one.after)]
        in_zh, in_en = (dict.fromkeys(getattr(s, w) for s in states) for w in ("zh", "en"))
        cells = [
            heading(one.name),
            *(number(value, COUNT, quantity=what, about=about) for value, what in counts),
            words(" → ".join(engines), "keep"),
            words(Text(" → ".join(in_zh), " → ".join(in_en))),
        ]
        rows.append(Row(tuple(cells)))
    title = Text("数据、参数与程序", "Data, plan and program")
    basis = pair_basis(found, pair)
    return Table(f"causes-{key}", title, basis, (tuple(head),), tuple(rows))


def parameters_table(
    found: Sequence[Sides],
    differences: Mapping[str, Unlike],
    pair: tuple[date, date],
    key: str,
) -> Table | None:
    """Keys of plans that differ, with both values; equal ones of several deposits in one line."""
    names = {one.deposit_id: one.name for one in found}
    groups: dict[Change, list[str]] = {}
    for deposit_id, made in differences.items():
        for change in made.plan:
            groups.setdefault(change, []).append(deposit_id)
    if not groups:
        return None
    head = (
        column("参数", "Key", numeric=False),
        column(str(pair[0]), str(pair[0]), numeric=False),
        column(str(pair[1]), str(pair[1]), numeric=False),
        column("矿床", "Deposits", numeric=False),
    )
    order = sorted(groups, key=lambda one: (one.what, one.before, one.after))
    rows = [
        Row(
            (
                heading(same(one.what)),
                words(_short(one.before)),
                words(_short(one.after)),
                words(listed(groups[one], names)),
            )
        )
        for one in order[:PARAMETERS_SHOWN]
    ]
    left = len(order) - len(rows)
    notes = (
        (Text(f"另有 {left} 项差异未列", f"{left} more differences are not listed"),)
        if left > 0
        else ()
    )
    title = Text("参数差异", "Parameters that differ")
    basis = pair_basis(found, pair)
    return Table(f"parameters-{key}", title, basis, (head,), tuple(rows), notes)


def _short(value: str) -> str:
    """A value of a plan, cut where it is long."""
    return value if len(value) <= 160 else value[:159] + "…"


def days_table(report: SiteReport) -> Table:
    """The days that can be chosen: deposits estimated as of each, entries, figures made again."""
    head = (
        column("估算日", "Day", numeric=False),
        column("当日有估算的矿床", "Deposits estimated as of it"),
        column("截至当日有数字的矿床", "Deposits with a figure by then"),
        column("其中重新估算过", "Of these made again"),
    )
    again = {(one.deposit_id, one.vintage) for one in report.revisions}
    rows = []
    for day in reversed(days(report)):
        on = [r for results in report.results.values() for r in results if r.vintage == day]
        by = sum(any(r.vintage <= day for r in results) for results in report.results.values())
        redone = sum((r.deposit_id, r.vintage) in again for r in on)
        counts = ((len(on), "deposits_on"), (by, "deposits_by"), (redone, "made_again"))
        cells = [number(n, COUNT, quantity=q, about={"vintage": str(day)}) for n, q in counts]
        rows.append(Row((heading(same(day)), *cells)))
    title = Text("可选的估算日", "Days to choose from")
    results = [r for results in report.results.values() for r in results]
    basis = summary_basis(results)
    return Table("days", title, basis, (head,), tuple(rows))
