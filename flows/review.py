"""Review: what a night's figure must pass, what waits for a person, and what people decide.

Every decision is an entry of the ledger. Nothing here changes a figure.
"""

from __future__ import annotations

import difflib
import shlex
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from estimation.errors import EstimationError
from estimation.results import DepositResult
from flows.runtime import Workspace, read_runtime
from flows.taken_out import taken_out_before
from geo.config import ConfigError
from reporting.units import Text
from tracking import Ledger, LedgerEntry
from tracking.errors import StateError
from tracking.ledger.entries import INTERNAL, Decision, Facts, Hold, entry_content, same_figure
from tracking.ledger.standing import EntryState, Standing
from tracking.ledger.states import AXES, NEEDS_REASON, REASON_AFTER, allowed
from tracking.review.file import Limits
from tracking.review.review import Judgement, judge, last_filed, reference_of


class HeldFigureError(StateError):
    """What was asked can't be done before somebody approves the figure."""


@dataclass(frozen=True)
class HeldFigure:
    """A figure that waits for a person: which, why, and what stands in its place."""

    belt_id: str
    deposit_id: str
    vintage: date
    series: str
    number: int
    """Entry that waits."""
    usable: int | None
    """Entry that is used in its place; None where the figure has no other."""
    decision: int
    """Entry that holds it."""
    since: str
    """ISO 8601, UTC."""
    by: str
    """``bornite`` where a limit holds it, else who."""
    limits: tuple[dict[str, Any], ...]
    """Limits passed (:class:`tracking.review.review.Measure`); empty where a person holds it."""
    reason: str
    """``Chinese / English``, or a person's own words."""

    @property
    def name(self) -> str:
        """Deposit and effective date, as commands take them."""
        return f"{self.deposit_id} {self.vintage}"

    @property
    def words(self) -> Text:
        """Why it waits, in either language."""
        around = self.limits[0].get("circumstances", ()) if self.limits else ()
        zh, en = ([one[key] for one in (*self.limits, *around)] for key in ("zh", "en"))
        if self.by_person and self.by == Hold.by:
            zh, en = ([said] for said in self.reason.split(" / ", 1))
        elif self.by_person:
            zh.insert(0, f"{self.by}：{self.reason}")
            en.insert(0, f"{self.by}: {self.reason}")
        return Text("；".join(zh), "; ".join(en))

    @property
    def by_person(self) -> bool:
        """Whether somebody, or what somebody took out of use, and not a limit alone, holds it."""
        return not self.limits or self.by != Hold.by

    @property
    def instead(self) -> Text:
        """What is used in its place."""
        if self.usable is None:
            return Text("该基准日暂无可用数字", "no figure of this date is used meanwhile")
        return Text(f"仍用第 {self.usable} 条", f"entry {self.usable} is used meanwhile")

    @property
    def commands(self) -> tuple[str, ...]:
        """What looks into it, releases it, and takes it back; options to be filled in."""
        name = f"{shlex.quote(self.deposit_id)} {self.vintage}"
        compared = dict.fromkeys(limit["against"] for limit in self.limits)
        if not compared and self.usable is not None:
            compared = dict.fromkeys([self.usable])
        look = [f"bornite compare {number} {self.number}" for number in compared]
        decide = [f"bornite {verb} {name} --reason REASON" for verb in ("approve", "withdraw")]
        return (*look, *decide)

    def as_json(self) -> dict[str, Any]:
        """As ``--json`` says it (docs/json.md)."""
        return {
            "belt": self.belt_id,
            "deposit": self.deposit_id,
            "vintage": self.vintage.isoformat(),
            "series": self.series,
            "entry": self.number,
            "usable": self.usable,
            "decision": self.decision,
            "since": self.since,
            "by": self.by,
            "why": vars(self.words),
            "limits": list(self.limits),
            "commands": list(self.commands),
        }


@dataclass(frozen=True)
class Decided:
    """What a command did to a figure, and where that figure may go from there."""

    figure: Standing
    about: int
    """Entry decided on."""
    axis: str
    steps: tuple[LedgerEntry, ...]
    """Decisions entered; empty where the figure stood there already."""
    state: str
    """Where the entry stands on the axis now."""

    @property
    def next(self) -> tuple[str, ...]:
        """States it may go to from here."""
        return allowed(self.axis, self.state)

    @property
    def remarks(self) -> tuple[Text, ...]:
        """What taking an entry out of use leaves standing: its filing, and what is published."""
        if self.axis != "review" or self.state not in ("rolled_back", "withdrawn"):
            return ()
        figure, said = self.figure, []
        if figure.official == self.about:
            name = f"{shlex.quote(figure.deposit_id)} {figure.vintage}"
            series = "" if figure.series == INTERNAL else f" --series {shlex.quote(figure.series)}"
            command = f"bornite advance {name}{series} --to withdrawn --entry {self.about}"
            said.append(
                Text(
                    f"第 {self.about} 条的备案 {figure.document_no} 仍然有效，撤回备案须另行："
                    f"{command} --reason REASON",
                    f"entry {self.about} stays filed ({figure.document_no}) until its filing is "
                    f"withdrawn: {command} --reason REASON",
                )
            )
        if figure.published is None:
            said.append(Text("现无已发布的条目", "nothing of this date is published now"))
        else:
            number = figure.published
            said.append(Text(f"现发布第 {number} 条", f"entry {number} is published now"))
        return tuple(said)

    def as_json(self) -> dict[str, Any]:
        """As ``--json`` says it (docs/json.md)."""
        return {
            "deposit": self.figure.deposit_id,
            "vintage": self.figure.vintage.isoformat(),
            "series": self.figure.series,
            "about": self.about,
            "axis": self.axis,
            "state": self.state,
            "entries": [step.number for step in self.steps],
            "next": list(self.next),
            "remarks": [vars(words) for words in self.remarks],
            "newest": self.figure.newest,
            "usable": self.figure.usable,
            "published": self.figure.published,
            "official": self.figure.official,
            "document_no": self.figure.document_no,
            "filed_date": None if self.figure.filed_date is None else str(self.figure.filed_date),
            "stat_year": self.figure.stat_year,
        }


def ledger_url(configs: str, house: Workspace) -> str:
    """URL of the ledger, from the runtime settings beside the belts' folder."""
    return house.ledger_url(read_runtime(Path(configs).parent / "runtime.yaml"))


def enter(
    ledger: Ledger, result: DepositResult, run_id: str, facts: Facts, limits: Limits
) -> tuple[LedgerEntry, Judgement]:
    """Enter an estimate, held where it passes a limit; once, however often it is asked.

    What a person holds stays held when it is estimated anew, until a person releases it; so does
    what was withdrawn or rolled back, whatever is new about it. Returns the entry that says it,
    new or standing, and how it was judged.
    """
    content = entry_content(result, facts)
    usable = ledger.current(result.deposit_id, view="usable")
    published = ledger.current(result.deposit_id, view="published")
    official = last_filed(ledger.current(result.deposit_id, view="official"), content)
    references = [reference_of(figures, content) for figures in (usable, published)]
    found = judge(content, references, official, limits, usable)
    hold = Hold(tuple(found.limits()), found.reason) if found.beyond else None
    if (gone := taken_out_before(ledger, content)) is not None:
        words = [gone.words, *(Text(one.zh, one.en) for one in found.beyond)]
        zh, en = "；".join(one.zh for one in words), "; ".join(one.en for one in words)
        hold = Hold((), " / ".join(text.replace(" / ", "/") for text in (zh, en)))
    for one in held_figures(ledger, result.deposit_id):
        if one.by_person and (one.vintage, one.series) == (result.vintage, INTERNAL):
            hold = Hold(tuple(found.limits()), one.reason, one.by)
    return ledger.record(result, run_id, facts=facts, hold=hold), found


def held_figures(ledger: Ledger, deposit_id: str | None = None) -> tuple[HeldFigure, ...]:
    """Every figure whose newest entry waits, in order of deposit and date."""
    waiting = [one for one in ledger.standings(deposit_id) if one.review == "held"]
    return tuple(_held(ledger, one, one.newest) for one in waiting)


def _held(ledger: Ledger, figure: Standing, number: int) -> HeldFigure:
    """Why one entry of a figure waits: from the decision that holds it."""
    decision = [
        entry
        for entry in ledger.entries(figure.deposit_id, kind="decision")
        if entry.content["about"] == number and entry.content["to"] == "held"
    ][-1]
    return HeldFigure(
        belt_id=figure.belt_id,
        deposit_id=figure.deposit_id,
        vintage=figure.vintage,
        series=figure.series,
        number=number,
        usable=figure.usable,
        decision=decision.number,
        since=decision.recorded_at,
        by=decision.content["by"],
        limits=tuple(decision.content["limits"]),
        reason=decision.content["reason"],
    )


def find_figure(ledger: Ledger, deposit_id: str, vintage: str, series: str = INTERNAL) -> Standing:
    """The figure that a command names; where we made none of that date, the only one there is.

    Raises
    ------
    ConfigError
        No such figure; the message names what the ledger has of the deposit.
    """
    figures = ledger.standings(deposit_id)
    for figure in figures:
        if (figure.vintage.isoformat(), figure.series) == (vintage, series):
            return figure
    if not figures:
        raise not_in_ledger(ledger, deposit_id)
    of_date = [figure for figure in figures if figure.vintage.isoformat() == vintage]
    if series == INTERNAL and len(of_date) == 1:
        return of_date[0]
    known = ", ".join(f"{f.vintage} {f.series}" for f in figures)
    raise ConfigError(
        f"{deposit_id} {vintage} ({series}): not in the ledger; it has: {known} / "
        f"台账中没有; 已有: {known}"
    )


def not_in_ledger(ledger: Ledger, deposit_id: str) -> ConfigError:
    """The trouble with a deposit that the ledger has nothing of; names the nearest and all."""
    known = sorted({figure.deposit_id for figure in ledger.standings()})
    near = difflib.get_close_matches(deposit_id, known, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    names = ", ".join(known) or "-"
    return ConfigError(
        f"{deposit_id}: not in the ledger{hint} (it has: {names}) / 台账中没有 (已有: {names})"
    )


def decide(ledger: Ledger, figure: Standing, decision: Decision, run_id: str) -> Decided:
    """Enter one decision; one that says what is so already is not entered again."""
    now = state_of(ledger, figure, decision.about, decision.axis)
    if now == decision.to:
        return Decided(figure, decision.about, decision.axis, (), now)
    _check_given(decision, now)
    entry = ledger.decide(decision, run_id)
    after = find_figure(ledger, figure.deposit_id, figure.vintage.isoformat(), figure.series)
    return Decided(after, decision.about, decision.axis, (entry,), decision.to)


def _check_given(decision: Decision, now: str) -> None:
    """Name the flags that a decision still needs.

    Raises
    ------
    StateError
        One is missing, and the move itself is possible.
    """
    if decision.to not in allowed(decision.axis, now):
        return  # the ledger says which moves there are
    reasoned = decision.to in NEEDS_REASON
    reasoned |= decision.axis == "review" and now in REASON_AFTER
    needed = {
        "--reason": reasoned and not decision.reason.strip(),
        "--document-no": decision.to == "filed" and not decision.document_no,
        "--on": decision.to == "filed" and decision.date is None,
        "--stat-year": decision.to == "in_statistics" and decision.stat_year is None,
    }
    missing = ", ".join(flag for flag, lacks in needed.items() if lacks)
    if missing:
        raise StateError(
            f"entry {decision.about}, {now} to {decision.to}: give {missing} / "
            f"第 {decision.about} 条由{state_words(decision.axis, now).zh}转为"
            f"{state_words(decision.axis, decision.to).zh}: 须给出 {missing}"
        )


def publish(
    ledger: Ledger, figure: Standing, about: int, by: str, reason: str, run_id: str
) -> Decided:
    """Publish an entry; a draft within its limits is approved first.

    Raises
    ------
    HeldFigureError
        It waits for an approval.
    StateError
        It can't be published from where it stands.
    """
    now = state_of(ledger, figure, about, "review")
    if now == "held":
        why = _held(ledger, figure, about).words
        name = f"{figure.deposit_id} {figure.vintage}"
        entry = "" if about == figure.newest else f" --entry {about}"
        raise HeldFigureError(
            f"{name}: entry {about} is held: {why.en}; bornite approve {name}{entry} "
            f"--reason REASON / 第 {about} 条待审: {why.zh}; 先批准"
        )
    steps: list[LedgerEntry] = []
    if now == "draft":
        approval = Decision(about=about, axis="review", to="approved", by=by, reason=reason)
        steps += decide(ledger, figure, approval, run_id).steps
    to_publish = Decision(about=about, axis="review", to="published", by=by, reason=reason)
    done = decide(ledger, figure, to_publish, run_id)
    return Decided(done.figure, about, "review", (*steps, *done.steps), done.state)


def on_its_way(ledger: Ledger, figure: Standing, to: str) -> int:
    """The entry of a figure that a filing step is about: the one that may go to ``to``.

    Of those already on their way the one entered last; for a new round the usable one.
    """
    states = ledger.states(figure)
    started = [n for n in sorted(states, reverse=True) if states[n].filing != "draft"]
    offered = [*started, figure.usable or figure.newest]
    for number in offered:
        now = state_of(ledger, figure, number, "filing")
        if to == now or to in allowed("filing", now):
            return number
    return offered[0]


def state_of(ledger: Ledger, figure: Standing, number: int, axis: str) -> str:
    """Where one entry of a figure stands on an axis."""
    state = ledger.states(figure).get(number, EntryState(number))
    return state.review if axis == "review" else state.filing


def result_of(entry: LedgerEntry, house: Workspace) -> DepositResult | None:
    """The result that an entry was made from; None where it isn't kept (or came from outside)."""
    found = result_with_file(entry, house)
    return None if found is None else found[0]


def result_with_file(entry: LedgerEntry, house: Workspace) -> tuple[DepositResult, Path] | None:
    """The same, and its file: the vintage's present one, or one that was kept."""
    if entry.kind != "estimate":
        return None
    present = house.result(entry.deposit_id, entry.vintage.isoformat())
    kept = house.models(entry.deposit_id) / "results" / "kept"
    for path in (present, *sorted(kept.glob("*.json"))):
        if not path.exists():
            continue
        try:
            result = DepositResult.read(path)
        except EstimationError:  # damaged: bornite verify names it
            continue
        if result.vintage == entry.vintage and same_figure(entry.content, result):
            return result, path
    return None


def state_words(axis: str, state: str) -> Text:
    """A state's name for readers."""
    found = AXES[axis][state]
    return Text(found.zh, found.en)
