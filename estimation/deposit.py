"""The steps from one deposit's drill-holes to its result, in the order of a report.

Each step is a function of what it is given; ``flows.estimate`` puts them in line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel

from estimation.belts import Belt, Deposit
from estimation.domains.volumes import file_stamp, volumes_of
from estimation.engine.krige import Problem, domain_names, prepare
from estimation.engine.surroundings import drift_rasters, load_surroundings
from estimation.models.store_read import VintageReader
from estimation.models.tile_statistics import statistic
from estimation.plan import GeometryFile, Plan
from estimation.results import (
    Check,
    DepositResult,
    ResourceStatement,
    TruthRow,
)
from estimation.simulation.records import Uncertainty
from estimation.statement.breakdowns import breakdowns, edges_of, reasonable_cells
from estimation.statement.class_field import classes_of
from estimation.statement.density import densities, density_words
from estimation.statement.gate import gate, gate_checks, gated_plan
from estimation.statement.ground_inside import open_prospects
from estimation.statement.left_out import as_extras, samples_left_out, volumes_left_out
from estimation.statement.mined import mining_notes
from estimation.statement.notes import statement_notes
from estimation.statement.rows import rows_of
from estimation.statement.support import judged_supports, supports
from estimation.statement.tally import Counted, count_blocks
from estimation.statement.volumes import Ground
from geo.config import ConfigError, MinedGround, RasterSource, digest, resolve_root
from geo.drillholes.combined import member_points
from geo.drillholes.composite import Composites, combined_composites, composite, with_points
from geo.drillholes.reading import Drillholes
from geo.files import sha256
from geo.findings import DataError
from geo.grids import BlockGrid
from geo.rules import finding
from geo.version import code_version

if TYPE_CHECKING:
    from estimation.changes import Changes

COUNTED = ("blocks", "in_domain", "estimated", "negative_estimates")
"""Statistics that a result's block counts are added up from."""


@dataclass(frozen=True)
class DepositData:
    """One deposit as of one vintage, and the folder its configuration lies in.

    Only the campaigns up to the vintage were read and checked: what comes later can't change it.
    """

    belt: Belt
    deposit: Deposit
    base: Path
    vintage: date
    drillholes: Drillholes
    files: dict[str, str]
    """Path as configured -> SHA-256 of every drill-hole file that was read."""

    @property
    def plan(self) -> Plan:
        """The deposit's plan.

        Raises
        ------
        ConfigError
            The deposit has none yet.
        """
        if self.deposit.plan is None:
            raise ConfigError(
                f"{self.deposit.id}: no plan yet / 尚无估算方案; run: bornite propose "
                f"{self.deposit.id}"
            )
        return self.deposit.plan

    @property
    def grid(self) -> BlockGrid:
        """The deposit's block grid."""
        return BlockGrid(self.deposit.grid)

    def data_hash(self) -> str:
        """SHA-256 over the files that the vintage rests on: campaigns, surfaces and geometry.

        Raises
        ------
        DataError
            A surface's file is not there.
        """
        paths = [_mined_path(self, m) for m in self.deposit.mined if m.as_of <= self.vintage]
        surfaces = [_file_digest(path) for path in (*paths, *self.ground_paths)]
        shapes = [file_stamp(file, self.base) for file in geometry_files(self.deposit.plan)]
        return digest([sorted(self.files.items()), surfaces, *([shapes] if shapes else [])])

    @property
    def decided(self) -> dict[str, Any]:
        """Every decision that changes the deposit's figures, as plain values."""
        kept = {"drillholes", "grid", "topography", "plan"}
        # a plan without these keeps the hash that it had before they counted
        mined = [m.model_dump(mode="json", exclude_defaults=True) for m in self.deposit.mined]
        kept |= {n for n in ("licence", "qaqc") if getattr(self.deposit, n) is not None}
        wanted = drift_rasters(self.deposit.plan) if self.deposit.plan is not None else ()
        settled = self.deposit.model_dump(mode="json", include=kept)
        if self.deposit.plan is not None and self.deposit.plan.uncertainty is None:
            del settled["plan"]["uncertainty"]
        drift = [r.model_dump(mode="json") for r in self.belt.rasters if r.name in wanted]
        return {
            **settled,
            "mined": mined,
            "crs": self.belt.crs,
            "ground": [r.model_dump(mode="json") for r in self._ground_rasters],
            **({"drift": drift} if drift else {}),
        }

    @property
    def plan_hash(self) -> str:
        """SHA-256 of every decision that changes the deposit's figures."""
        return digest(self.decided)

    @property
    def ground_paths(self) -> list[Path]:
        """Path of the terrain raster, where the ground comes from one."""
        return [resolve_root(r.root, self.base) / r.path for r in self._ground_rasters]

    @property
    def _ground_rasters(self) -> list[RasterSource]:
        """The terrain raster, where the ground comes from one."""
        topography = self.deposit.topography
        wanted = topography.raster if topography.source == "raster" else None
        return [r for r in self.belt.rasters if r.name == wanted]


def geometry_files(block: Any) -> list[GeometryFile]:
    """Every geometry file that a block of configuration names, in order."""
    if isinstance(block, GeometryFile):
        return [block]
    if isinstance(block, BaseModel):
        block = [getattr(block, name) for name in type(block).model_fields]
    if isinstance(block, dict):
        block = list(block.values())
    if isinstance(block, (list, tuple)):
        return [file for part in block for file in geometry_files(part)]
    return []


def composite_samples(data: DepositData) -> dict[str, Composites]:
    """Composites of the basic assays and, where there are any, the combined samples (组合分析)."""
    plan = data.plan
    holes = data.drillholes
    basic = tuple(n for n, e in plan.elements.items() if e.source == "basic")
    combined = tuple(n for n, e in plan.elements.items() if e.source == "combined")
    domains: dict[str, Any] = {
        "domain_column": plan.domains.column,
        "domain_codes": plan.domains.codes,
        "ground": volumes_of(data),
    }
    samples = {
        "basic": composite(
            holes,
            length_m=plan.composites.length_m,
            min_coverage=plan.composites.min_coverage,
            elements=basic,
            **domains,
        )
    }
    if combined:
        samples["combined"] = combined_composites(holes, elements=combined, **domains)
    points = plan.sample_points
    if points.basic > 1:
        samples["basic"] = with_points(samples["basic"], holes, points.basic)
    if points.combined > 1 and combined:
        samples["combined"] = member_points(samples["combined"], holes, points.combined)
    return samples


def set_up_kriging(data: DepositData, samples: dict[str, Composites]) -> Problem:
    """Bring plan, grid and samples together; see :func:`estimation.engine.krige.prepare`."""
    around = load_surroundings(data)
    plan = plan_in_force(data, samples)
    return prepare(data.grid, plan, samples["basic"], samples.get("combined"), around)


def plan_in_force(data: DepositData, samples: dict[str, Composites]) -> Plan:
    """The plan with what the gate of geostatistics changes in it."""
    return gated_plan(data.plan, gate(data.plan, samples))


def state_resource(
    data: DepositData,
    model: VintageReader,
    ground: Ground,
    samples: dict[str, Composites],
) -> ResourceStatement:
    """Tonnes, grade and metal by class, domain and cut-off; by-products with their support.

    Rows hold what has reasonable prospects; what constraints leave out is in ``breakdowns``.
    """
    verdicts = gate(data.plan, samples)
    plan = gated_plan(data.plan, verdicts)
    counted = what_counts(data, plan, model, ground)
    prospects = counted.prospects
    tally = count_blocks(model, plan, counted, edges_of(plan))
    gone = count_blocks(model, plan, replace(counted, share=ground.mined), edges_of(plan))
    resource = replace(tally, cells=reasonable_cells(tally.cells, prospects))
    cutoffs = (plan.cutoffs.reporting, *plan.cutoffs.others)
    rows, mined = rows_of(resource, cutoffs), rows_of(gone, cutoffs[:1])
    statement = ResourceStatement(
        main_element=plan.main_element,
        elements=plan.all_elements,
        reporting_cutoff=plan.cutoffs.reporting,
        rows=rows,
        mined=mined,
        density_basis=density_words(counted.density, tally.bases),
        support=supports(plan, samples, data.drillholes, verdicts),
        breakdowns=breakdowns(tally, prospects, mined),
        gate=verdicts,
        notes=(
            *statement_notes(verdicts, counted, data.deposit.kind, rows),
            *mining_notes(ground),
        ),
    )
    judged = judged_supports(statement, plan, data.drillholes, resource)
    return replace(statement, support=judged)


def what_counts(data: DepositData, plan: Plan, model: VintageReader, ground: Ground) -> Counted:
    """What a statement counts of each block, by the plan in force: all that is left."""
    return Counted(
        classes_of(model, plan, data.base, data.belt.crs),
        densities(data.drillholes, plan, volumes_of(data)),
        ground.left,
        open_prospects(plan, data.base, data.belt.crs),
    )


@dataclass(frozen=True)
class Findings:
    """What was learnt beside the statement."""

    changes: Changes
    """What became of the previous vintage's resource."""
    checks: tuple[Check, ...]
    truth: tuple[TruthRow, ...]
    by_severity: dict[str, int]
    opening: dict[str, str]
    """Previous vintage and the model hash its depletion was valued in; empty for the first."""
    uncertainty: Uncertainty | None = None
    """How far the figure may be off; None where the plan doesn't ask."""


def assemble(
    data: DepositData,
    problem: Problem,
    model: VintageReader,
    statement: ResourceStatement,
    found: Findings,
) -> DepositResult:
    """Put a vintage's result together; nothing in it depends on when or how fast it was made."""
    return DepositResult(
        belt_id=data.belt.id,
        deposit_id=data.deposit.id,
        vintage=data.vintage,
        statement=replace(statement, notes=(*statement.notes, *_how_sure(found.uncertainty))),
        depletion=found.changes.depletion,
        checks=(*gate_checks(data.plan, statement.gate), *found.checks),
        truth=found.truth,
        data_hash=data.data_hash(),
        plan_hash=data.plan_hash,
        model_hash=model.model_hash,
        engine_version=code_version(),
        holes=int(np.unique(problem.flags.holes).size),
        composites=len(problem.flags),
        findings=found.by_severity,
        plan_status=problem.plan.acceptance.words,
        extras={
            **_block_counts(model, problem.plan.main_element),
            "domains": list(domain_names(problem.plan)),
            "opening": found.opening,
            "files": data.files,
            "density_tpm3": densities(data.drillholes, data.plan, volumes_of(data)).by_domain,
            "mining": [volume.as_plain() for volume in found.changes.volumes],
            "left_out": as_extras((*volumes_left_out(data), *samples_left_out(problem))),
        },
        lost=found.changes.lost,
        extension=found.changes.extension,
        reclassified_from=found.changes.reclassified_from,
        reclassified_to=found.changes.reclassified_to,
        uncertainty=found.uncertainty,
    )


def _how_sure(found: Uncertainty | None) -> tuple[str, ...]:
    """What a reader must know of a figure's P10, P50 and P90; nothing where the plan asks none."""
    return () if found is None else (found.words,)


def _block_counts(model: VintageReader, element: str) -> dict[str, int]:
    """Blocks of the model, estimated, left open in a domain, and set to zero, from statistics."""
    table = model.statistics(element)
    count = {name: int(np.nansum(statistic(table, name))) for name in COUNTED}
    return {
        "blocks": count["blocks"],
        "estimated_blocks": count["estimated"],
        "unestimated_in_domain": count["in_domain"] - count["estimated"],
        "negative_estimates_set_to_zero": count["negative_estimates"],
    }


def _file_digest(path: Path) -> str:
    """SHA-256 of a surface's file; a finding where it is not there."""
    if not path.is_file():
        raise DataError([finding("BN-TAB-001", file=path.name)])
    return sha256(path)


def _mined_path(data: DepositData, mined: MinedGround) -> Path:
    """Path of one mined-out volume."""
    return resolve_root(mined.root, data.base) / mined.path
