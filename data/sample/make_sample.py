"""Make the sample belts: ``python data/sample/make_sample.py --out data/sample``.

Everything is synthetic (合成): no real deposit's data, name or place is in it. The program is
seeded; the same program gives the same files.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from defects import counts, plant
from dialects import DIALECTS, Tables, render, save
from drilling import drill, sample
from field import Truth, build_truth
from regional import (
    build_region,
    pit_surface,
    write_elevation,
    write_magnetics,
    write_pit,
    write_stream_sediments,
)
from specs import BASIC, CAMPAIGNS, DEPOSITS, ELEMENTS, DepositSpec
from truth import block_centres, truth_blocks, vintage_summaries


def make_belt(belt: str, out: Path) -> dict[str, Any]:
    """Write one belt's files below ``out/<belt>``; return what goes into expected.yaml."""
    spec, folder = DEPOSITS[belt], out / belt
    truth = build_truth(spec)
    holes = drill(truth)
    tables, traces = sample(truth, holes)
    sheets = render(DIALECTS[spec.dialect], tables, spec.site.zone)
    planted = plant(sheets, spec.seed)
    save(sheets, folder)
    region = build_region(spec)
    sediments = write_stream_sediments(region, folder / "regional")
    write_magnetics(region, folder / "regional" / "magnetics.tif")
    write_elevation(region, folder / "regional" / "dem.tif")
    blocks = truth_blocks(truth, _mine(truth, folder))
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / "truth" / "truth_blocks.npz", allow_pickle=False, **blocks)
    drilled = {h.hole_id: (h.as_of, traces[h.hole_id]) for h in holes}
    expected = {
        **_head(spec),
        "samples": _sample_counts(tables),
        "correlation": _correlations(blocks, tables),
        "defects": {"counts": counts(planted), "places": planted},
        "stream_sediments": sediments,
        "vintages": vintage_summaries(spec, blocks, drilled),
    }
    text = yaml.safe_dump(expected, allow_unicode=True, sort_keys=False, width=100)
    (folder / "truth" / "expected.yaml").write_text("# Synthetic / 合成\n" + text, "utf-8")
    return expected


def canonical_tables(belt: str) -> Tables:
    """The belt's tables before any dialect or defect (for tests that write them anew)."""
    truth = build_truth(DEPOSITS[belt])
    return sample(truth, drill(truth))[0]


def _mine(truth: Truth, folder: Path) -> dict[date, np.ndarray]:
    """Write the mined surfaces; return their elevations at the block columns by date."""
    spec, surfaces = truth.spec, {}
    if spec.pit is not None:
        x, y, _ = block_centres(spec)
        for day, radius, depth in spec.pit.stages:
            write_pit(truth, radius, depth, folder / "mined" / f"mined_{day.isoformat()}.tif")
            surfaces[day] = pit_surface(truth, radius, depth, x, y)[0]
    return surfaces


def _head(spec: DepositSpec) -> dict[str, Any]:
    """Identity of the deposit and conventions of the figures."""
    return {
        "deposit": spec.deposit,
        "synthetic": True,
        "statement": "合成数据, 不代表任何真实矿床 / synthetic data, represents no real deposit",
        "kind": spec.archetype.kind,
        "seed": spec.seed,
        "dialect": spec.dialect,
        "grid": {
            "origin_m": list(spec.origin_m),
            "block_m": list(spec.block_m),
            "shape": list(spec.shape),
        },
        "blocks": "truth_blocks.npz: arrays (nz, ny, nx) in the units of their names; "
        "share_<date> = share of a block's height below ground and not mined, at its centre",
        "units": "ore_t and metal_t tonnes; grade in the unit of the element's name",
    }


def _sample_counts(tables: Tables) -> dict[str, Any]:
    """Rows of the clean tables by campaign, and assays of each element."""
    result: dict[str, Any] = {}
    for day in CAMPAIGNS:
        rows: dict[str, Any] = {
            name: int((frame["as_of"] == day).sum()) for name, frame in tables.items()
        }
        assays = tables["assay"][tables["assay"]["as_of"] == day]
        rows["assayed"] = {e: int(assays[e].notna().sum()) for e in BASIC}
        result[day.isoformat()] = rows
    return result


def _correlations(blocks: dict[str, np.ndarray], tables: Tables) -> dict[str, Any]:
    """Pearson correlations of block grades (rock) and of sample grades."""
    rock = blocks[f"share_{CAMPAIGNS[0].isoformat()}"] > 0
    frame = pd.DataFrame({e: blocks[e][rock].astype(float) for e in ELEMENTS})
    pairs = [("cu_pct", "mo_pct"), ("cu_pct", "au_gpt"), ("cu_pct", "ag_gpt"), ("mo_pct", "re_ppm")]
    return {
        "blocks": {f"{a}~{b}": round(float(frame[a].corr(frame[b])), 3) for a, b in pairs},
        "samples": {
            f"{a}~{b}": round(float(tables["assay"][a].corr(tables["assay"][b])), 3)
            for a, b in pairs[:3]
        },
    }


def make(out: Path, belts: Iterable[str]) -> None:
    """Write the belts, saying one line for each."""
    for belt in belts:
        expected = make_belt(belt, out)
        rows = expected["samples"].values()
        print(
            belt, "holes", sum(r["collar"] for r in rows), "assays", sum(r["assay"] for r in rows)
        )


def main() -> None:
    """Read the command line and make the belts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    parser.add_argument("--belt", action="append", choices=sorted(DEPOSITS), help="only this belt")
    chosen = parser.parse_args()
    make(chosen.out, chosen.belt or list(DEPOSITS))


if __name__ == "__main__":
    main()
