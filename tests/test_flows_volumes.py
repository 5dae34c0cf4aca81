"""Domains by place through the whole flow: shared blocks, a held-back stage, files in trouble."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import trimesh
import yaml

from estimation.results import DepositResult
from flows.cli import main
from flows.estimate import estimate
from flows.export import export
from flows.runtime import Workspace
from geo.meshes.mesh import Mesh
from geo.meshes.writing import write_obj
from tests.small_belt import write_small_belt

DEPOSIT = "small-deposit"
BODY = np.array([1080.0, 2080.0, 470.0])
"""Middle of the small belt's copper."""

Plan = dict[str, Any]


def ellipsoid(path: Path, half_m: tuple[float, float, float], at: Any = BODY) -> Mesh:
    """Write an ellipsoid as a closed mesh."""
    made = trimesh.creation.icosphere(subdivisions=3, radius=1.0)
    corners = np.asarray(made.vertices) * half_m + at
    mesh = Mesh(path.stem, corners, np.asarray(made.faces, np.int64))
    write_obj([mesh], path)
    return mesh


def volume(domain: str, path: Path) -> dict[str, Any]:
    """A domain inside a mesh."""
    file = {"root": str(path.parent), "path": path.name}
    return {"domain": domain, "file": file, "side": "inside"}


def exit_code(arguments: list[str]) -> int:
    """What a command ends with."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    return int(ended.value.code or 0)


def write_belt(folder: Path, *volumes: dict[str, Any], change: Callable[[Plan], None]) -> Path:
    """The small belt with domains that are volumes of 3 x 3 x 3 sub-cells."""
    belts = write_small_belt(folder, crs="local")
    path = belts / "small.yaml"
    belt = yaml.safe_load(path.read_text("utf-8"))
    plan = belt["deposits"][0]["plan"]
    plan["domains"] = {
        "column": None, "codes": {}, "soft": [], "volumes": list(volumes), "subcells": [3, 3, 3],
    }  # fmt: skip
    names = dict.fromkeys(one["domain"] for one in volumes)
    plan["density"]["assigned_tpm3"] = dict.fromkeys(names, 2.6)
    change(plan)
    path.write_text(yaml.safe_dump(belt, allow_unicode=True), "utf-8")
    return belts


def two_ellipsoids(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """A core within a shell, whose blocks they share."""
    ellipsoid(folder / "core.obj", (55.0, 55.0, 16.0))
    ellipsoid(folder / "shell.obj", (105.0, 105.0, 30.0))
    return volume("core", folder / "core.obj"), volume("shell", folder / "shell.obj")


@pytest.mark.parametrize("stage", ["prospecting", "detailed"])
def test_volumes_that_share_blocks_go_through(tmp_path: Path, stage: str) -> None:
    """Both domains are stated; what one hole carries is never more than Inferred."""
    belts = write_belt(tmp_path, *two_ellipsoids(tmp_path), change=lambda p: p.update(stage=stage))
    run = estimate(DEPOSIT, str(belts), str(tmp_path / "workspace"), workers=1)[-1]
    statement = run.result.statement
    assert {row.domain for row in statement.rows} == {"core", "shell"}
    verdicts = {v.domain: (v.holes, v.allowed) for v in statement.gate}
    assert verdicts == {"core": (1, False), "shell": (9, stage == "detailed")}
    held = {row.class_name for row in statement.rows if not verdicts[row.domain][1]}
    assert held == {"inferred"}


def test_exported_parts_add_up_to_the_statement(tmp_path: Path) -> None:
    """First and second parts of the CSV, each by its share, class and density."""
    belts = write_belt(tmp_path, *two_ellipsoids(tmp_path), change=_smoothed_and_capped)
    house = tmp_path / "workspace"
    estimate(DEPOSIT, str(belts), str(house), workers=1)
    made = export(DEPOSIT, "csv", "blocks", None, tmp_path / "out", belts, house)
    blocks = pd.read_csv(made.files[0])
    rows = export(DEPOSIT, "csv", "statement", None, tmp_path / "out", belts, house)
    statement = pd.read_csv(rows.files[0])
    statement = statement[(statement["part"] == "in place") & (statement["cutoff"] == 0.2)]
    assert set(statement["domain"]) == {"core", "shell"}
    block_m3 = blocks["xinc"] * blocks["yinc"] * blocks["zinc"] * blocks["in_place"]
    ore: dict[tuple[str, str], float] = {}
    for prefix in ("", "second_"):
        held = blocks[blocks[f"{prefix}class"].notna() & (blocks[f"{prefix}cu_pct"] >= 0.2)]
        tonnes = block_m3 * blocks[f"{prefix}share"] * blocks[f"{prefix}density_tpm3"]
        for (klass, domain), part in held.groupby([f"{prefix}class", f"{prefix}domain"]):
            ore[klass, domain] = ore.get((klass, domain), 0.0) + tonnes[part.index].sum()
    assert (blocks["second_share"] > 0).any()
    assert set(ore) == set(zip(statement["class"], statement["domain"], strict=True))
    for row in statement.itertuples():
        assert ore[row[2], row.domain] == pytest.approx(row.ore_t, rel=1e-9)
    beside = json.loads(made.files[0].with_name(made.files[0].name + ".json").read_text("utf-8"))
    assert "its domain" in beside["fields"]["share"]["meaning"]
    assert "second domain" in beside["fields"]["second_cu_pct"]["meaning"]


def _smoothed_and_capped(plan: Plan) -> None:
    """Class rules beside the table's own: both must reach the export."""
    plan["classification"]["smoothing"] = {"window": [3, 3, 3], "least_share": 0.5}
    cap = {"at_most": "indicated", "domains": ["core"], "reason": "test"}
    plan["classification"]["caps"] = [cap]


def test_a_volume_in_trouble_is_told_everywhere_and_the_others_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Code 3 of check with the rule; estimate goes on and says what is missing, so does the page;
    without any volume the deposit is refused."""
    mesh = ellipsoid(tmp_path / "shell.obj", (105.0, 105.0, 30.0))
    torn = Mesh("torn", mesh.vertices_m - [400.0, 0.0, 0.0], mesh.triangles[1:])
    write_obj([torn], tmp_path / "torn.obj")
    volumes = [volume("torn", tmp_path / "torn.obj"), volume("shell", tmp_path / "shell.obj")]
    belts = write_belt(tmp_path, *volumes, change=lambda plan: None)
    house = tmp_path / "workspace"
    options = ["--configs", str(belts), "--workspace", str(house)]
    assert exit_code(["check", "small", *options[:2]]) == 3
    assert "BN-MSH-002" in capsys.readouterr().out
    assert exit_code(["estimate", DEPOSIT, *options, "--workers", "1"]) == 0
    told = capsys.readouterr().out
    assert "torn" in told
    assert "BN-MSH-002" in told
    result = DepositResult.read(Workspace(house).result(DEPOSIT, "2025-12-31"))
    assert {row.domain for row in result.statement.rows} == {"shell"}
    (left_out,) = result.extras["left_out"]
    assert left_out["domain"] == "torn"
    assert "torn.obj" in left_out["zh"]
    assert result.findings["error"] == 1
    assert exit_code(["report", *options]) == 0
    page = (house / "site" / "deposits" / f"{DEPOSIT}.html").read_text("utf-8")
    assert "domain torn is missing from this statement" in page
    assert page.index("missing from this statement") < page.index("<table")
    (tmp_path / "shell.obj").unlink()
    assert exit_code(["estimate", DEPOSIT, *options, "--workers", "1"]) == 3
