"""Movement: what moved between a deposit's figures, from the ledger, as pages and forms have it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from estimation.belts import Belt, Deposit
from estimation.errors import EstimationError
from flows.belts import all_belts
from flows.review import ledger_url
from flows.runtime import Workspace
from geo.config import ConfigError
from reporting.units import Text
from reporting.workbook.statutory import StatutoryFile, write_statutory
from tracking import Ledger, LedgerEntry
from tracking.forms.class_codes import conversion_words
from tracking.ledger.book import Book, View
from tracking.movement.attribution import FACTOR_NAMES, read_attribution
from tracking.movement.change import Stock
from tracking.movement.movement import (
    STATUTORY_COLUMNS,
    Movement,
    account_of,
    add_classes,
    movements,
)
from tracking.movement.statutory import StatutoryForm, statutory_forms

STOCKS: dict[bool, tuple[Stock, ...]] = {
    False: ("reported", "industrial", "low_grade"),
    True: ("reported", "low_grade"),
}
"""Stocks told of an account, by whether it is official: there reported ore is the industrial."""


@dataclass(frozen=True)
class DepositMovement:
    """One deposit's account in one view of the ledger."""

    belt_id: str
    deposit_id: str
    name: Text
    figures: tuple[LedgerEntry, ...]
    lines: tuple[Movement, ...]
    """Of all reported ore; then of industrial and low-grade ore where they are told apart. In an
    official account reported ore is without the low-grade ore, which stands beside it."""
    attributions: Mapping[tuple[int, int], LedgerEntry]
    forms: tuple[StatutoryForm, ...]
    official: bool
    """Whether the figures are the filed ones."""
    trouble: str = ""
    """Why there are no lines, where something is wrong with what the ledger says."""

    @property
    def account(self) -> tuple[LedgerEntry, ...]:
        """The figures that the lines lead from and to: one of each date."""
        return account_of(self.figures)

    @property
    def converted(self) -> Mapping[date, tuple[str, str]]:
        """Dates whose classes are converted from older codes, and the words that say so."""
        said = ((one.vintage, conversion_words(one.content)) for one in self.account)
        return {day: words for day, words in said if words is not None}

    @property
    def totals(self) -> tuple[Movement, ...]:
        """Classes added, 合计（统计口径）."""
        return add_classes(self.lines)

    def as_json(self) -> dict[str, Any]:
        """As plain values (docs/json.md)."""
        return {
            "belt": self.belt_id,
            "deposit": self.deposit_id,
            "name": {"zh": self.name.zh, "en": self.name.en},
            "figures": [
                {
                    "entry": figure.number,
                    "vintage": figure.vintage.isoformat(),
                    "kind": figure.kind,
                    "status": figure.status,
                    "converted": bool(figure.content.get("converted")),
                }
                for figure in self.figures
            ],
            "movements": [line_json(line) for line in self.lines],
            "totals": [line_json(line) for line in self.totals],
            "attributions": [_split_json(entry) for entry in self.attributions.values()],
            "trouble": self.trouble or None,
        }


def movement_of(
    configs: str, workspace: str, asked: tuple[str | None, str | None], view: View
) -> tuple[DepositMovement, ...]:
    """The movement of one deposit, of a belt's deposits, or of all (both None).

    ``asked`` is (deposit, belt). Vintages that the configuration no longer has don't count; filed
    figures (``view`` official) count whatever the configuration says.

    Raises
    ------
    ConfigError
        Neither the configuration nor the ledger knows what was asked for.
    """
    known = _known(configs, asked)
    house = Workspace(Path(workspace))
    official = view == "official"
    wanted = {(d.id, vintage) for _, d in known.values() for vintage in d.vintages}
    with Ledger(ledger_url(configs, house)) as ledger:
        book = ledger.book(view=view, wanted=None if official else wanted)
        unknown = asked[0] is not None and asked[0] not in known
        elsewhere = [one.deposit_id for one in ledger.standings()] if unknown else []
    if official:
        known_ids = {deposit_id for deposit_id, _ in wanted}
        beside = (e for e in book.beside if e.deposit_id not in known_ids or _place(e) in wanted)
        book = replace(book, beside=tuple(beside))
    figures = book.official if official else book.figures
    deposits = _asked_for(asked, known, (figure.deposit_id for figure in figures), elsewhere)
    return tuple(
        _deposit_movement(
            _name(deposit_id, known, figures),
            tuple(e for e in figures if e.deposit_id == deposit_id),
            book,
            official=official,
        )
        for deposit_id in deposits
    )


def _place(entry: LedgerEntry) -> tuple[str, date]:
    """Deposit and vintage of an entry."""
    return entry.deposit_id, entry.vintage


def line_json(line: Movement) -> dict[str, Any]:
    """One line as plain values, kilograms."""
    return {
        "deposit_id": line.deposit_id,
        "element": line.element,
        "class_name": line.class_name,
        "stock": line.stock,
        "opening_vintage": line.opening_vintage.isoformat(),
        "closing_vintage": line.closing_vintage.isoformat(),
        "valued_in": line.valued_in,
        "is_content": line.is_content,
        "listed_under": line.listed_under,
        **{name: _quantity(line, name) for name, _zh, _en in STATUTORY_COLUMNS},
        "stated_identified_kg": line.stated_identified_kg,
        "mining": line.mining,
        "split": line.split,
        "bars": dict(line.bars),
        "growth": dict(line.growth),
    }


def _quantity(line: Movement, name: str) -> int | None:
    """Kilograms of a column; None where they are unknown, or listed under another class."""
    kg: int | None = getattr(line, name)
    return None if line.listed_under and not kg else kg


def write_forms(path: Path, configs: str, found: Sequence[DepositMovement]) -> Path:
    """Write the statutory forms of deposits, and beneath them the causes, to one file."""
    belts = {belt.id: belt for _, belt in all_belts(Path(configs)).values()}
    invented = {belt.id for belt in belts.values() if belt.synthetic}
    content = StatutoryFile(
        forms=tuple(form for one in found for form in one.forms),
        movements=tuple(line for one in found for line in (*one.lines, *one.totals)),
        orders=tuple(_order(entry) for one in found for entry in one.attributions.values()),
        synthetic=frozenset(
            (figure.deposit_id, figure.vintage)
            for one in found
            for figure in one.account
            if figure.kind == "estimate" and figure.belt_id in invented
        ),
        converted={
            (one.deposit_id, day): words for one in found for day, words in one.converted.items()
        },
    )
    return write_statutory(path, content)


def _order(entry: LedgerEntry) -> str:
    """The order of a split, in words: shares depend on it."""
    found = read_attribution(entry.content)
    names = [FACTOR_NAMES[name] for name in found.order]
    return (
        f"{entry.deposit_id}: 台账 {found.opening} → {found.closing}（归因第 {entry.number} 条），"
        f"因素次序 {'、'.join(zh for zh, _ in names)} / factors in this order: "
        f"{', '.join(en for _, en in names)}"
    )


def _deposit_movement(
    place: tuple[str, str, Text],
    figures: tuple[LedgerEntry, ...],
    book: Book,
    *,
    official: bool,
) -> DepositMovement:
    """One deposit's account; what is wrong with one stops no other."""
    belt_id, deposit_id, name = place
    numbers = {figure.number for figure in figures}
    beside = book.mined_beside(deposit_id)
    own = {key: entry for key, entry in book.attributions.items() if set(key) <= numbers}
    filed = {
        one.official: one.document_no for one in book.standings if one.official and one.document_no
    }
    lines: list[Movement] = []
    forms: tuple[StatutoryForm, ...] = ()
    trouble = ""
    try:
        for stock in STOCKS[official]:
            lines += movements(figures, own, stock=stock, beside=beside, official=official)
        forms = statutory_forms(
            figures, own, name.zh, beside=beside, filed=filed, official=official
        )
    except (EstimationError, ValueError) as error:
        lines, trouble = [], str(error)
    return DepositMovement(
        belt_id, deposit_id, name, figures, tuple(lines), own, forms, official, trouble
    )


def _known(configs: str, asked: tuple[str | None, str | None]) -> dict[str, tuple[Belt, Deposit]]:
    """Configured deposits by id; a belt that is asked for must be among them."""
    belts = {belt.id: belt for _, belt in all_belts(Path(configs)).values()}
    belt_id = asked[1]
    if belt_id is not None and belt_id not in belts:
        raise ConfigError(
            f"unknown belt / 未知成矿带 {belt_id!r} (known: {', '.join(sorted(belts))})"
        )
    return {d.id: (belt, d) for belt in belts.values() for d in belt.deposits}


def _unknown(deposit_id: str, known: set[str], in_other_views: set[str]) -> str:
    """Why there is nothing to tell of a deposit: another view has it, or nothing knows it."""
    if deposit_id in in_other_views:
        return (
            f"{deposit_id}: not configured, and no figure in this view; filed ones: --view official"
            " / 未配置，本视图没有数字；已备案的数字用 --view official"
        )
    every = sorted(known | in_other_views)
    near = difflib.get_close_matches(deposit_id, every, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return f"unknown deposit / 未知矿床 '{deposit_id}'{hint} (known: {', '.join(every)})"


def _asked_for(
    asked: tuple[str | None, str | None],
    known: Mapping[str, tuple[Belt, Deposit]],
    in_ledger: Iterable[str],
    in_other_views: Iterable[str],
) -> tuple[str, ...]:
    """Deposits asked for that the ledger has figures of, in order."""
    deposit_id, belt_id = asked
    found = dict.fromkeys(in_ledger)
    if deposit_id is not None:
        if deposit_id not in known and deposit_id not in found:
            raise ConfigError(_unknown(deposit_id, {*known, *found}, set(in_other_views)))
        return (deposit_id,)
    if belt_id is None:
        return tuple(sorted(found))
    return tuple(sorted(d for d in found if d in known and known[d][0].id == belt_id))


def _name(
    deposit_id: str,
    known: Mapping[str, tuple[Belt, Deposit]],
    figures: Iterable[LedgerEntry],
) -> tuple[str, str, Text]:
    """Belt, deposit and its name: the configuration's, else the filed figure's own."""
    if deposit_id in known:
        belt, deposit = known[deposit_id]
        return belt.id, deposit_id, Text(deposit.name.zh, deposit.name.en)
    figure = next(e for e in figures if e.deposit_id == deposit_id)
    named = figure.content.get("deposit_name") or {"zh": deposit_id, "en": deposit_id}
    return figure.belt_id, deposit_id, Text(named["zh"], named["en"])


def _split_json(entry: LedgerEntry) -> dict[str, Any]:
    """An attribution as plain values."""
    found = read_attribution(entry.content)
    return {
        "entry": entry.number,
        "opening": found.opening,
        "closing": found.closing,
        "order": list(found.order),
        "domains_are": found.domains_are,
        "steps": [
            {
                "factor": step.factor,
                "also": list(step.also),
                "remark": {"zh": step.remark_zh, "en": step.remark_en},
            }
            for step in found.steps
        ],
        "note": found.note,
    }
