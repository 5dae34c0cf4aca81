"""Retained resource through the whole flow: ledger, vault, model, a stope, a mining record."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
import yaml

from estimation.results import DepositResult
from flows.cli import main
from flows.estimate import estimate
from flows.ingest import check
from flows.retained import RetainedAnswer, record_mined, retained, retained_answer
from flows.runtime import Workspace
from flows.track import track
from geo.config import ConfigError
from geo.findings import DataError
from geo.meshes.mesh import Mesh
from geo.meshes.writing import write_obj
from tests.small_belt import write_small_belt
from tracking.ledger.entries import kg
from tracking.movement.quantities import ORE

DEPOSIT = "small-deposit"
STOPED = date(2026, 6, 30)


def change(belts: Path, **keys: Any) -> None:
    """Replace keys of the deposit."""
    path = belts / "small.yaml"
    belt = yaml.safe_load(path.read_text("utf-8"))
    belt["deposits"][0] |= keys
    path.write_text(yaml.safe_dump(belt, allow_unicode=True), "utf-8")


def stope(folder: Path, **changes: Any) -> dict[str, Any]:
    """A mined stope in the middle of the copper, as configuration has it."""
    made = trimesh.creation.box(bounds=[(1035.0, 2030.0, 455.0), (1120.0, 2110.0, 490.0)])
    mesh = Mesh("stope", np.asarray(made.vertices, float), np.asarray(made.faces, np.int64))
    write_obj([mesh], folder / "stope.obj")
    plain = {"as_of": STOPED.isoformat(), "kind": "solid", "root": str(folder)}
    rates = {"loss_rate": 0.1, "dilution_rate": 0.2, "citation": "a test"}
    return {**plain, **rates, "path": "stope.obj", **changes}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The small belt estimated and in the ledger, then a stope surveyed: (belts, workspace)."""
    folder = tmp_path_factory.mktemp("retained")
    belts, workspace = write_small_belt(folder), folder / "workspace"
    estimate(DEPOSIT, str(belts), str(workspace), workers=1)
    track(str(belts), str(workspace))
    change(belts, mined=[stope(folder)])
    return belts, workspace


def ask(place: tuple[Path, Path], day: date) -> RetainedAnswer:
    """What is left as of a day."""
    return retained(DEPOSIT, day, str(place[0]), str(place[1]))


def test_a_stope_after_the_last_estimate_is_taken_off(place: tuple[Path, Path]) -> None:
    """As much as a new vintage of the same data says: its depletion and its statement."""
    belts = place[0]
    found = ask(place, STOPED)
    assert found.retained.figure.vintage == date(2025, 12, 31)
    assert [t.source for t in found.retained.taken] == ["volume"]
    folder = belts.parent.parent
    change(belts, vintages=["2024-12-31", "2025-12-31", STOPED.isoformat()])
    try:
        other = folder / "other"
        newest = estimate(DEPOSIT, str(belts), str(other), workers=1)[-1].result
    finally:
        change(belts, vintages=["2024-12-31", "2025-12-31"])
    assert newest.depletion
    for class_name in ("measured", "indicated", "inferred"):
        for rows, amounts in (
            (newest.depletion, found.retained.taken_kg),
            (newest.lost, found.retained.taken[0].lost_kg),
        ):
            own = [row for row in rows if row.class_name == class_name]
            for name in ("cu_pct", "mo_pct"):
                night = sum(kg(row.elements[name].metal_t) for row in own)
                assert amounts[name, class_name] == pytest.approx(night, abs=1)
        own = [row for row in newest.statement.at_cutoff() if row.class_name == class_name]
        copper = sum(row.elements["cu_pct"].metal_t for row in own) * 1000
        left = found.retained.retained_kg["cu_pct", class_name]
        assert left == pytest.approx(copper, abs=5)
        assert found.retained.retained_kg[ORE, class_name] == pytest.approx(
            sum(row.ore_t for row in own) * 1000, abs=50
        )
    assert found.retained.taken_kg["cu_pct", "measured"] > 0
    assert newest.extras["mining"] == [volume.as_plain() for volume in found.volumes]
    assert newest.extension == ()
    assert newest.reclassified_from == newest.reclassified_to


def test_before_the_stope_nothing_is_taken_and_that_is_said(place: tuple[Path, Path]) -> None:
    """A volume of a later date says nothing of the days before it."""
    found = ask(place, date(2026, 3, 1))
    assert found.retained.taken == ()
    assert found.retained.retained_kg == found.retained.opening_kg
    assert any(STOPED.isoformat() in words.en for words in found.retained.remarks)


def test_an_earlier_day_takes_the_figure_of_its_time(place: tuple[Path, Path]) -> None:
    """And a day before all figures is refused, with the first one's date."""
    assert ask(place, date(2025, 12, 30)).retained.figure.vintage == date(2024, 12, 31)
    with pytest.raises(ConfigError, match="2024-12-31"):
        ask(place, date(2024, 12, 30))


@pytest.fixture
def recorded(place: tuple[Path, Path], tmp_path: Path) -> int:
    """A mining record of July 2026; its entry's number."""
    form = {
        "deposit": DEPOSIT,
        "start": "2026-07-01",
        "end": "2026-07-31",
        "classes": [
            {
                "class": "indicated",
                "mined": {"ore_t": 900.0, "metal_t": {"cu_pct": 3.0}},
                "lost": {"ore_t": 100.0, "metal_t": {"cu_pct": 0.4}},
            }
        ],
        "citation": "monthly record",
        "by": "A",
    }
    path = tmp_path / "july.yaml"
    path.write_text(yaml.safe_dump(form), "utf-8")
    entry = record_mined(str(path), str(place[0]), str(place[1]))
    again = record_mined(str(path), str(place[0]), str(place[1]))
    assert again == entry
    return entry.number


def test_a_record_counts_after_the_stope(place: tuple[Path, Path], recorded: int) -> None:
    """The stope up to June, the record for July; the command says both, in either form."""
    found = ask(place, date(2026, 8, 31))
    answer = retained_answer(found)
    assert [one["source"] for one in answer["sources"]] == ["volume", "record"]
    assert answer["sources"][1]["name"] == str(recorded)
    june = ask(place, STOPED).retained
    taken = june.retained_kg["cu_pct", "indicated"] - 3400
    assert found.retained.retained_kg["cu_pct", "indicated"] == taken
    assert any("2026-08-01..2026-08-31" in r["en"] for r in answer["remarks"])
    assert answer["status"].startswith("internal estimate")
    volume = answer["volumes"][0]
    assert volume["file"] == "stope.obj"
    ore = volume["taken"]["ore_t"]
    assert volume["delivered"]["ore_t"] == pytest.approx(ore * 0.9 / 0.8)
    json.dumps(answer)


def command(place: tuple[Path, Path], *words: str) -> int:
    """Exit code of a command over the place."""
    belts, workspace = place
    with pytest.raises(SystemExit) as ended:
        main([*words, "--configs", str(belts), "--workspace", str(workspace)])
    return int(ended.value.code or 0)


def test_the_command_prints_json_and_tables(
    place: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Classes apart, mined amounts with their sign."""
    assert command(place, "retained", DEPOSIT, "--as-of", "2026-06-30", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["as_of"] == "2026-06-30"
    assert [row["class"] for row in answer["opening"]] == ["measured", "indicated", "inferred"]
    assert command(place, "--lang", "en", "retained", DEPOSIT, "--as-of", "2026-06-30") == 0
    out = capsys.readouterr().out
    assert "Mined volume 2026-06-30" in out
    assert "−" in out
    assert command(place, "retained", DEPOSIT, "--as-of", "soon") == 2
    assert "YYYY-MM-DD" in capsys.readouterr().err
    assert command(place, "retained", "no-such-deposit") == 2


def test_a_stope_in_trouble_is_told_with_its_file(
    place: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback: the finding names file and fix; at check too, where it is due."""
    belts, _ = place
    folder = belts.parent.parent
    change(belts, mined=[stope(folder, path="gone.obj")])
    try:
        with pytest.raises(DataError):
            ask(place, STOPED)
        assert command(place, "retained", DEPOSIT, "--as-of", "2026-06-30") == 3
        assert "gone.obj" in capsys.readouterr().err
        assert check("small", str(belts)).refused == {}
        change(belts, mined=[stope(folder, path="gone.obj", as_of="2025-06-30")])
        found = check("small", str(belts))
        assert any(f.file == "gone.obj" and f.fix_en for f in found.findings)
        assert DEPOSIT in found.refused
    finally:
        change(belts, mined=[stope(folder)])


def test_a_figure_whose_result_is_gone_is_told(place: tuple[Path, Path], tmp_path: Path) -> None:
    """Volumes are worth nothing without the model of the figure; the message says what to run."""
    results = place[1] / "models" / DEPOSIT / "results"
    away = tmp_path / "away"
    results.rename(away)
    try:
        with pytest.raises(ConfigError, match="bornite estimate"):
            ask(place, STOPED)
    finally:
        away.rename(results)


def test_rates_change_what_is_lost_never_what_is_left(tmp_path: Path) -> None:
    """The same stope without rates: the same statement, nothing lost, and a note that says so."""
    results: list[DepositResult] = []
    for name, rates in (("with", {}), ("without", dict.fromkeys(("loss_rate", "dilution_rate")))):
        folder = tmp_path / name
        belts = write_small_belt(folder)
        mined = stope(folder, **rates, as_of="2025-12-31")
        change(belts, mined=[mined])
        house = Workspace(folder / "workspace")
        results.append(estimate(DEPOSIT, str(belts), str(house.root), workers=1)[-1].result)
    known, unknown = results
    assert known.statement.rows == unknown.statement.rows
    assert known.depletion == unknown.depletion != ()
    assert unknown.lost == ()
    for row, lost in zip(known.depletion, known.lost, strict=True):
        assert lost.ore_t == pytest.approx(0.1 * row.ore_t, abs=1e-3)
    assert [n for n in unknown.statement.notes if "loss rate not known" in n]
    assert not [n for n in known.statement.notes if "loss rate not known" in n]
    assert unknown.extras["mining"][0]["delivered"] is None
