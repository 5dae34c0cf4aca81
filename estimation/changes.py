"""What became of the previous vintage's resource, and which of the present one is new ground.

What was mined is valued in the previous vintage's own model and densities, before anything else is
counted as change; what is in ground that it had not classified, in the present one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from estimation.deposit import DepositData
from estimation.domains.volumes import volumes_of
from estimation.models.store_read import VintageReader
from estimation.plan import Plan
from estimation.results import DepositResult, ResourceStatement, StatementRow
from estimation.statement.between import PAIR, Between, classed_ground
from estimation.statement.breakdowns import reasonable_cells
from estimation.statement.class_field import classes_of
from estimation.statement.density import as_of, densities
from estimation.statement.gate import gated_plan
from estimation.statement.ground_inside import open_prospects
from estimation.statement.mined import MinedVolume
from estimation.statement.rows import rows_of
from estimation.statement.tally import Counted, Tally, count_blocks
from estimation.statement.volumes import Ground

Rows = tuple[StatementRow, ...]

KILOGRAM = 3
"""Decimals of a tonne."""


@dataclass(frozen=True)
class Changes:
    """Between the previous vintage and this one, at the reporting cut-off; see the fields of the
    same names of :class:`estimation.results.DepositResult`."""

    depletion: Rows = ()
    lost: Rows = ()
    extension: Rows = ()
    reclassified_from: Rows = ()
    reclassified_to: Rows = ()
    volumes: tuple[MinedVolume, ...] = ()
    """Each volume mined since, with its own rates; together they are the depletion."""


@dataclass(frozen=True)
class Opening:
    """The previous vintage: what it said, and the model that it said it by."""

    result: DepositResult
    model: VintageReader


@dataclass(frozen=True)
class Valued:
    """A vintage's model with what its blocks are counted by."""

    model: VintageReader
    plan: Plan
    """With what the gate of the vintage changes."""
    counted: Counted

    def rows(self, **changes: Any) -> Rows:
        """Rows at the reporting cut-off, of ground with reasonable prospects; ``changes``: fields
        of :class:`~estimation.statement.tally.Counted`, such as the share that counts."""
        tally = self.tally(**changes)
        return rows_of(tally, tally.edges)

    def tally(self, **changes: Any) -> Tally:
        """The same before it is made into rows."""
        counted = replace(self.counted, **changes)
        tally = count_blocks(self.model, self.plan, counted, (self.plan.cutoffs.reporting,))
        return replace(tally, cells=reasonable_cells(tally.cells, counted.prospects))


def valued_by(data: DepositData, opening: Opening, ground: Ground) -> Valued:
    """A vintage's model, as its own result counted it: its gate, its densities, its campaigns.

    ``data`` is of that vintage or of a later one; ``ground`` says what is left.
    """
    result = opening.result
    plan = gated_plan(data.plan, result.statement.gate)
    then = densities(as_of(data.drillholes, result.vintage), plan, volumes_of(data))
    density = replace(then, by_domain=result.extras["density_tpm3"])
    classes = classes_of(opening.model, plan, data.base, data.belt.crs)
    prospects = open_prospects(plan, data.base, data.belt.crs)
    return Valued(opening.model, plan, Counted(classes, density, ground.left, prospects))


def state_changes(
    data: DepositData,
    opening: Opening | None,
    model: VintageReader,
    statement: ResourceStatement,
    ground: Ground,
) -> Changes:
    """What was mined and lost since the previous vintage, and how the two models' ground differs.

    Parameters
    ----------
    data, model, statement
        This vintage.
    opening
        The previous vintage; None for the first, of which nothing is said.
    ground
        As of this vintage and the previous one.
    """
    if opening is None:
        return Changes()
    before = valued_by(data, opening, ground)
    plan = gated_plan(data.plan, statement.gate)
    classes = classes_of(model, plan, data.base, data.belt.crs)
    density = densities(data.drillholes, plan, volumes_of(data))
    now = Valued(model, plan, replace(before.counted, classes=classes, density=density))
    between = Between(
        classed_ground(before.model, before.plan, before.counted.classes),
        classed_ground(now.model, now.plan, now.counted.classes),
    )
    return Changes(
        *mined_rows(before, ground),
        extension=now.rows(parts=between.extension),
        **_reclassified(before, between),
        volumes=mined_volumes(before, ground),
    )


def _reclassified(before: Valued, between: Between) -> dict[str, Rows]:
    """Ground that both models classify by its opening class, and by its closing class.

    Ore and metal that went from one class to another are held to whole kilograms first, so that
    both ways of adding them up agree to the kilogram in the ledger.
    """
    tally = before.tally(parts=between.common)
    cutoff = before.plan.cutoffs.reporting
    cells = tally.above(cutoff).groupby(["class_code", "domain_code"]).sum().reset_index()
    tonnes = [str(name) for name in cells if str(name).endswith("_t")]
    cells[tonnes] = cells[tonnes].round(KILOGRAM)
    cells["step"] = len(tally.edges)
    pairs = cells["class_code"]
    by_class = {"reclassified_from": pairs // PAIR, "reclassified_to": pairs % PAIR}
    return {
        name: rows_of(tally, (cutoff,), cells.assign(class_code=codes))
        for name, codes in by_class.items()
    }


def mined_rows(before: Valued, ground: Ground) -> tuple[Rows, Rows]:
    """Mined since the previous vintage by its model (动用量), and what of it was lost (损失量)."""
    if not ground.anything_mined_since():
        return (), ()
    mined = before.rows(share=ground.mined_since)
    return mined, before.rows(share=ground.lost_since) if ground.any_loss_since else ()


def mined_volumes(before: Valued, ground: Ground) -> tuple[MinedVolume, ...]:
    """Each volume mined since the previous vintage, valued in its model."""
    return tuple(
        MinedVolume(stage, before.rows(share=ground.taken(stage))) for stage in ground.since
    )
