"""Three campaigns of drilling through the truth, as canonical tables.

Positions are those of the *written* surveys by minimum curvature, so that a reader who
desurveys the files finds exactly the places that were sampled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from field import Truth, body_axes
from specs import BASIC, CAMPAIGNS, DECIMALS, ELEMENTS, DepositSpec

Tables = dict[str, pd.DataFrame]

OUTLIER_SHARE = 0.03
MISSING_MO_SHARE = 0.05
COMBINED_SHARE = 0.45


@dataclass
class Hole:
    """One hole as planned and drilled."""

    hole_id: str
    as_of: date
    campaign: int
    collar: np.ndarray
    depth_m: float
    survey: np.ndarray
    """Rows of depth, azimuth, dip (positive down) as written."""
    gold: bool
    combined: bool


def minimum_curvature(survey: np.ndarray, collar: np.ndarray, depths: np.ndarray) -> np.ndarray:
    """Positions (n, 3) at ``depths`` along stations of depth, azimuth and dip (positive down).

    Between stations the path is the arc of the two directions (Sawaryn and Thorogood 2005);
    below the last station the last direction goes on.
    """
    azimuth, dip = np.radians(survey[:, 1]), np.radians(survey[:, 2])
    ways = np.column_stack(
        [np.cos(dip) * np.sin(azimuth), np.cos(dip) * np.cos(azimuth), -np.sin(dip)]
    )
    stations = [collar]
    for i in range(len(survey) - 1):
        stations.append(
            stations[-1] + _arc(ways[i], ways[i + 1], survey[i + 1, 0] - survey[i, 0], 1.0)
        )
    points = np.empty((len(depths), 3))
    for k, depth in enumerate(depths):
        i = int(np.searchsorted(survey[:, 0], depth, side="right")) - 1
        if i == len(survey) - 1:
            points[k] = stations[i] + ways[i] * (depth - survey[i, 0])
        else:
            length = survey[i + 1, 0] - survey[i, 0]
            share = (depth - survey[i, 0]) / length
            points[k] = stations[i] + _arc(ways[i], ways[i + 1], length, share)
    return points


def _arc(start: np.ndarray, end: np.ndarray, length: float, share: float) -> np.ndarray:
    """Displacement along the first ``share`` of an arc of ``length`` between two directions."""
    angle = float(np.arccos(np.clip(start @ end, -1.0, 1.0)))
    if angle < 1e-7:
        return np.asarray(start * length * share)
    normal = (end - start * np.cos(angle)) / np.sin(angle)
    turn = angle * share
    return np.asarray((start * np.sin(turn) + normal * (1.0 - np.cos(turn))) * length / angle)


def plan_collars(spec: DepositSpec) -> list[tuple[int, float, float, float, int]]:
    """Campaign, u, v, planned depth and line number of every hole, in body coordinates."""
    program, spacing = spec.program, spec.program.spacing_m
    half = spacing / 2.0
    count_u, count_v = int(program.outer_m[0] // half) + 1, int(program.outer_m[1] // half) + 1
    holes: list[tuple[int, float, float, float, int]] = []
    for i in range(-count_u, count_u + 1):
        for j in range(-count_v, count_v + 1):
            u, v = i * half, j * half
            campaign = _campaign_of(spec, i, j, u, v)
            if campaign is not None:
                holes.append((campaign, u, v, program.depth_m[campaign], i))
    holes.sort(key=lambda h: (h[0], h[4], h[2]))
    deep = [k for k, h in enumerate(holes) if h[0] == 2]
    deep.sort(key=lambda k: np.hypot(holes[k][1] / 1.6, holes[k][2]))
    for k in deep[: program.deep_holes]:
        c, u, v, _, line = holes[k]
        holes[k] = (c, u, v, 480.0, line)
    return holes


def _campaign_of(spec: DepositSpec, i: int, j: int, u: float, v: float) -> int | None:
    """The campaign that drills node (i, j) of the half-spacing lattice; None where none does."""

    def inside(size: tuple[float, float]) -> bool:
        return (u / size[0]) ** 2 + (v / size[1]) ** 2 <= 1.0

    main = i % 2 == 0 and j % 2 == 0
    if main and inside(spec.program.core_m):
        return 0
    if (main and u > 0 and inside(spec.program.step_out_m)) or (
        not main and inside(spec.program.infill_m)
    ):
        return 1
    if (main and inside(spec.program.outer_m)) or (
        i % 2 != 0 and j % 2 != 0 and inside(spec.program.infill2_m)
    ):
        return 2
    return None


def drill(truth: Truth) -> list[Hole]:
    """Place, survey and depth every hole; holes drilled after mining began avoid the pit."""
    spec, rng = truth.spec, np.random.default_rng([truth.spec.seed, 2])
    along, across = body_axes(spec.body)
    serial: dict[int, int] = {}
    holes: list[Hole] = []
    for campaign, u, v, depth, line in plan_collars(spec):
        u, v = u + rng.normal(0, 5.0), v + rng.normal(0, 5.0)
        if _in_pit(spec, campaign, u, v):
            continue
        # golden-ratio steps spread the chosen holes evenly over every campaign
        gold = (len(holes) * 0.754878) % 1.0 < spec.archetype.basic_gold_share
        combined = (len(holes) * 0.618034) % 1.0 < COMBINED_SHARE
        serial[line] = serial.get(line, 0) + 1
        name = f"SYN-ZK{2 * abs(line) + (line > 0):02d}{serial[line]:02d}"
        east, north = np.array(spec.site.centre_m) + u * along + v * across
        up = float(truth.ground(np.array(east), np.array(north))) + rng.normal(0, 0.25)
        collar = np.round([east, north, up], 2)
        depth_m = round(float(depth + rng.uniform(-30, 30)), 1)
        survey = _survey(spec, rng, depth_m, towards_positive_v=v < 0)
        holes.append(
            Hole(name, CAMPAIGNS[campaign], campaign, collar, depth_m, survey, gold, combined)
        )
    return holes


def _in_pit(spec: DepositSpec, campaign: int, u: float, v: float) -> bool:
    """Whether a collar of this campaign would stand in the pit of its time."""
    if spec.pit is None:
        return False
    away = np.hypot(u - spec.pit.centre_m[0], v - spec.pit.centre_m[1])
    radii = [radius for day, radius, _ in spec.pit.stages if day <= CAMPAIGNS[campaign]]
    return bool(radii) and bool(away < max(radii) + 10.0)


def _survey(
    spec: DepositSpec, rng: np.random.Generator, depth_m: float, *, towards_positive_v: bool
) -> np.ndarray:
    """Stations every 30-50 m from 0: vertical or inclined across strike, slowly deviating."""
    step = float(rng.choice([30.0, 40.0, 50.0]))
    depths = np.append(np.arange(0.0, depth_m - 10.0, step), depth_m)
    vertical = rng.random() < 0.45
    across = spec.body.strike_deg + (90.0 if towards_positive_v else 270.0)
    azimuth = float(rng.uniform(0, 360)) if vertical else across + float(rng.normal(0, 2.0))
    dip = 89.5 if vertical else float(rng.choice([70.0, 75.0, 80.0])) + float(rng.normal(0, 0.4))
    flatten = np.cumsum(rng.normal(0.010, 0.010, len(depths)) * np.diff(depths, prepend=0.0))
    turn = np.cumsum(rng.normal(0.008, 0.02, len(depths)) * np.diff(depths, prepend=0.0))
    dips = np.clip(dip - flatten, 45.0, 90.0)
    return np.column_stack([depths, np.round((azimuth + turn) % 360.0, 1), np.round(dips, 1)])


def sample(truth: Truth, holes: list[Hole]) -> tuple[Tables, dict[str, np.ndarray]]:
    """Canonical tables of all campaigns, and each hole's trace (points every 5 m)."""
    parts: dict[str, list[pd.DataFrame]] = {}
    traces = {}
    for number, hole in enumerate(holes):
        rng = np.random.default_rng([truth.spec.seed, 3, number])
        for table, frame in _log_hole(truth, hole, rng).items():
            parts.setdefault(table, []).append(frame.assign(as_of=hole.as_of))
        traces[hole.hole_id] = minimum_curvature(
            hole.survey, hole.collar, np.arange(0.0, hole.depth_m, 5.0)
        )
    return {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}, traces


def _log_hole(truth: Truth, hole: Hole, rng: np.random.Generator) -> Tables:
    """All tables of one hole."""
    contact = _oxide_contact(truth, hole)
    assays, rhenium = _assays(truth, hole, contact, rng)
    tables = {
        "collar": pd.DataFrame(
            {
                "hole_id": [hole.hole_id],
                "easting_m": [hole.collar[0]],
                "northing_m": [hole.collar[1]],
                "elevation_m": [hole.collar[2]],
                "depth_m": [hole.depth_m],
            }
        ),
        "survey": pd.DataFrame(hole.survey, columns=["depth_m", "azimuth_deg", "dip_down_deg"]),
        "assay": assays,
        "lithology": _lithology(truth, hole, contact),
        "density": _densities(truth, hole, rng),
    }
    if hole.combined:
        tables["combined"] = _combined(truth.spec, hole, assays, rhenium, contact, rng)
    tables["survey"].insert(0, "hole_id", hole.hole_id)
    return tables


def _oxide_contact(truth: Truth, hole: Hole) -> float:
    """Depth down the hole at which the oxide zone ends, to 0.1 m."""
    depths = np.arange(0.0, min(150.0, hole.depth_m), 0.1)
    found = truth.at(minimum_curvature(hole.survey, hole.collar, depths))
    return round(float(depths[found["oxide"]].max(initial=0.0)) + 0.1, 1)


def _assays(
    truth: Truth, hole: Hole, contact: float, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Basic assays of the hole, and every element before rounding (for combined samples)."""
    edges = sample_edges(hole.depth_m, contact, truth.spec.program.sample_m[hole.campaign])
    middle = (edges[:-1] + edges[1:]) / 2
    found = truth.at(minimum_curvature(hole.survey, hole.collar, middle))
    noise = _noise(truth.spec, len(middle), rng)
    full = pd.DataFrame({e: found[e] * noise[e] for e in ELEMENTS})
    assays = pd.DataFrame(
        {
            "hole_id": hole.hole_id,
            "from_m": edges[:-1],
            "to_m": edges[1:],
            "sample_id": [f"{hole.hole_id[4:]}-{k + 1:03d}" for k in range(len(middle))],
            **{e: full[e].round(DECIMALS[e]) for e in BASIC},
        }
    )
    assays.loc[rng.random(len(assays)) < MISSING_MO_SHARE, "mo_pct"] = np.nan
    if not hole.gold:
        assays[["au_gpt", "ag_gpt"]] = np.nan
    return assays, full


def sample_edges(depth_m: float, contact: float, length_m: float) -> np.ndarray:
    """Ends of samples down a hole, starting anew at the oxide contact; no piece under 1 m."""
    parts = [np.array([0.0])]
    for top, base in ((0.0, min(contact, depth_m)), (contact, depth_m)):
        if base - top > 0.05:
            ends = np.append(np.arange(top + length_m, base - 0.999, length_m), base)
            parts.append(ends)
    return np.round(np.concatenate(parts), 2)


def _noise(spec: DepositSpec, n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Sample-scale multipliers of mean one: lognormal nugget and 3 % high outliers."""
    correlation = 0.6 * np.array(spec.archetype.correlation) + 0.4 * np.eye(len(ELEMENTS))
    normal = rng.standard_normal((n, len(ELEMENTS))) @ np.linalg.cholesky(correlation).T
    high = rng.random(n) < OUTLIER_SHARE
    factor = np.where(high, 1.5 + rng.exponential(0.6, n), 1.0)
    factor /= 1.0 + OUTLIER_SHARE * 1.1
    noise = {}
    for e, element in enumerate(ELEMENTS):
        sd = spec.archetype.noise_sd[element]
        noise[element] = np.exp(sd * normal[:, e] - sd * sd / 2) * factor
    noise["re_ppm"] = noise["re_ppm"] * noise["mo_pct"] / factor
    return noise


def _combined(
    spec: DepositSpec,
    hole: Hole,
    assays: pd.DataFrame,
    full: pd.DataFrame,
    contact: float,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Combined samples of 12-24 m within the hole and one oxidation domain, over its length."""
    rows: list[dict[str, object]] = []
    length = (assays["to_m"] - assays["from_m"]).to_numpy()
    start = 0
    while start < len(assays):
        top = assays["from_m"].iloc[start]
        aim = 12.0 if assays["cu_pct"].iloc[start : start + 6].mean() >= 0.3 else 20.0
        limit = contact if top < contact - 0.01 else hole.depth_m
        rest = limit - top
        aim = rest if rest <= 24.0 else min(aim, rest / 2) if rest - aim < 12.0 else aim
        stop = int(np.searchsorted(assays["to_m"].to_numpy(), top + aim + 0.01, side="right"))
        stop = max(stop, start + 1)
        weight = length[start:stop]
        row = {"hole_id": hole.hole_id, "from_m": top, "to_m": assays["to_m"].iloc[stop - 1]}
        row["sample_id"] = f"{hole.hole_id[4:]}-H{len(rows) + 1:02d}"
        for element in spec.archetype.combined_elements:
            mean = np.average(full[element].to_numpy()[start:stop], weights=weight)
            row[element] = round(
                float(mean * np.exp(rng.normal(0, 0.04) - 0.0008)), DECIMALS[element]
            )
        rows.append(row)
        start = stop
    return pd.DataFrame(rows)


def _densities(truth: Truth, hole: Hole, rng: np.random.Generator) -> pd.DataFrame:
    """Density of 0.2 m of core every 20-30 m."""
    tops = np.round(np.cumsum(rng.uniform(20, 30, int(hole.depth_m // 20))), 1)
    tops = np.concatenate([np.round(rng.uniform(2, 12, 1), 1), tops[tops < hole.depth_m - 1.0]])
    tops = np.unique(tops)
    found = truth.at(minimum_curvature(hole.survey, hole.collar, tops + 0.1))
    values = found["density"] + rng.normal(0, 0.03, len(tops))
    return pd.DataFrame(
        {
            "hole_id": hole.hole_id,
            "from_m": tops,
            "to_m": np.round(tops + 0.2, 1),
            "density_tpm3": np.round(values, 2),
        }
    )


def _lithology(truth: Truth, hole: Hole, contact: float) -> pd.DataFrame:
    """Logged intervals: rock by its place in the body, and oxide or sulphide."""
    depths = np.round(np.arange(0.0, hole.depth_m, 5.0), 1)
    points = minimum_curvature(hole.survey, hole.collar, depths + 2.5)
    rock = rock_type(truth, points)
    changes = [float(d) for d, a, b in zip(depths[1:], rock[:-1], rock[1:], strict=True) if a != b]
    starts = sorted({0.0, *changes, *([contact] if contact < hole.depth_m else [])})
    ends = [*starts[1:], hole.depth_m]
    return pd.DataFrame(
        {
            "hole_id": hole.hole_id,
            "from_m": starts,
            "to_m": ends,
            "lithology": [rock[int(np.searchsorted(depths, s, side="right")) - 1] for s in starts],
            "oxidation": ["oxide" if s < contact - 0.01 else "sulphide" for s in starts],
        }
    )


def rock_type(truth: Truth, points: np.ndarray) -> np.ndarray:
    """Codes BX (breccia, the core), PP (porphyry stock) and WR (wall rock) at points."""
    body, site = truth.spec.body, truth.spec.site
    along, across = body_axes(body)
    flat = points[:, :2] - np.array(site.centre_m)
    centre = float(truth.ground(*[np.array(c) for c in site.centre_m])) - body.depth_m
    a, b, c = body.semi_axes_m
    stock = np.hypot(flat @ along / (0.85 * a), flat @ across / (0.85 * b))
    core = np.sqrt(stock**2 * 3.0 + ((points[:, 2] - centre) / (0.7 * c)) ** 2)
    return np.where(core < 1.0, "BX", np.where(stock < 1.0, "PP", "WR"))
