"""Who decided about a deposit's figures, and which rows of which files they rest on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from estimation.differences import DECIDED
from estimation.results import DepositResult
from reporting.facts.evidence import Decided, Evidence, SourceRows
from reporting.report import SiteReport
from reporting.rounding import BLANK
from reporting.site.frame import same
from reporting.tables import Cell, number, review_state
from reporting.units import Text, bilingual
from reporting.views.deposit import COUNT
from tracking.ledger.entries import INTERNAL
from tracking.ledger.states import AXES

AXIS_TEXT = {
    "plan": Text("估算方案", "Plan"),
    "review": Text("内部审查", "Review"),
    "filing": Text("评审备案", "Filing"),
    "entry": Text("入台账", "Ledger"),
    "correction": Text("更正", "Correction"),
}
ENTERED = Text("登记为内部估算", "entered as an internal estimate")
TAKEN_BACK = Text("该条作废", "the entry is taken back")
ACCEPTED = {
    "proposed": Text("拟定，待认可", "proposed, not accepted"),
    "accepted": Text("拟定 → 认可", "proposed → accepted"),
}
PROGRAM = Text("程序自动（审查规则）", "the program (rules of review)")
ROLES = {
    "collar": Text("孔口", "Collars"),
    "survey": Text("测斜", "Surveys"),
    "assay": Text("样品化验", "Assays"),
    "lithology": Text("岩性编录", "Logging"),
    "density": Text("体重", "Density"),
    "combined": Text("组合分析", "Combined samples"),
    "members": Text("组合样组成", "Members of combined samples"),
    "mined": Text("采空区", "Mined-out ground"),
    "terrain": Text("地形", "Terrain"),
    "surface": Text("实体与曲面", "Solids and surfaces"),
    "other": Text("其他", "Other"),
}


@dataclass(frozen=True)
class Step:
    """One line of a deposit's history of decisions."""

    day: str
    vintage: str
    """Data date of the figure; a dash for a plan."""
    axis: Text
    move: Text
    by: Text
    """Empty in the public build, as ``reason``."""
    reason: Text
    document_no: str
    number: str
    """Of the ledger's entry; a dash for a plan."""


@dataclass(frozen=True)
class SourceLine:
    """One file's line in the table of sources."""

    role: Text
    file: str
    """Without the way up to it from the configuration."""
    sheet: str
    campaign: str
    sha256: str
    """First twelve signs."""
    rows: tuple[Cell, ...]
    """Read, used, quarantined."""
    places: str
    """First and last row used."""


def history(report: SiteReport, deposit_id: str, *, names: bool) -> list[Step] | None:
    """Every step of the deposit's figures, oldest first; None where the ledger was not read.

    ``names``: with who and why; free text may name holes and files.
    """
    evidence = report.evidence.get(deposit_id, Evidence())
    if evidence.decisions is None:
        return None
    steps = [*_plan_steps(report.results[deposit_id]), *_entries(report, deposit_id)]
    steps += [_step(one) for one in evidence.decisions]
    found = sorted(steps, key=lambda one: (one.day, one.number != BLANK, _count(one.number)))
    return [one if names else _nameless(one) for one in found]


def _count(number_text: str) -> int:
    return int(number_text) if number_text.isdecimal() else 0


def _nameless(one: Step) -> Step:
    """The step without who and why."""
    empty = Text("", "")
    return Step(one.day, one.vintage, one.axis, one.move, empty, empty, one.document_no, one.number)


def _plan_steps(results: tuple[DepositResult, ...]) -> Iterator[Step]:
    """Each acceptance of a plan, once."""
    said: dict[str, Step] = {}
    for result in results:
        held: dict[str, Any] = (
            (result.extras.get(DECIDED) or {}).get("plan", {}).get("acceptance", {})
        )
        if held.get("status") in ACCEPTED and held.get("date"):
            said[repr(sorted(held.items()))] = Step(
                str(held["date"]),
                BLANK,
                AXIS_TEXT["plan"],
                ACCEPTED[held["status"]],
                bilingual(held.get("by") or BLANK),
                bilingual(held.get("reason") or BLANK),
                BLANK,
                BLANK,
            )
    yield from said.values()


def _entries(report: SiteReport, deposit_id: str) -> Iterator[Step]:
    """The figures themselves: when each was entered."""
    for entry in report.ledger.entries:
        if entry.deposit_id == deposit_id:
            yield Step(
                entry.recorded_at[:10],
                entry.vintage.isoformat(),
                AXIS_TEXT["entry"],
                ENTERED,
                PROGRAM,
                same(BLANK),
                BLANK,
                str(entry.number),
            )


def _step(one: Decided) -> Step:
    """A decision or a correction."""
    if one.kind == "correction":
        axis, move = AXIS_TEXT["correction"], TAKEN_BACK
    else:
        axis = AXIS_TEXT.get(one.axis, same(one.axis))
        before, after = (_state(one.axis, name) for name in (one.before, one.after))
        move = Text(f"{before.zh} → {after.zh}", f"{before.en} → {after.en}")
    about = Text(f"（第 {one.about} 条）", f" (entry {one.about})")
    return Step(
        one.day,
        one.vintage if one.series == INTERNAL else f"{one.vintage} {one.series}",
        axis,
        Text(move.zh + about.zh, move.en + about.en),
        PROGRAM if one.by == "bornite" else bilingual(one.by or BLANK),
        bilingual(one.reason or BLANK),
        one.document_no or BLANK,
        str(one.number),
    )


def _state(axis: str, name: str) -> Text:
    """A state's name in both languages."""
    found = AXES.get(axis, {}).get(name)
    return Text(found.zh, found.en) if found else same(name)


def _unnamed(report: SiteReport) -> Text:
    """Who accepted a plan, for readers who are not told his name."""
    if report.synthetic:
        return Text("样例中的人（虚构）", "a person of the sample (made up)")
    return Text("认可人（姓名见内部版）", "a named person (the name is in the bureau's site)")


def approval(report: SiteReport, result: DepositResult, *, names: bool) -> Text:
    """Who accepted the plan, and who approved the figure, in one sentence."""
    held: dict[str, Any] = (result.extras.get(DECIDED) or {}).get("plan", {}).get("acceptance", {})
    if held.get("status") == "accepted" and held.get("date"):
        who = bilingual(str(held.get("by") or BLANK)) if names else _unnamed(report)
        plan = Text(
            f"估算方案由{who.zh}于 {held['date']} 认可。",
            f"The plan was accepted by {who.en} on {held['date']}. ",
        )
    else:
        plan = Text("估算方案尚无人认可。", "Nobody has accepted the plan yet. ")
    state = review_state(result)
    decided = _last_review(report, result)
    if decided is None:
        figure = Text(
            f"本期数字状态：{state.zh}；尚无人批准。",
            f"This figure is {state.en}; nobody has approved it yet.",
        )
    else:
        by = PROGRAM if decided.by == "bornite" else bilingual(decided.by)
        who = by if names else Text("审查人", "a person")
        figure = Text(
            f"本期数字状态：{state.zh}，由{who.zh}于 {decided.day} 决定。",
            f"This figure is {state.en}, decided by {who.en} on {decided.day}.",
        )
    return Text(plan.zh + figure.zh, plan.en + figure.en)


def _last_review(report: SiteReport, result: DepositResult) -> Decided | None:
    """The newest decision about the review of the very figure that is shown."""
    entry = report.ledger.entry(result.deposit_id, result.vintage)
    evidence = report.evidence.get(result.deposit_id, Evidence())
    if entry is None:
        return None
    own = [
        one
        for one in evidence.decisions or ()
        if one.axis == "review" and one.about == entry.number
    ]
    return own[-1] if own else None


def source_lines(report: SiteReport, deposit_id: str) -> list[SourceLine]:
    """Every file behind the newest figure, with where its rows went."""
    found = report.evidence.get(deposit_id, Evidence()).sources
    return [_source_line(one, deposit_id) for one in found]


def _source_line(one: SourceRows, deposit_id: str) -> SourceLine:
    about = {"deposit": deposit_id, "table": one.role}
    counts = (("rows_read", one.read), ("rows_used", one.used), ("rows_held", one.quarantined))
    places = f"{one.first_row:,}–{one.last_row:,}" if one.first_row and one.last_row else BLANK
    return SourceLine(
        ROLES.get(one.role, same(one.role)),
        one.file.rpartition("../")[2],
        one.sheet or BLANK,
        one.campaign or BLANK,
        one.sha256[:12] or BLANK,
        tuple(number(value, COUNT, quantity=name, about=about) for name, value in counts),
        places,
    )


def rows_held(report: SiteReport, deposit_id: str) -> tuple[Cell, Cell] | None:
    """Rows in quarantine, and collars among them; None where no reading is kept."""
    found = report.evidence.get(deposit_id, Evidence()).sources
    known = [one for one in found if one.quarantined is not None]
    if not known:
        return None
    about = {"deposit": deposit_id}
    every = sum(one.quarantined or 0 for one in known)
    collars = sum(one.quarantined or 0 for one in known if one.role == "collar")
    return (
        number(every, COUNT, quantity="rows_held", about=about),
        number(collars, COUNT, quantity="collars_held", about=about),
    )
