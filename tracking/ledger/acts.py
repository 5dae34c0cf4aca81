"""What acts on entries say in the ledger: decisions, corrections, and what stands in their way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from geo.days import today
from tracking.errors import LedgerError, StateError
from tracking.forms.header import DOCUMENT
from tracking.forms.outside import OutsideFigure, filing_number
from tracking.forms.values import limit
from tracking.ledger.chain import latest
from tracking.ledger.entries import (
    FIGURES,
    FORM,
    FORMAT,
    STATUS,
    Decision,
    Hold,
    LedgerEntry,
    canonical,
)
from tracking.ledger.schema import ledger_entry
from tracking.ledger.standing_tables import entry_of, filed_under, read_state
from tracking.ledger.states import check_move


def entry_numbered(connection: Connection, number: int) -> LedgerEntry:
    """Return one entry.

    Raises
    ------
    LedgerError
        There is none of that number.
    """
    query = select(ledger_entry).where(ledger_entry.c.number == number)
    line = connection.execute(query).mappings().first()
    if line is None:
        raise LedgerError(f"the ledger has no entry {number} / 台账中没有第 {number} 条")
    return entry_of(line)


def about(entry: LedgerEntry, kind: str) -> dict[str, Any]:
    """What an entry about another one repeats of it."""
    return {
        "kind": kind,
        "series": entry.series,
        "belt_id": entry.belt_id,
        "deposit_id": entry.deposit_id,
        "vintage": entry.vintage.isoformat(),
        "about": entry.number,
        "of": entry.kind,
    }


def decision_content(
    entry: LedgerEntry, decision: Decision, now: str, run_id: str
) -> dict[str, Any]:
    """What a decision about ``entry`` says; ``now`` is the state that the entry is in.

    Raises
    ------
    LedgerError
        The entry is no figure, so it has no states.
    StateError
        It can't go there from ``now``; the message names where it can.
    """
    if entry.kind not in FIGURES:
        raise LedgerError(
            f"entry {entry.number} is no figure ({STATUS[entry.kind]}): nothing is decided about "
            f"it; take it back by a correction / 第 {entry.number} 条不是资源量数据, 请用更正"
        )
    check_move(decision.axis, now, decision.to)
    day = decision.date or today()
    number = decision.document_no
    return {
        **about(entry, "decision"),
        "axis": decision.axis,
        "from": now,
        "to": decision.to,
        "by": decision.by.strip(),
        "reason": decision.reason.strip(),
        "date": day.isoformat(),
        "document_no": filing_number(number) if number else None,
        "authority": decision.authority,
        "stat_year": decision.stat_year,
        "limits": list(decision.limits),
        "run": run_id,
    }


def hold_content(entry: LedgerEntry, hold: Hold, run_id: str) -> dict[str, Any]:
    """What the decision that holds a new figure says."""
    held = Decision(entry.number, "review", "held", hold.by, hold.reason, limits=hold.limits)
    return decision_content(entry, held, "draft", run_id)


def correction_content(entry: LedgerEntry, by: str, reason: str, run_id: str) -> dict[str, Any]:
    """What a correction that takes ``entry`` back says.

    Raises
    ------
    LedgerError
        The entry can't be taken back, or nobody or no reason is named.
    """
    if entry.kind in ("decision", "correction"):
        raise LedgerError(
            f"entry {entry.number} is a {entry.kind}: decide anew, or enter the figure again / "
            f"第 {entry.number} 条为 {STATUS[entry.kind]}, 不能更正: 请重新作出决定或重新录入"
        )
    if not by.strip() or not reason.strip():
        raise LedgerError(
            f"entry {entry.number}: a correction names who and why / 更正须写明更正人与理由"
        )
    return {
        **about(entry, "correction"),
        "by": by.strip(),
        "reason": reason.strip(),
        "date": today().isoformat(),
        "run": run_id,
    }


def check_pair(opening: LedgerEntry, closing: LedgerEntry) -> None:
    """Refuse a split between anything but two figures of one deposit, the earlier one first.

    Raises
    ------
    LedgerError
        What is wrong with the pair.
    """
    name = f"{opening.number} - {closing.number}"
    if opening.kind not in FIGURES or closing.kind not in FIGURES:
        raise LedgerError(f"{name}: a split is between two figures / 归因须在两个数据之间")
    if opening.deposit_id != closing.deposit_id:
        raise LedgerError(f"{name}: of two deposits / 不属于同一矿床")
    if (opening.vintage, opening.number) >= (closing.vintage, closing.number):
        raise LedgerError(f"{name}: the closing figure is not the later one / 期末不晚于期初")


def check_live(connection: Connection, entry: LedgerEntry) -> None:
    """Refuse to take back what was taken back.

    Raises
    ------
    LedgerError
        By which entry it was.
    """
    by = read_state(connection, entry.number).corrected_by
    if by is not None:
        raise LedgerError(
            f"entry {entry.number} was taken back by entry {by} / "
            f"第 {entry.number} 条已由第 {by} 条更正"
        )


def check_dates(content: Mapping[str, Any]) -> None:
    """Refuse a decision of a day to come, or a filing that a form could not state either.

    The number has the shape of one, its year fits between the effective date and the filing
    (:data:`tracking.forms.header.DOCUMENT`, ``standards/records.yaml``), and the statistics year
    is none to come.

    Raises
    ------
    StateError
        What is wrong with the decision.
    """
    where = f"entry {content['about']} / 第 {content['about']} 条"
    now = today()
    day, number, counted = (content[key] for key in ("date", "document_no", "stat_year"))
    if day > now.isoformat():
        raise StateError(f"{where}: {day} lies ahead / 日期在将来")
    if counted is not None and counted > now.year:
        raise StateError(f"{where}: statistics year {counted} lies ahead / 入统年度在将来")
    if content["to"] != "filed" or not number:
        return
    found = DOCUMENT.fullmatch(number)
    if found is None:
        raise StateError(
            f"{where}: {number} is no document's number, as 黑矿储评字[2024]6号 is / 备案号不合格式"
        )
    issued, filed, effective = int(found["year"]), int(day[:4]), int(content["vintage"][:4])
    if issued < effective or not filed - limit("number_year_lag") <= issued <= filed:
        raise StateError(
            f"{where}: a number of {issued} does not fit an effective date of {effective} that was "
            f"filed in {filed} / 文号年份 {issued} 与基准日 {effective} 年、备案 {filed} 年不符"
        )


def check_filing(connection: Connection, number: int, document_no: str | None) -> None:
    """Refuse a filing number that another entry stands under: one filing counts once.

    Raises
    ------
    LedgerError
        Which entry stands there.
    """
    for other in filed_under(connection, document_no) if document_no else ():
        if other.number != number:
            raise other_stands(entry_numbered(connection, other.number), document_no)


def live(connection: Connection, content: Mapping[str, Any]) -> LedgerEntry | None:
    """The latest entry of the same thing as ``content``, unless it was taken back."""
    found = latest(connection, content)
    if found is None or read_state(connection, found["number"]).corrected_by is not None:
        return None
    return entry_of(found)


def says(entry: LedgerEntry, content: Mapping[str, Any]) -> bool:
    """Whether an entry already says ``content``; on which form it came makes no difference."""
    whole = {"status": STATUS.get(content["kind"]), **content, "format": FORMAT}
    held, said = ({k: v for k, v in c.items() if k != FORM} for c in (entry.content, whole))
    return canonical(held) == canonical(said)


def standing_outside(connection: Connection, figure: OutsideFigure) -> LedgerEntry | None:
    """The entry that stands where a figure from outside wants to: same filing, or same source."""
    if figure.document_no:
        for state in filed_under(connection, figure.document_no):
            return entry_numbered(connection, state.number)
    return live(connection, figure.content)


def other_stands(entry: LedgerEntry, under: str | None) -> LedgerError:
    """The refusal of what would count beside ``entry``."""
    return LedgerError(
        f"{under}: entry {entry.number} ({entry.deposit_id}, {entry.vintage}) stands there with "
        f"other figures; correct it, with the reason / {under}: 第 {entry.number} 条"
        f" ({entry.deposit_id}, {entry.vintage}) 已登记且数值不同; 请先更正并写明理由"
    )
