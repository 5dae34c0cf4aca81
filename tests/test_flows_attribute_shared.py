"""A real deposit drilled in two campaigns: its growth is drilling, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml

from flows.attribute import attribute, statement_kg
from flows.estimate import estimate
from tracking.movement.quantities import added, difference


def second_campaign(shared_data: Path, folder: Path) -> Path:
    """Babbitt with every other hole first and the rest a campaign later; returns the belts."""
    source = shared_data / "01_babbitt_cuni"
    root = Path(__file__).resolve().parent.parent
    belt = yaml.safe_load((root / "configs" / "public" / "babbitt.yaml").read_text("utf-8"))
    names = sorted(pd.read_csv(source / "collar_BABBITT.csv").iloc[:, 0].astype(str))
    campaigns = []
    for number, as_of in enumerate(("1999-12-31", "2003-12-31")):
        files = []
        for table in ("collar", "survey", "assay"):
            frame = pd.read_csv(source / f"{table}_BABBITT.csv", dtype=str, keep_default_na=False)
            chosen = frame[frame.iloc[:, 0].str.strip().isin(names[number::2])]
            (folder / str(number)).mkdir(parents=True, exist_ok=True)
            chosen.to_csv(folder / str(number) / f"{table}.csv", index=False)
            files.append({"path": f"{number}/{table}.csv", "table": table})
        campaigns.append({"as_of": as_of, "files": files})
    (deposit,) = belt["deposits"]
    deposit["drillholes"].update(root=str(folder), campaigns=campaigns)
    deposit["vintages"] = ["1999-12-31", "2003-12-31"]
    # blocks of 200 m: what is asked is where the change goes, not the figure
    deposit["grid"].update(block_m=[200.0, 200.0, 60.0], shape=[25, 18, 15], tile=[16, 16, 8])
    deposit["plan"].update(discretisation=[2, 2, 2])
    belts = folder / "configs" / "belts"
    belts.mkdir(parents=True)
    (belts / "babbitt.yaml").write_text(yaml.safe_dump(belt, allow_unicode=True), "utf-8")
    return belts


@pytest.mark.shared
def test_a_second_campaign_at_babbitt_is_growth_by_drilling_alone(
    shared_data: Path, tmp_path: Path
) -> None:
    """Real holes, one half first: surer classes grow, and nothing is laid to corrections."""
    belts = second_campaign(shared_data, tmp_path)
    places = (str(belts), str(tmp_path / "ws"), 1)
    runs = estimate("babbitt-cuni", *places)
    assert 0 < runs[0].result.holes < runs[1].result.holes
    found = attribute("babbitt-cuni", "1999-12-31", "2003-12-31", *places)
    (step,) = [step for step in found.found.steps if any(step.kg.values())]
    assert step.factor == "drilling"
    ends = [statement_kg(end.result.statement) for end in (found.closing, found.opening)]
    assert added([step.kg]) == difference(*ends)
    surer = sum(step.kg["cu_pct", name] for name in ("measured", "indicated"))
    assert surer > 0
    assert found.tiles_computed == 0
