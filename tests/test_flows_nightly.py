"""The workflows embedded, with no server: from files to site, twice, killed, and in company."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from estimation.models.store import ModelStore
from estimation.results import DepositResult
from flows.estimate import estimate
from flows.ingest import check, ingest
from flows.nightly import Night, nightly
from flows.prove import verify
from flows.trace import trace
from geo.findings import DataError
from geo.grids import BlockGrid
from tests.small_belt import CAMPAIGNS, remove_data, spoil, write_small_belt
from tracking import Ledger

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests run with no Prefect server."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Night, Path, Path]:
    """One night over the small belt: (night, belts, workspace)."""
    folder = tmp_path_factory.mktemp("night")
    belts = write_small_belt(folder)
    workspace = folder / "workspace"
    return nightly(str(belts), str(workspace), workers=1), belts, workspace


@pytest.fixture
def own_night(night: tuple[Night, Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """A copy of that night's workspace, and its belts, for a test to spoil: (belts, workspace)."""
    _, belts, workspace = night
    shutil.copytree(workspace, tmp_path / "workspace", symlinks=True)
    return belts, tmp_path / "workspace"


def _content(workspace: Path) -> tuple[list[str], list[str], list[str]]:
    """Model hashes, statements and ledger content hashes of a workspace."""
    paths = sorted((workspace / "models").glob("*/results/*.json"))
    results = [DepositResult.read(path) for path in paths]
    with Ledger(f"sqlite:///{workspace / 'ledger.db'}") as ledger:
        hashes = [entry.content_hash for entry in ledger.current()]
    return [r.model_hash for r in results], [str(r.statement) for r in results], hashes


def test_a_night_leaves_a_statement_a_ledger_entry_growth_and_a_site(
    night: tuple[Night, Path, Path],
) -> None:
    """Raw files go in; everything that a reader needs comes out."""
    done, _, workspace = night
    assert not done.held
    runs = done.estimates["small-deposit"]
    assert [run.result.vintage.isoformat() for run in runs] == list(CAMPAIGNS)
    assert runs[-1].result.statement.metal_t("cu_pct", ("measured", "indicated")) > 0
    assert done.tracked is not None
    assert len(done.tracked.entries) == 2
    assert done.tracked.problems == ()
    base = done.tracked.progress[0].baselines[0]
    opening, closing = base.points[0].retained_t, base.points[-1].retained_t
    assert base.points[-1].net_growth_pct == pytest.approx(100 * (closing / opening - 1))
    assert all(line.foots for line in done.tracked.movements)
    assert (workspace / "site" / "index.html").is_file()
    assert (workspace / "site" / "downloads" / "bornite.xlsx").is_file()


def test_originals_are_in_the_vault_by_their_sha256(night: tuple[Night, Path, Path]) -> None:
    """Every file that a figure rests on is kept, and its rows can be traced."""
    _, belts, workspace = night
    found = trace("small-deposit", str(belts), str(workspace), None)
    assert found["data_unchanged"]
    assert all(file["kept"] for file in found["files"])
    assert sum(file["assay_rows_used"] for file in found["files"]) == 13 * 30
    assert found["ledger"][0]["content_hash"]


def test_a_second_night_with_nothing_new_computes_nothing_and_enters_nothing(
    night: tuple[Night, Path, Path],
) -> None:
    """Every tile is reused, the ledger is not longer, the figures are the same."""
    _, belts, workspace = night
    before = _content(workspace)
    again = nightly(str(belts), str(workspace), workers=1)
    assert sum(r.tiles.computed for runs in again.estimates.values() for r in runs) == 0
    assert again.tracked is not None
    assert again.tracked.recorded == 0
    assert _content(workspace) == before


def test_verify_finds_nothing_wrong_and_finds_a_changed_original(
    own_night: tuple[Path, Path],
) -> None:
    """Proof holds until a byte of the vault changes; then the file is named."""
    belts, workspace = own_night
    found = verify(str(belts), str(workspace), tiles=4)
    assert (found["ledger"], found["vault"], found["tiles"]) == ([], [], [])
    assert found["tiles_proved"] == 8
    kept = next((workspace / "vault").glob("??/*"))
    kept.chmod(0o644)
    kept.write_bytes(kept.read_bytes() + b" ")
    assert kept.name in verify(str(belts), str(workspace), tiles=1)["vault"][0]


@pytest.mark.slow
def test_serial_two_threads_and_two_processes_give_the_same_bytes(
    night: tuple[Night, Path, Path], tmp_path: Path
) -> None:
    """Workers never change a number: model, statement and ledger content are equal."""
    _, belts, workspace = night
    expected = _content(workspace)
    for kind in ("threads", "processes"):
        runtime = belts.parent / "runtime.yaml"
        runtime.write_text(f"dask: {{count: 2, kind: {kind}}}\n", "utf-8")
        other = tmp_path / kind
        nightly(str(belts), str(other))
        runtime.unlink()
        assert _content(other) == expected


@pytest.mark.slow
def test_a_night_killed_at_random_moments_ends_with_the_same_bytes(
    night: tuple[Night, Path, Path], tmp_path: Path
) -> None:
    """SIGKILL, start again, SIGKILL, ...: the end is as if nothing had happened."""
    _, belts, workspace = night
    expected = _content(workspace)
    other = tmp_path / "killed"
    rng = np.random.default_rng(20271231)
    for _ in range(4):
        run = _run_night(belts, other)
        time.sleep(float(rng.uniform(2.0, 7.0)))
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    assert _run_night(belts, other).wait(timeout=180) == 0
    assert _content(other) == expected
    grid = BlockGrid(DepositGrid.of(belts))
    for vintage in CAMPAIGNS:
        store = ModelStore(other / "models" / "small-deposit", grid)
        model = store.read_vintage(date.fromisoformat(vintage))
        whole = ModelStore(workspace / "models" / "small-deposit", grid).read_vintage(
            date.fromisoformat(vintage)
        )
        for layer in ("geometry", "cu_pct", "mo_pct"):
            np.testing.assert_array_equal(model.layer(layer), whole.layer(layer))


class DepositGrid:
    """The small belt's grid, from its configuration."""

    @staticmethod
    def of(belts: Path):  # type: ignore[no-untyped-def]
        """Return the grid of the only deposit."""
        from estimation.belts import read_belt

        return read_belt(belts / "small.yaml").deposits[0].grid


def _run_night(belts: Path, workspace: Path) -> subprocess.Popen[bytes]:
    """A night in a process group of its own."""
    code = (
        "from flows.nightly import nightly\n"
        "if __name__ == '__main__':\n"
        f"    nightly({str(belts)!r}, {str(workspace)!r})\n"
    )
    script = workspace.parent / f"{workspace.name}.py"
    script.write_text(code, "utf-8")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_API")}
    return subprocess.Popen(
        [sys.executable, str(script)],
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )


HOPELESS = {
    "a missing column": ("assay", lambda text: text.replace("CU_PCT", "X1", 1), "BN-TAB"),
    "an unreadable file": ("assay", lambda text: b"\x00\xff\xfe\x81" * 200, "BN-TAB"),
    "a missing file": ("collar", lambda text: None, "BN-TAB"),
    "a wrong unit": (
        "assay",
        lambda text: _scale_copper(text, 10_000),
        "BN-",
    ),
}


def _scale_copper(text: str, factor: float) -> str:
    """Copper in ppm under a heading that says per cent."""
    head, *rows = text.strip().split("\n")
    scaled = []
    for row in rows:
        cells = row.split(",")
        cells[4] = str(float(cells[4]) * factor)
        scaled.append(",".join(cells))
    return "\n".join([head, *scaled]) + "\n"


@pytest.mark.parametrize("what", HOPELESS)
def test_data_that_cannot_be_used_ends_in_a_finding_and_the_other_belt_goes_on(
    what: str, tmp_path: Path
) -> None:
    """The bad belt is held with file, rule and fix; the good one has its figures."""
    table, change, code = HOPELESS[what]
    write_small_belt(tmp_path, "bad")
    belts = write_small_belt(tmp_path, "good")
    spoil(belts, table, change, belt_id="bad")
    done = nightly(str(belts), str(tmp_path / "workspace"), workers=1)
    assert set(done.held) == {"bad-deposit"}
    assert "good-deposit" in done.estimates
    errors = [f for f in done.ingested["bad"].findings if f.severity == "error"]
    assert errors
    assert errors[0].code.startswith(code)
    assert errors[0].fix_zh
    assert errors[0].fix_en
    assert errors[0].file


def test_an_empty_folder_and_an_unknown_crs_end_in_findings(tmp_path: Path) -> None:
    """Both are refused by name, before anything is computed."""
    belts = write_small_belt(tmp_path, "small")
    write_small_belt(tmp_path, "lost", crs="EPSG:999999")
    remove_data(belts, "small")
    assert check("small", str(belts)).refused
    found = ingest("lost", str(belts), str(tmp_path / "workspace"))
    assert found.findings[0].code.startswith("BN-CRS")
    with pytest.raises(DataError):
        estimate("lost-deposit", str(belts), str(tmp_path / "workspace"), 1)


def test_a_hole_without_collar_is_quarantined_row_by_row_and_the_rest_is_estimated(
    tmp_path: Path,
) -> None:
    """Its rows lie in the quarantine with file, row, rule and fix; the balance foots."""
    belts = write_small_belt(tmp_path)
    spoil(belts, "assay", lambda text: text + "GHOST,0,2,g1,0.5,0.02\nGHOST,2,4,g2,0.5,0.02\n")
    workspace = tmp_path / "workspace"
    done = nightly(str(belts), str(workspace), workers=1)
    assert not done.held
    rows = [f for f in done.ingested["small"].findings if f.value and "GHOST" in f.value]
    (told,) = [f for f in rows if f.code == "BN-INT-006"]  # one finding a hole, with its rows
    assert told.row == 272
    assert "2 rows" in told.message_en
    quarantine = (workspace / "quarantine" / "small" / "small-deposit.csv").read_text("utf-8-sig")
    assert quarantine.count("GHOST") >= 2
    for balance in done.ingested["small"].balances:
        assert balance.rows_in == balance.accepted + balance.quarantined + balance.skipped


def test_a_result_changed_by_hand_is_named_by_verify_and_made_again(
    own_night: tuple[Path, Path],
) -> None:
    """Figures on disk are protected by a digest and by the ledger's content."""
    belts, workspace = own_night
    before = _content(workspace)
    path = workspace / "models" / "small-deposit" / "results" / "2025-12-31.json"
    text = path.read_text("utf-8")
    path.write_text(text.replace('"holes": 13', '"holes": 99'), "utf-8")
    assert path.read_text("utf-8") != text
    assert "2025-12-31" in verify(str(belts), str(workspace), tiles=1)["results"][0]
    again = nightly(str(belts), str(workspace), workers=1)
    assert again.tracked is not None
    assert again.tracked.recorded == 0
    assert _content(workspace) == before


def test_an_original_gone_from_the_vault_is_named(own_night: tuple[Path, Path]) -> None:
    """Neither verify nor trace puts back what they are asked to look for."""
    belts, workspace = own_night
    shutil.rmtree(workspace / "vault")
    assert any("not in the vault" in p for p in verify(str(belts), str(workspace), 1)["results"])
    found = trace("small-deposit", str(belts), str(workspace), None)
    assert not any(file["kept"] for file in found["files"])


def test_a_later_campaign_cannot_change_an_earlier_vintage(tmp_path: Path) -> None:
    """A collar delivered again elsewhere in 2025 leaves the figures of 2024 as they were."""
    belts = write_small_belt(tmp_path)
    first = estimate("small-deposit", str(belts), str(tmp_path / "one"), 1)
    spoil(belts, "collar", lambda text: text + "C0-00,1000.5,2000,500,60\n", campaign=1)
    second = estimate("small-deposit", str(belts), str(tmp_path / "two"), 1)
    assert second[0].result.statement == first[0].result.statement
    assert second[0].result.data_hash == first[0].result.data_hash
    assert second[1].result.data_hash != first[1].result.data_hash


def test_a_bad_belt_file_is_held_and_the_other_belts_go_on(tmp_path: Path) -> None:
    """A misspelt key in one file: it is named, with the right key, and the other belt goes on."""
    write_small_belt(tmp_path, "bad")
    belts = write_small_belt(tmp_path, "good")
    path = belts / "bad.yaml"
    path.write_text(path.read_text("utf-8").replace("max_per_hole:", "max_per_hol:"), "utf-8")
    done = nightly(str(belts), str(tmp_path / "workspace"), workers=1)
    assert "max_per_hole" in done.held["bad.yaml"].en
    assert "good-deposit" in done.estimates
    index = (tmp_path / "workspace" / "site" / "index.html").read_text("utf-8")
    assert "bad.yaml" in index


def test_a_grid_that_holds_no_sample_is_refused(tmp_path: Path) -> None:
    """An origin a hundred kilometres off is an error, not a resource of nothing."""
    belts = write_small_belt(tmp_path)
    path = belts / "small.yaml"
    path.write_text(path.read_text("utf-8").replace("- 960.0", "- 100960.0"), "utf-8")
    done = nightly(str(belts), str(tmp_path / "workspace"), workers=1)
    assert "no sample lies in the grid" in done.held["small-deposit"].en
    assert done.tracked is not None
    assert done.tracked.entries == ()


def test_a_missing_mined_surface_refuses_the_deposit_at_check(tmp_path: Path) -> None:
    """What an estimate needs is looked for before it begins."""
    belts = write_small_belt(tmp_path)
    path = belts / "small.yaml"
    pit = "mined:\n  - {as_of: 2025-12-31, root: ., path: pit.tif}"
    path.write_text(path.read_text("utf-8").replace("mined: []", pit), "utf-8")
    found = check("small", str(belts))
    assert "small-deposit" in found.refused
    assert any(f.file == "pit.tif" and f.fix_en for f in found.findings)


def test_the_manifest_of_a_run_names_inputs_plan_code_and_timings(
    night: tuple[Night, Path, Path],
) -> None:
    """One folder holds what a reviewer asks for."""
    done, _, workspace = night
    folder = workspace / "runs" / done.run_id
    manifest = json.loads((folder / "estimate-small-deposit.json").read_text("utf-8"))
    vintage = manifest["estimate-small-deposit"][0]
    assert manifest["environment"]["code_version"]
    assert {"data_hash", "plan_hash", "model_hash", "seconds", "tiles"} <= set(vintage)
    assert (folder / "ingest-small.json").is_file()
