"""Two states of the whole house side by side: figures, data, plans, program, verdicts by deposit.

A state is named by a vintage, a run, a ledger number, or a view of the ledger (``published``,
``usable``, ``newest``, ``official``: every deposit's newest figure of that kind).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from estimation.differences import Differences, FigureChange, compare_results
from estimation.errors import EstimationError
from estimation.plan import CLASSES
from estimation.results import DepositResult
from flows.belts import all_belts
from flows.diff import find_result
from flows.review import ledger_url, result_of
from flows.runtime import Workspace
from geo.config import ConfigError
from reporting.units import Text
from tracking import Ledger, LedgerEntry
from tracking.ledger.book import View
from tracking.ledger.entries import entry_content
from tracking.ledger.lines import lines_of

VIEWS: tuple[View, ...] = get_args(View)
FIGURES_ONLY = Text(
    "没有保存的估算结果（系统外数字，或未保存），只比数字",
    "no kept result (a figure from outside, or not kept): figures only",
)


@dataclass(frozen=True)
class Side:
    """One deposit's state: what the name was found to mean."""

    vintage: str
    entry: int | None
    """Ledger number, where the name led to one."""
    digest: str | None
    """Of the result; None where none is kept."""


@dataclass(frozen=True)
class Compared:
    """One deposit in two states; ``differences`` is None where it is in one of them only."""

    deposit_id: str
    main_element: str | None
    before: Side | None
    after: Side | None
    differences: Differences | None
    remark: Text | None = None
    main: tuple[float | None, float | None] = (None, None)
    """Tonnes of main metal before and after, each side's own, classes added (合计, for comparison
    only); None where a side is absent or doesn't state it."""

    def as_json(self) -> dict[str, Any]:
        """As ``--json`` says it (docs/json.md)."""
        before_t, after_t = self.main
        return {
            "deposit": self.deposit_id,
            "main": self.main_element,
            "before": asdict(self.before) if self.before else None,
            "after": asdict(self.after) if self.after else None,
            "main_before_t": before_t,
            "main_after_t": after_t,
            "remark": vars(self.remark) if self.remark else None,
            "differences": self.differences.as_json() if self.differences else None,
        }


@dataclass(frozen=True)
class _Found:
    """What a name stands for in one deposit."""

    side: Side
    result: DepositResult | None
    entry: LedgerEntry | None

    @property
    def from_outside(self) -> bool:
        """Whether a source outside states the figures: what it leaves out is unknown, not zero."""
        return self.entry is not None and self.entry.kind == "outside"

    @property
    def main_element(self) -> str:
        """Column of the main element."""
        if self.result is not None:
            return self.result.statement.main_element
        assert self.entry is not None  # one of the two was found
        return str(self.entry.content["main_element"])


def compare(
    before: str,
    after: str,
    configs: str = "configs/belts",
    workspace: str = "workspace",
    deposit_id: str | None = None,
) -> list[Compared]:
    """Compare two states, deposit by deposit; one deposit's trouble is a remark of its own.

    Raises
    ------
    ConfigError
        Neither name means anything in any deposit, or two ledger numbers are of two deposits.
    """
    house = Workspace(Path(workspace))
    with Ledger(ledger_url(configs, house)) as ledger:
        wanted = _deposits(ledger, (before, after), configs, deposit_id)
        made = [_compared(name, (before, after), ledger, house) for name in wanted]
    made = [one for one in made if one.before or one.after]
    if not made:
        raise ConfigError(
            f"'{before}', '{after}': nothing is known by these names; write a vintage "
            f"(YYYY-MM-DD), a run, a ledger number, or one of {', '.join(VIEWS)} / "
            "没有找到; 请写基准日、运行编号、台账编号或视图名"
        )
    return made


def _deposits(
    ledger: Ledger, names: tuple[str, str], configs: str, deposit_id: str | None
) -> list[str]:
    """Deposits to look at: the one named, the one of the ledger numbers, or all configured."""
    found = [entry for name in names if (entry := _numbered(ledger, name)) is not None]
    of_numbers = {entry.deposit_id for entry in found}
    if len(of_numbers) > 1:
        raise ConfigError(
            f"entries {names[0]} and {names[1]} are of two deposits: "
            f"{', '.join(sorted(of_numbers))} / 两条台账属于不同矿床"
        )
    if deposit_id is not None or of_numbers:
        return [deposit_id] if deposit_id is not None else list(of_numbers)
    belts = all_belts(Path(configs)).values()
    return [deposit.id for _, belt in belts for deposit in belt.deposits]


def _numbered(ledger: Ledger, name: str) -> LedgerEntry | None:
    """The figure with a ledger number; None where the name is no number of one."""
    if not name.isdigit() or not 0 < int(name) <= ledger.head()[0]:
        return None
    entry = ledger.entry(int(name))
    return entry if entry.kind in ("estimate", "outside") else None


def _compared(
    deposit_id: str, names: tuple[str, str], ledger: Ledger, house: Workspace
) -> Compared:
    """One deposit in both states."""
    try:
        before, after = (_find(deposit_id, name, ledger, house) for name in names)
    except EstimationError as trouble:  # a damaged result of this deposit
        words = Text(str(trouble), str(trouble))
        return Compared(deposit_id, None, Side(names[0], None, None), None, None, words)
    sides = [found.side if found else None for found in (before, after)]
    known = after or before
    main = known.main_element if known else None
    metal = _main_t(before, main), _main_t(after, main)
    if before is None or after is None:
        missing = names[0] if before is None else names[1]
        words = Text(f"没有 {missing}", f"no {missing}")
        return Compared(deposit_id, main, sides[0], sides[1], None, words, metal)
    if before.result is not None and after.result is not None:
        made = compare_results(before.result, after.result)
        return Compared(deposit_id, main, sides[0], sides[1], made, main=metal)
    figures = _figures(before, after)
    was, now = (f"{side.vintage} № {side.entry or '—'}" for side in (before.side, after.side))
    made = Differences(deposit_id, was, now, (), (), (), figures, ())
    return Compared(deposit_id, main, sides[0], sides[1], made, FIGURES_ONLY, metal)


def _find(deposit_id: str, name: str, ledger: Ledger, house: Workspace) -> _Found | None:
    """What a name stands for in one deposit; None where nothing does."""
    entry = _numbered(ledger, name)
    if name in VIEWS:
        figures = ledger.current(deposit_id, view=name)
        entry = max(figures, key=lambda one: (one.vintage, one.number), default=None)
        if entry is None:
            return None
    if entry is not None:
        result = result_of(entry, house) if entry.deposit_id == deposit_id else None
        digest = result.digest[:16] if result else None
        return _Found(Side(entry.vintage.isoformat(), entry.number, digest), result, entry)
    try:
        result = DepositResult.read(find_result(deposit_id, name, house))
    except ConfigError:
        return None
    return _Found(Side(result.vintage.isoformat(), None, result.digest[:16]), result, None)


def _figures(before: _Found, after: _Found) -> tuple[FigureChange, ...]:
    """Ore and metal by class as the ledger, or the result, states them."""
    quantities = [_quantities(side) for side in (before, after)]
    names = dict.fromkeys(name for one in quantities for _, name in one)
    found = []
    for class_name in (*CLASSES, "unclassified"):
        for name in names:
            pair = [
                one.get((class_name, name), None if side.from_outside else 0.0)
                for one, side in zip(quantities, (before, after), strict=True)
            ]
            if any(pair):
                found.append(FigureChange(class_name, name, *pair))
    return tuple(found)


def _main_t(found: _Found | None, main: str | None) -> float | None:
    """Tonnes of main metal that one side states, classes added; None where it states none."""
    if found is None:
        return None
    stated = [tonnes for (_, name), tonnes in _quantities(found).items() if name == main]
    return sum(stated) if stated else None


def _quantities(found: _Found) -> dict[tuple[str, str], float]:
    """Tonnes retained by (class, ore or element)."""
    if found.entry is not None:
        content = found.entry.content
    else:
        assert found.result is not None  # one of the two was found
        content = entry_content(found.result)
    return {
        (class_name, name): kilograms / 1000
        for (stock, part, class_name, name), kilograms in lines_of(content).items()
        if (stock, part) == ("resource", "retained")
    }
