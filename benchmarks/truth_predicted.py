"""What samples alone say of a field: declustered means, and blocks by change of support."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.truth_cases import METAL, Case, blind_plan, scores_variogram, variogram_of
from estimation.engine.visit import discretisation
from estimation.exploratory.declustering import declustering_weights, ground_weights
from estimation.plan import Plan, Variogram
from estimation.validation.change_of_support import (
    SupportChange,
    change_support,
    fit_anamorphosis,
    ratio_of_scores,
    variance_ratio,
)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Prediction:
    """What samples alone say of a field: means, and blocks by change of support."""

    plan: Plan
    scores: Variogram
    """Proposed for the normal scores; the grades' own is the plan's."""
    means: dict[str, float]
    """Plain, declustered by the house's cells, and by the ground of the estimated blocks."""
    by_scores: SupportChange
    """Block variance by the variogram of normal scores."""
    by_grades: SupportChange


def predict(case: Case) -> Prediction:
    """Propose, decluster and change the support: everything but kriging."""
    values, block_m = case.values, case.grid.spec.block_m
    plan = blind_plan(case, variogram_of(case))
    ground = ground_of(case)
    cells = declustering_weights(case.places_m, case.holes)
    scores = scores_variogram(case, ground)
    ratios = (
        ratio_of_scores(fit_anamorphosis(values, ground), scores, block_m, case.points),
        variance_ratio(plan.elements[METAL], block_m, case.points),
    )
    by_scores, by_grades = (change_support(values, ground, r, case.cutoffs) for r in ratios)
    means = {
        "plain": float(values.mean()),
        "cells": float(np.average(values, weights=cells)),
        "ground": by_scores.mean,
    }
    return Prediction(plan, scores, means, by_scores, by_grades)


def ground_of(case: Case) -> Floats:
    """Weights of the samples by the ground of the blocks that are compared."""
    points = discretisation(case.grid.spec.block_m, (*case.points[:2], 1))
    (tile,) = case.grid.tiles()
    nodes = (case.grid.tile_centres_m(tile)[:, None] + points).reshape(-1, 3)
    return ground_weights(case.places_m, nodes, np.repeat(case.shares.ravel(), len(points)))
