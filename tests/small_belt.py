"""A belt small enough for a test: two holes lines of copper in a layered body, in plain CSV."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

CONVENTIONS: dict[str, Any] = {
    "x_is": "east",
    "zone_prefix": None,
    "coordinate_unit": "m",
    "depth_unit": "m",
    "dip": "positive_down",
    "below_detection": "half_limit",
    "no_survey_deeper_than_m": 1000.0,
    "zero_is": "zero",
    "not_assayed": ["-"],
}
CAMPAIGNS = ("2024-12-31", "2025-12-31")


def small_plan() -> dict[str, Any]:
    """A plan for the small belt, as YAML would hold it."""

    def element(sill: float, limit: str) -> dict[str, Any]:
        structure = {"model": "spherical", "sill": 0.8 * sill, "ranges_m": [120.0, 120.0, 40.0]}
        passes = [
            {"radii_m": [r, r, r / 2], "min_samples": 4, "max_samples": 12, "max_per_hole": 4,
             "min_holes": h, "sectors": None}
            for r, h in ((80.0, 2), (160.0, 1))
        ]  # fmt: skip
        return {
            "source": "basic",
            "caps": {},
            "variogram": {
                "nugget": 0.2 * sill,
                "structures": [structure],
                "orientation": {"azimuth_deg": 0.0, "dip_deg": 0.0, "rake_deg": 0.0},
            },
            "method": "ordinary",
            "known_mean": None,
            "search": passes,
            "search_orientation": None,
            "high_yield": None,
            "class_limit": limit,
            "reason": "test",
        }

    def rule(distance: float, holes: int, slope: float) -> dict[str, Any]:
        return {"max_mean_distance_m": distance, "min_holes": holes, "min_slope": slope}

    return {
        "main_element": "cu_pct",
        "stage": "detailed",
        "composites": {"length_m": 4.0, "min_coverage": 0.5},
        "domains": {"column": None, "codes": {}, "soft": []},
        "discretisation": [2, 2, 2],
        "sample_points": {"basic": 1, "combined": 1},
        "engine": "bornite",
        "elements": {"cu_pct": element(0.02, "measured"), "mo_pct": element(1e-4, "indicated")},
        "classification": {
            "measured": rule(45.0, 2, 0.5),
            "indicated": rule(70.0, 2, 0.3),
            "inferred": rule(120.0, 1, -10.0),
            "citation": "test",
        },
        "density": {"method": "assigned", "assigned_tpm3": {"all": 2.6}, "citation": "test"},
        "cutoffs": {"reporting": 0.2, "others": [0.0, 0.3], "citation": "test"},
        "acceptance": {"status": "proposed", "by": None, "date": None, "reason": "test"},
    }


def small_tables(campaign: int) -> dict[str, pd.DataFrame]:
    """Collar, survey and assay tables of one campaign: 9 holes, then 4 more between them."""
    rng = np.random.default_rng(7 + campaign)
    lines = [0.0, 80.0, 160.0] if campaign == 0 else [40.0, 120.0]
    holes = [
        (f"C{campaign}-{i}{j}", x, y) for i, x in enumerate(lines) for j, y in enumerate(lines)
    ]
    collar = pd.DataFrame(
        [(name, 1000.0 + x, 2000.0 + y, 500.0, 60.0) for name, x, y in holes],
        columns=["BHID", "XCOLLAR", "YCOLLAR", "ZCOLLAR", "LENGTH"],
    )
    survey = pd.DataFrame(
        [(name, 0.0, 0.0, 90.0) for name, _, _ in holes], columns=["BHID", "AT", "BRG", "DIP"]
    )
    rows = []
    for name, x, y in holes:
        for depth in range(0, 60, 2):
            shape = np.exp(
                -(((x - 80) / 90) ** 2 + ((y - 80) / 90) ** 2 + ((depth - 30) / 30) ** 2)
            )
            copper = round(float(0.15 + 0.6 * shape + rng.normal(0, 0.03)), 3)
            rows.append((name, depth, depth + 2, f"{name}/{depth}", copper, round(copper / 20, 4)))
    assay = pd.DataFrame(rows, columns=["BHID", "FROM", "TO", "SAMPLE", "CU_PCT", "MO_PCT"])
    return {"collar": collar, "survey": survey, "assay": assay}


def write_small_belt(folder: Path, belt_id: str = "small", **changes: Any) -> Path:
    """Write a belt's files and configuration under ``folder``; returns the folder of belts.

    ``changes`` replace keys of the belt's configuration. A target beside it counts this belt.
    """
    data = folder / "data" / belt_id
    campaigns = []
    for number, as_of in enumerate(CAMPAIGNS):
        files = []
        for name, table in small_tables(number).items():
            path = data / str(number) / f"{name}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            table.to_csv(path, index=False)
            files.append({"path": f"{number}/{name}.csv", "table": name})
        campaigns.append({"as_of": as_of, "files": files})
    deposit = {
        "id": f"{belt_id}-deposit",
        "name": {"zh": "合成小矿床", "en": "Small synthetic deposit"},
        "kind": {"zh": "斑岩型(合成)", "en": "porphyry (synthetic)"},
        "drillholes": {
            "root": str(data),
            "campaigns": campaigns,
            "conventions": CONVENTIONS,
        },
        "grid": {
            "origin_m": [960.0, 1960.0, 440.0],
            "block_m": [20.0, 20.0, 10.0],
            "shape": [12, 12, 6],
            "tile": [6, 6, 6],
        },
        "topography": {"source": "none"},
        "mined": [],
        "vintages": list(CAMPAIGNS),
        "truth": None,
        "plan": small_plan(),
    }
    belt = {
        "id": belt_id,
        "name": {"zh": "合成小成矿带", "en": "Small synthetic belt"},
        "province": {"zh": "西藏", "en": "Tibet"},
        "synthetic": True,
        "crs": "local",
        "vertical_datum": "synthetic",
        "map_grid": None,
        "geochemistry": [],
        "rasters": [],
        "copper_map": None,
        "deposits": [deposit],
        "note": {"zh": "合成", "en": "synthetic"},
        **changes,
    }
    belts = folder / "configs" / "belts"
    belts.mkdir(parents=True, exist_ok=True)
    (belts / f"{belt_id}.yaml").write_text(yaml.safe_dump(belt, allow_unicode=True), "utf-8")
    _write_target(folder / "configs" / "targets", belt_id)
    return belts


def _write_target(folder: Path, belt_id: str) -> None:
    """The project's target, counting the test's belts."""
    source = Path(__file__).resolve().parent.parent / "configs" / "targets" / "copper-2027.yaml"
    target = yaml.safe_load(source.read_text("utf-8"))
    path = folder / "copper-2027.yaml"
    if path.exists():
        target = yaml.safe_load(path.read_text("utf-8"))
        target["belts"].append(belt_id)
    else:
        target["belts"] = [belt_id]
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(target, allow_unicode=True), "utf-8")


def spoil(belts: Path, table: str, change: Any, belt_id: str = "small", campaign: int = 0) -> Path:
    """Rewrite one table through ``change(text) -> text | bytes | None`` (None removes it)."""
    path = belts.parent.parent / "data" / belt_id / str(campaign) / f"{table}.csv"
    new = change(path.read_text("utf-8"))
    if new is None:
        path.unlink()
    elif isinstance(new, bytes):
        path.write_bytes(new)
    else:
        path.write_text(new, "utf-8")
    return path


def remove_data(belts: Path, belt_id: str = "small") -> None:
    """Leave the belt's data folder empty."""
    folder = belts.parent.parent / "data" / belt_id
    shutil.rmtree(folder)
    folder.mkdir()
