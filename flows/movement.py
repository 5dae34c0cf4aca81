"""Movement: what moved between a deposit's figures, from the ledger, as pages and forms have it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from estimation.belts import Belt, Deposit
from estimation.errors import EstimationError
from flows.belts import all_belts
from flows.review import ledger_url
from flows.runtime import Workspace
from geo.config import ConfigError
from reporting.statutory_sheet import StatutoryFile, write_statutory
from reporting.units import Text
from tracking import Ledger, LedgerEntry
from tracking.ledger.book import Book, View
from tracking.movement.attribution import FACTOR_NAMES, read_attribution
from tracking.movement.movement import STATUTORY_COLUMNS, Movement, add_classes, movements
from tracking.movement.statutory import StatutoryForm, statutory_forms


@dataclass(frozen=True)
class DepositMovement:
    """One deposit's account in one view of the ledger."""

    belt_id: str
    deposit_id: str
    name: Text
    figures: tuple[LedgerEntry, ...]
    lines: tuple[Movement, ...]
    """Of all reported ore; then of industrial and low-grade ore where they are told apart."""
    attributions: Mapping[tuple[int, int], LedgerEntry]
    forms: tuple[StatutoryForm, ...]
    official: bool
    """Whether the figures are the filed ones."""
    trouble: str = ""
    """Why there are no lines, where something is wrong with what the ledger says."""

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
    figures = book.official if official else book.figures
    deposits = _asked_for(asked, known, (figure.deposit_id for figure in figures))
    return tuple(
        _deposit_movement(
            _name(deposit_id, known, figures),
            tuple(e for e in figures if e.deposit_id == deposit_id),
            book,
            official=official,
        )
        for deposit_id in deposits
    )


def line_json(line: Movement) -> dict[str, Any]:
    """One line as plain values, kilograms."""
    return {
        "deposit_id": line.deposit_id,
        "element": line.element,
        "class_name": line.class_name,
        "stock": line.stock,
        "opening_vintage": line.opening_vintage.isoformat(),
        "closing_vintage": line.closing_vintage.isoformat(),
        **{name: getattr(line, name) for name, _zh, _en in STATUTORY_COLUMNS},
        "split": line.split,
        "bars": dict(line.bars),
        "growth": dict(line.growth),
    }


def write_forms(path: Path, configs: str, found: Sequence[DepositMovement]) -> Path:
    """Write the statutory forms of deposits, and beneath them the causes, to one file."""
    belts = {belt.id: belt for _, belt in all_belts(Path(configs)).values()}
    content = StatutoryFile(
        forms=tuple(form for one in found for form in one.forms),
        movements=tuple(line for one in found for line in (*one.lines, *one.totals)),
        synthetic=any(one.belt_id in belts and belts[one.belt_id].synthetic for one in found),
        orders=tuple(_order(entry) for one in found for entry in one.attributions.values()),
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
    filed = {one.official: one.document_no or one.series for one in book.standings if one.official}
    lines: list[Movement] = []
    forms: tuple[StatutoryForm, ...] = ()
    trouble = ""
    try:
        for stock in ("reported", "industrial", "low_grade"):
            lines += movements(figures, own, stock=stock, beside=beside)
        forms = statutory_forms(figures, own, name.zh, beside=beside, filed=filed)
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


def _asked_for(
    asked: tuple[str | None, str | None],
    known: Mapping[str, tuple[Belt, Deposit]],
    in_ledger: Iterable[str],
) -> tuple[str, ...]:
    """Deposits asked for that the ledger has figures of, in order."""
    deposit_id, belt_id = asked
    found = dict.fromkeys(in_ledger)
    if deposit_id is not None:
        if deposit_id not in known and deposit_id not in found:
            names = ", ".join(sorted({*known, *found}))
            raise ConfigError(f"unknown deposit / 未知矿床 {deposit_id!r} (known: {names})")
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
