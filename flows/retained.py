"""Retained resource of a deposit as of any date: ledger, mined volumes and mining records."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from estimation.belts import Deposit
from estimation.changes import Opening, mined_volumes, valued_by
from estimation.ground import measure_ground
from estimation.plan import CLASSES
from estimation.statement.mined import MinedVolume
from estimation.studies import Words
from flows.belts import find_deposit
from flows.manifest import new_run_id
from flows.rederive import bench, read_remade, remake
from flows.review import ledger_url, result_of
from flows.runtime import Workspace
from flows.trace_source import model_of
from geo.config import ConfigError, MinedGround, resolve_root
from geo.vault import keep
from tracking.ledger.entries import LedgerEntry
from tracking.ledger.ledger import Ledger
from tracking.mining.file import period_of, read_mining
from tracking.mining.retained import Retained, Taken, figure_as_of, retain
from tracking.movement.quantities import ORE, Quantities


@dataclass(frozen=True)
class RetainedAnswer:
    """What is left of a deposit as of a date, and the volumes behind it."""

    retained: Retained
    volumes: tuple[MinedVolume, ...]
    """Mined after the figure's date, valued in its model."""
    files: tuple[str, ...]
    """Each volume's file as configured."""


def retained(
    deposit_id: str,
    day: date,
    configs: str = "configs/belts",
    workspace: str = "workspace",
) -> RetainedAnswer:
    """Retained resource as of ``day``.

    Raises
    ------
    ConfigError
        No such deposit, or no usable estimate of it up to ``day``; or its result or model is no
        longer in the workspace, and volumes must be valued in it.
    EstimationError
        The result's files are not in the vault.
    DataError
        A mined volume can't be used.
    """
    house = Workspace(Path(workspace))
    deposit = find_deposit(deposit_id, Path(configs))[1]
    with Ledger(ledger_url(configs, house)) as ledger:
        figures = ledger.current(deposit_id)
        figure = figure_as_of(figures, day)
        if figure is None:
            raise ConfigError(_nothing(deposit_id, day, figures))
        records = ledger.book(wanted={(deposit_id, figure.vintage)}).mining
    mined = sorted(deposit.mined, key=lambda m: m.as_of)
    due = [m for m in mined if figure.vintage < m.as_of <= day]
    volumes = _valued(figure, day, deposit, (configs, workspace)) if due else ()
    made = retain(figure, day, volumes, records)
    later = [m.as_of for m in mined if m.as_of > day]
    remarks = [*made.remarks, *_rates(volumes)]
    if later:
        remarks.append(
            Words(
                f"{later[0]} 的采空区体积在该日之后，未扣除",
                f"the mined volume of {later[0]} is later and is not taken off",
            )
        )
    files = tuple(m.path for m in due)
    return RetainedAnswer(replace(made, remarks=tuple(remarks)), volumes, files)


def record_mined(
    form: str, configs: str = "configs/belts", workspace: str = "workspace"
) -> LedgerEntry:
    """Enter a mining record in the ledger; one that stands already is answered with its entry.

    Raises
    ------
    ConfigError
        The form is wrong, or there is no such deposit or element.
    EstimationError
        A quantity or date is impossible.
    OSError
        The form can't be kept in the vault.
    LedgerError
        The period has another record, which must be corrected first.
    """
    house = Workspace(Path(workspace))
    filled = read_mining(Path(form))
    belt, deposit, _ = find_deposit(filled.deposit, Path(configs))
    elements = deposit.plan.all_elements if deposit.plan else ()
    period = replace(period_of(filled, belt.id, elements), form_sha256=keep(Path(form), house.root))
    with Ledger(ledger_url(configs, house)) as ledger:
        return ledger.record_mining(period, new_run_id())


def _nothing(deposit_id: str, day: date, figures: tuple[LedgerEntry, ...]) -> str:
    """Why there is no figure to start from."""
    if not figures:
        return (
            f"{deposit_id}: no usable estimate in the ledger; run: bornite growth / "
            "台账中没有可用的估算，请先运行 bornite growth"
        )
    first = min(figure.vintage for figure in figures)
    return (
        f"{deposit_id}: the first estimate is of {first}, after {day}; ask for a later date / "
        f"首期估算基准日为 {first}，晚于 {day}"
    )


def _valued(
    figure: LedgerEntry, day: date, deposit: Deposit, where: tuple[str, str]
) -> tuple[MinedVolume, ...]:
    """Volumes mined after the figure's date, by its own result: model, plan, grid and densities.

    The result's files are laid out of the vault; only the mined volumes after its date are of the
    present configuration (``where``: its folder, and the workspace).
    """
    house = Workspace(Path(where[1]))
    result = result_of(figure, house)
    if result is None:
        raise ConfigError(
            f"{deposit.id} {figure.vintage}: the result of ledger entry {figure.number} is not in "
            f"{house.root} / 工作区中没有台账第 {figure.number} 条的结果; "
            f"run: bornite estimate {deposit.id}"
        )
    with bench(*where) as place:
        then, _ = read_remade(remake(result, place))
        base = find_deposit(deposit.id, place.configs)[2]
        before = [m for m in then.deposit.mined if m.as_of <= figure.vintage]
        after = [_found_from(m, base) for m in deposit.mined if m.as_of > figure.vintage]
        mined = {"mined": (*before, *after)}
        data = replace(then, deposit=then.deposit.model_copy(update=mined), vintage=day)
        model = model_of(result, data, house)
        if model is None:
            raise ConfigError(
                f"{deposit.id} {result.vintage}: the figure's model is not in the store / "
                f"存储中没有该数字的模型; run: bornite estimate {deposit.id}"
            )
        ground = measure_ground(data, result.vintage)
        return mined_volumes(valued_by(data, Opening(result, model), ground), ground)


def _found_from(mined: MinedGround, base: Path) -> MinedGround:
    """A mined volume with its root made absolute."""
    return mined.model_copy(update={"root": str(resolve_root(mined.root, base))})


def _rates(volumes: tuple[MinedVolume, ...]) -> list[Words]:
    """What is not known of the volumes."""
    remarks = []
    for volume in volumes:
        day = volume.stage.as_of
        if volume.stage.loss_rate is None:
            zh, en = f"{day} 采空区损失率未知：损失量未单列", f"{day}: loss rate not known"
            remarks.append(Words(zh, f"{en}; what was lost is counted as mined"))
        if volume.delivered is None:
            zh, en = f"{day} 采出矿石量未知", f"{day}: ore delivered not known"
            remarks.append(Words(f"{zh}（缺损失率或贫化率）", f"{en} (a rate is missing)"))
    return remarks


def retained_answer(found: RetainedAnswer) -> dict[str, Any]:
    """What ``bornite retained --json`` prints (docs/json.md)."""
    made = found.retained
    figure = made.figure
    return {
        "deposit": figure.deposit_id,
        "as_of": made.as_of.isoformat(),
        "status": figure.status,
        "estimate": {
            "entry": figure.number,
            "vintage": figure.vintage.isoformat(),
            "main_element": figure.content["main_element"],
            "reporting_cutoff": figure.content["reporting_cutoff"],
        },
        "opening": _by_class(made.opening_kg),
        "taken": _by_class(made.taken_kg),
        "retained": _by_class(made.retained_kg),
        "before_mining": list(made.before_mining),
        "content": list(made.content),
        "volumes": [
            {"file": file, **volume.as_plain()}
            for file, volume in zip(found.files, found.volumes, strict=True)
        ],
        "sources": [_source(one) for one in made.taken],
        "remarks": [words._asdict() for words in made.remarks],
    }


def _source(one: Taken) -> dict[str, Any]:
    """One volume or record as it was counted."""
    return {
        "source": one.source,
        "name": one.name,
        "days": one.days,
        "of_days": one.of_days,
        "taken": _by_class(one.kg),
        "lost": _by_class(one.lost_kg),
    }


def _by_class(amounts: Quantities) -> list[dict[str, Any]]:
    """Kilograms as rows by class; classes are never added."""
    rows = []
    for class_name in CLASSES:
        own = {name: amount for (name, c), amount in sorted(amounts.items()) if c == class_name}
        if own:
            ore = own.pop(ORE, 0)
            rows.append({"class": class_name, "ore_kg": ore, "metal_kg": own})
    return rows
