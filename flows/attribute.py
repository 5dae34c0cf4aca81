"""Attribute: the change between two figures of a deposit split by its causes, and entered.

Both figures' inputs are put together again from the vault and their decisions; then one factor
after the other is advanced, and the figure made again. Tiles whose inputs are the same are reused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from estimation.attribution import Advance, End, Mixtures, Walk, WalkModels, state_with, walk
from estimation.attribution.plans import STERILIZED
from estimation.attribution.tables import refused_places
from estimation.results import DepositResult, ResourceStatement
from flows.diff import find_result
from flows.door import step, workflow
from flows.manifest import new_run_id, write_manifest
from flows.rederive import Bench, bench, kept_results, read_remade, remake
from flows.review import ledger_url
from flows.runtime import Workspace
from geo.config import ConfigError
from geo.version import code_version
from tracking import Ledger, LedgerEntry, entry_content
from tracking.ledger.entries import statement_rows
from tracking.movement.attribution import Attribution, Step, check_attribution, nested, settled
from tracking.movement.quantities import Quantities, added, difference, part_kg, summed
from tracking.review.file import read_review

ALONE = "software"
"""First in either order: the old program can't be run, so it is no rerun but a remainder."""

NOTE = (
    "逐一推进各因素并重算所得；分摊额取决于推进次序 / each share comes from a rerun with one more "
    "factor advanced; another order gives other shares"
)


@dataclass(frozen=True)
class Figure:
    """One end: the kept result, and its entry where the ledger has one."""

    result: DepositResult
    entry: LedgerEntry | None

    @property
    def number(self) -> int:
        """Number in the ledger; 0 where it is not entered."""
        return self.entry.number if self.entry else 0


@dataclass(frozen=True)
class Attributed:
    """The split of the change between two figures."""

    deposit_id: str
    opening: Figure
    closing: Figure
    found: Attribution
    reverse: Attribution | None
    """The same by the reverse order, where it was asked for; entered beside it, never booked."""
    recorded: int | None
    """Number of the split's entry; None where the ledger lacks one of the figures."""
    tiles_computed: int
    tiles_reused: int

    def as_json(self) -> dict[str, Any]:
        """As plain values (docs/json.md)."""
        ends = {"opening": self.opening, "closing": self.closing}
        return {
            "deposit": self.deposit_id,
            **{
                name: {
                    "entry": figure.number or None,
                    "vintage": figure.result.vintage.isoformat(),
                    "result": figure.result.digest,
                    "kg": nested(statement_kg(figure.result.statement)),
                }
                for name, figure in ends.items()
            },
            "split": _split_json(self.found),
            "reverse": _split_json(self.reverse) if self.reverse else None,
            "entry": self.recorded,
            "tiles": {"computed": self.tiles_computed, "reused": self.tiles_reused},
        }


@workflow(name="attribute")
def attribute(
    deposit_id: str,
    opening: str,
    closing: str,
    configs: str = "configs/belts",
    workspace: str = "workspace",
    workers: int | None = None,
    reverse: bool = False,
    run_id: str | None = None,
) -> Attributed:
    """Split the change between two figures, and enter the split where the ledger has both.

    ``opening`` and ``closing`` are each a vintage, a run, a result's digest or file
    (:func:`flows.diff.find_result`), or the number of a ledger entry. ``reverse``: walk the reverse
    order too, as a check beside the split that is booked.

    Raises
    ------
    ConfigError
        Nothing is known by that name.
    EstimationError
        A figure can't be made again; the message says what is missing.
    """
    house, run_id = Workspace(Path(workspace)), run_id or new_run_id()
    rules = read_review(Path(configs).parent / "review.yaml").attribution
    ends = [find_figure(deposit_id, name, configs, house) for name in (opening, closing)]
    _check_ends(*ends)
    with bench(configs, workspace, workers) as place:
        models = WalkModels(house.models(deposit_id), place.scratch / "models", place.crew)
        mixtures = mix(ends, place)
        forward = walk_factors(mixtures, rules.order, models)
        backward = walk_factors(mixtures, _reversed(rules.order), models) if reverse else None
    url = ledger_url(configs, house)
    split = settle(split_of(ends, forward, reverse=False), ends, estimates_between(url, *ends))
    split = replace(split, domains_are=rules.domains_are)
    check = split_of(ends, backward, reverse=True) if backward else None
    number = record_split(split, ends, url, run_id)
    if check is not None:
        record_split(check, ends, url, run_id)
    counts = (models.computed, models.reused)
    made = Attributed(deposit_id, ends[0], ends[1], split, check, number, *counts)
    write_manifest(house.run(run_id), f"attribute-{deposit_id}", made.as_json())
    return made


def find_figure(deposit_id: str, name: str, configs: str, house: Workspace) -> Figure:
    """A figure by vintage, run, digest, file or number in the ledger."""
    with Ledger(ledger_url(configs, house)) as ledger:
        entries = ledger.entries(deposit_id, "estimate")
    numbered = [entry for entry in entries if name == str(entry.number)]
    if numbered:
        fits = [one for one in kept_results(deposit_id, house) if _says(numbered[0], one)]
        if not fits:
            raise ConfigError(
                f"entry {name} of {deposit_id}: its result is not kept in {house.root} / "
                "该条目的结果未保存"
            )
        return Figure(fits[-1], numbered[0])
    result = DepositResult.read(find_result(deposit_id, name, house))
    same = [entry for entry in entries if _says(entry, result)]
    return Figure(result, same[-1] if same else None)


def _says(entry: LedgerEntry, result: DepositResult) -> bool:
    """Whether an entry is of this very result: the same inputs, program and quantities."""
    content, made = entry.content, entry_content(result)
    names = ("vintage", "data_hash", "plan_hash", "model_hash", "engine_version", "statement")
    return all(content[name] == made[name] for name in names)


def _check_ends(opening: Figure, closing: Figure) -> None:
    if opening.result.digest == closing.result.digest:
        raise ConfigError("opening and closing are one and the same result / 期初与期末为同一结果")
    if opening.result.vintage > closing.result.vintage:
        raise ConfigError(
            f"opening {opening.result.vintage} is after closing {closing.result.vintage}: exchange "
            "them / 期初晚于期末，请对调"
        )


@step(name="重读两期输入 Put both ends together")
def mix(ends: Sequence[Figure], place: Bench) -> Mixtures:
    """The inputs of both ends, read anew from the vault."""
    made = []
    for figure in ends:
        data, reading = read_remade(remake(figure.result, place))
        made.append(End(data, refused_places(reading.refused)))
    return Mixtures(*made)


@step(name="逐一推进因素 Advance the factors")
def walk_factors(mixtures: Mixtures, order: Sequence[str], models: WalkModels) -> Walk:
    """From the opening's inputs to the closing's, one factor at a time."""
    return walk(mixtures, [name for name in order if name != ALONE], state_with(models))


def _reversed(order: Sequence[str]) -> tuple[str, ...]:
    """The reverse order; the program's remainder stays first."""
    return (ALONE, *(name for name in reversed(order) if name != ALONE))


def estimates_between(url: str, opening: Figure, closing: Figure) -> tuple[LedgerEntry, ...]:
    """Usable estimates of the vintages strictly between two figures."""
    with Ledger(url) as ledger:
        found = ledger.current(opening.result.deposit_id)
    return tuple(e for e in found if opening.result.vintage < e.vintage < closing.result.vintage)


def settle(
    split: Attribution, ends: Sequence[Figure], between: Sequence[LedgerEntry] = ()
) -> Attribution:
    """Bring mining in line with what the closing entry says was mined and lost.

    The entry counts from the result that it names as its opening. Where the walk begins there,
    the entry's own figure stands, and the rounding is the program's; where it begins elsewhere
    (vintages between, or an older result), mining is what the walk found in its opening's model;
    of it the same share was lost as the entries say (``between`` and the closing one).
    """
    opening, closing = ends
    if closing.entry is None:
        return split
    if _follows(closing.result, opening.result):
        return replace(split, steps=settled(split.steps, closing.entry))
    found = added(step.kg for step in split.steps if step.factor == "depletion")
    mined = difference({}, found)
    mined_between = difference(mined, part_kg(closing.entry, "depletion"))
    if not mined_between:
        return split
    taken, lost = (
        added(part_kg(entry, part) for entry in (*between, closing.entry))
        for part in ("depletion", "lost")
    )
    in_all = added([{key: _share_kg(mined[key], lost[key], taken[key]) for key in lost}])
    lost_between = difference(in_all, part_kg(closing.entry, "lost"))
    return replace(split, mined_between=mined_between, lost_between=lost_between)


def _share_kg(whole_kg: int, some_kg: int, of_kg: int) -> int:
    """The part of ``whole_kg`` that ``some_kg`` is of ``of_kg``, whole kilograms; never below 0."""
    return round(max(whole_kg, 0) * Fraction(some_kg, of_kg)) if of_kg else 0


def _follows(closing: DepositResult, opening: DepositResult) -> bool:
    """Whether a result names another as the vintage before it."""
    named = closing.extras.get("opening") or {}
    same = (named.get("vintage"), named.get("model_hash"))
    if same != (opening.vintage.isoformat(), opening.model_hash):
        return False
    return bool(named.get("result", opening.digest) == opening.digest)


def split_of(ends: Sequence[Figure], found: Walk, *, reverse: bool) -> Attribution:
    """A walk as whole kilograms; what no rerun explains is the program's."""
    opening, closing = (statement_kg(figure.result.statement) for figure in ends)
    now, arrived = statement_kg(found.start), statement_kg(found.end)
    program = added([difference(now, opening), difference(closing, arrived)])
    made = [Step(ALONE, program, *_program_words(ends, program))]
    before, sterilized = now, None
    for advance in found.advances:
        after = before if advance.after is None else statement_kg(advance.after)
        change, before = difference(after, before), after
        if advance.factor == STERILIZED and not advance.also:
            sterilized = change
            continue
        made.append(_step(advance, change, sterilized))
        sterilized = None
    steps = _along(made)
    order = (ALONE, *(name for name in found.order if name != ALONE))
    return Attribution(ends[0].number, ends[1].number, order, reverse, steps, note=NOTE)


def _step(advance: Advance, change: Quantities, sterilized: Quantities | None) -> Step:
    """One advance as the ledger has it; sterilized ground is told apart within the licence's."""
    names = [_name(name) for name in (advance.factor, *advance.also)]
    factor, *also = dict.fromkeys(names)
    words = ("", "")
    if also:
        with_them = ", ".join(also)
        words = (
            f"与 {with_them} 一并推进；单独推进不成立: {advance.trouble}",
            f"advanced together with {with_them}; alone it can't stand: {advance.trouble}",
        )
    taken = None
    if sterilized:
        change = added([change, sterilized])
        taken = difference({}, sterilized)
    return Step(factor, change, *words, also=tuple(also), sterilized_kg=taken)


def _name(factor: str) -> str:
    return "licence" if factor == STERILIZED else factor


def _along(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Each factor once: one that went along with an earlier step has no step of its own."""
    made: dict[str, Step] = {}
    for one in steps:
        if one.factor in made or any(one.factor in other.also for other in made.values()):
            where = next(n for n, s in made.items() if one.factor in (n, *s.also))
            made[where] = replace(made[where], kg=added([made[where].kg, one.kg]))
            continue
        made[one.factor] = one
    return tuple(made.values())


def _program_words(ends: Sequence[Figure], program: Quantities) -> tuple[str, str]:
    """Which programs made the figures; nothing where it makes no difference."""
    if not program:
        return "", ""
    then = [figure.result.engine_version for figure in ends]
    now = code_version()
    return (
        f"期初由 {then[0]}、期末由 {then[1]} 计算，现版本 {now}",
        f"opening by {then[0]}, closing by {then[1]}, now {now}",
    )


def statement_kg(statement: ResourceStatement) -> Quantities:
    """Whole kilograms at the reporting cut-off, rounded row by row as the ledger rounds them."""
    return summed(statement_rows(statement.at_cutoff()))


@step(name="归因记台账 Record the split", retries=3)
def record_split(split: Attribution, ends: Sequence[Figure], url: str, run_id: str) -> int | None:
    """Enter a split where the ledger has both figures; returns its number.

    Raises
    ------
    EstimationError
        Its steps don't lead from one figure to the other.
    """
    opening, closing = (figure.entry for figure in ends)
    if opening is None or closing is None:
        return None
    check_attribution(split, opening, closing)
    with Ledger(url) as ledger:
        return ledger.record_attribution(split.content(), run_id).number


def _split_json(found: Attribution) -> dict[str, Any]:
    """Order and steps, as the ledger's entry says them."""
    content: Mapping[str, Any] = found.content()
    names = ("order", "domains_are", "mined_between", "lost_between", "steps", "note")
    return {name: content[name] for name in names if name in content}
