"""The desk of notebooks: the same figures as the command line's, readable in a cell and a shell."""

from __future__ import annotations

import numpy as np
import pytest

from estimation.plan import CLASSES
from flows.desk import Desk, open_deposit
from geo.config import ConfigError
from tests.small_belt import write_small_belt

DEPOSIT = "small-deposit"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk with an estimate."""
    folder = tmp_path_factory.mktemp("desk")
    fresh = open_deposit(DEPOSIT, str(write_small_belt(folder)), str(folder / "ws"))
    assert "not estimated" in repr(fresh)
    with pytest.raises(ConfigError, match="estimate"):
        _ = fresh.statement
    return fresh.estimate()


def test_everyday_objects_read_well(desk: Desk) -> None:
    """Short in a terminal, a table in a cell; nothing prints a whole frame or an address."""
    bench = desk.bench
    assert "SYNTHETIC" in repr(desk)
    assert bench.result is not None
    assert bench.result.model_hash[:12] in repr(desk)
    assert "合成小矿床" in desk._repr_html_()
    assert repr(bench.data.drillholes) == (
        "Drillholes(13 collar, 13 survey, 390 assay; cu_pct, mo_pct)"
    )
    assert repr(bench.samples["basic"]).startswith("Composites(195 of 4.00 m in 13 holes")
    for shown in (desk.plan, desk.holes, desk.statement, desk.checks, desk.files):
        assert "<table" in shown._repr_html_()
        assert "object at 0x" not in repr(shown)
        assert repr(shown).count("\n") < 60
    assert "nugget 0.004 + spherical 0.016 (120 × 120 × 40 m)" in repr(desk.plan)


def test_the_statement_in_a_cell_is_the_results(desk: Desk) -> None:
    """Ore by class, and a by-product that is blank where its class does not reach."""
    said = desk.result.statement
    lines = repr(desk.statement).splitlines()
    for name, words in zip(CLASSES, ("Measured", "Indicated", "Inferred"), strict=True):
        ore = sum(r.ore_t for r in said.at_cutoff() if r.class_name == name)
        line = next(one for one in lines if words in one)
        assert f"{ore / 1e6:.4g}" in line
        assert ("—" in line) == (name == "measured")


def test_figures_are_pictures_and_tables_numbers(desk: Desk) -> None:
    """A PNG with its caption; a wrong name tells the right ones."""
    picture = desk.variogram("cu_pct")
    bundle = picture._repr_mimebundle_()
    assert set(bundle) == {"image/png", "text/plain"}
    assert picture.png.startswith(b"\x89PNG")
    assert picture.png == desk.variogram("cu_pct").png, "the same figure, the same bytes"
    assert "195 samples" in repr(picture)
    assert desk.table("variography", "variogram_models").select_dtypes("number").size
    with pytest.raises(ConfigError, match="variogram_models"):
        desk.table("variography", "models")
    with pytest.raises(ConfigError, match="directions_cu_pct_all"):
        desk.variogram("au_gpt")
    with pytest.raises(ConfigError, match="no topic"):
        desk.study("geology")
    body = desk.study("variography")._repr_html_()
    assert body.count("<figure>") == len(desk.found("variography").figures)


def test_blocks_of_a_level_are_the_models(desk: Desk) -> None:
    """Place, class and grade of each block; explain solves one of them to the same estimate."""
    frame = desk.blocks(3)
    assert len(frame) > 10
    assert set(frame["class"]) <= {*CLASSES, "none"}
    row = frame[frame["class"] == "measured"].iloc[0]
    index = (int(row["i"]), int(row["j"]), int(row["k"]))
    assert desk.block_at(row["easting_m"], row["northing_m"], row["elevation_m"]) == index
    elements = desk.explain(*index).table("elements").set_index("element")
    again = elements["estimate_again"].to_dict()["cu_pct"]
    assert np.isclose(again, row["cu_pct"], rtol=1e-6)
    with pytest.raises(ConfigError, match=r"0\.\.5"):
        desk.blocks(6)


def test_a_proposal_leaves_the_deposits_plan(desk: Desk) -> None:
    before = desk.bench.data.plan_hash
    assert desk.propose().acceptance.status == "proposed"
    assert desk.bench.data.plan_hash == before
