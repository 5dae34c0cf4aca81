"""The digest judged from a real workspace: right, held, broken off, failed, never run, missed."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows import nightly as night_module
from flows.belts import all_belts
from flows.cli import main
from flows.digest import digest_of, missed_mornings, newest_digest, night_code
from flows.manifest import new_run_id, recorded, write_json, write_manifest
from flows.nightly import Night, nightly
from flows.report import gather_facts, report, write_site
from flows.review import ledger_url
from flows.room.data import gather_data
from flows.room.runs import gather_runs, read_run
from flows.room.withheld import withheld_names
from flows.run_record import MADE_LISTED, RECORD
from flows.runtime import Workspace
from flows.track import ledger_state
from geo.config import ConfigError
from reporting.settings import SiteSettings
from reporting.units import Text
from tests.operations_fixture import HOSTILE, fabricated_run
from tests.small_belt import remove_data, write_small_belt
from tracking import Ledger
from tracking.ledger.entries import Decision


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests run with no Prefect server."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)


@pytest.fixture(scope="module")
def slept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Night, Path, Path]:
    """One whole night over the small belt: (night, belts, workspace)."""
    folder = tmp_path_factory.mktemp("digest")
    belts = write_small_belt(folder)
    quick = "geology: {topics: [], surveys: false}\n"  # no studies: they are others' matter
    (belts.parent / "site.yaml").write_text(quick, "utf-8")
    return nightly(str(belts), str(folder / "workspace"), workers=1), belts, folder / "workspace"


@pytest.fixture
def place(slept: tuple[Night, Path, Path], tmp_path: Path) -> tuple[str, str]:
    """A copy of the belts and workspace of that night, to be spoilt."""
    _, belts, _ = slept
    shutil.copytree(belts.parent.parent, tmp_path / "copy")
    copied = tmp_path / "copy" / belts.relative_to(belts.parent.parent)
    for path in copied.glob("*.yaml"):  # the data are the copy's own
        text = path.read_text("utf-8")
        path.write_text(text.replace(str(belts.parent.parent), str(tmp_path / "copy")), "utf-8")
    return str(copied), str(tmp_path / "copy" / "workspace")


def _text(workspace: str) -> str:
    return (Path(workspace) / "digest.txt").read_text("utf-8")


def test_after_a_night_page_text_and_record_tell_it(slept: tuple[Night, Path, Path]) -> None:
    night, belts, workspace = slept
    text = _text(str(workspace))
    assert night.run_id in text
    assert "退出码 0" in text
    assert "new figures" in (workspace / "site" / "digest.html").read_text("utf-8")
    assert (workspace / "site" / "digest.txt").read_text("utf-8") == text
    assert not (workspace / "site-public" / "digest.txt").exists()
    assert not (workspace / "site-public" / "runs.html").exists()
    run = read_run(workspace / "runs" / night.run_id)
    tiles = [r.tiles for runs in night.estimates.values() for r in runs]
    assert run.tiles == (sum(t.computed for t in tiles), sum(t.reused for t in tiles))
    assert (run.outcome, run.command) == ("done", "nightly")
    assert run.entered == 2
    assert run.inputs_count == len(night.ingested["small"].files)
    assert run.seconds is not None
    assert {"cores", "python", "numpy"} <= set(dict(run.environment))
    assert str(workspace) not in (workspace / "site" / "runs" / f"{night.run_id}.html").read_text()
    assert newest_digest(str(belts), str(workspace)).code == 0


def test_data_are_counted_as_the_workspace_has_them(slept: tuple[Night, Path, Path]) -> None:
    night, belts, workspace = slept
    house = Workspace(workspace)
    configured = tuple(belt for _, belt in all_belts(belts).values())
    (found,) = gather_data(house, configured, gather_runs(house)[0])
    account = night.ingested["small"]
    assert found.rows[0] == sum(balance.rows_in for balance in account.balances)
    assert found.rows[2] == sum(balance.quarantined for balance in account.balances)
    holes = sum(row["holes"] for row in account.campaigns["small-deposit"])
    assert found.holes[0].used == holes
    assert found.read_at is not None
    assert found.looked_at is not None


def test_a_held_deposit_is_red_with_the_commands_that_mend_it(place: tuple[str, str]) -> None:
    configs, workspace = place
    house = Workspace(Path(workspace))
    write_json(house.held, {"small-deposit": Text("坏", "bad"), HOSTILE: Text("坏", "bad")})
    found = newest_digest(configs, workspace)
    assert (found.light, found.code) == ("red", 3)
    (line,) = found.lines
    assert line.light == "red"
    assert line.matters[0].why.en == "held back: bad"
    assert line.matters[0].commands[-2:] == ("bornite estimate small-deposit", "bornite report")
    assert found.matters[0].what.en == HOSTILE


def test_a_figure_that_waits_is_amber_with_its_approval(place: tuple[str, str]) -> None:
    configs, workspace = place
    house = Workspace(Path(workspace))
    with Ledger(ledger_url(configs, house)) as ledger:
        newest = ledger.standings("small-deposit")[-1].newest
        ledger.decide(
            Decision(about=newest, axis="review", to="held", by="g", reason="look"), new_run_id()
        )
    found = newest_digest(configs, workspace)
    assert (found.light, found.code) == ("amber", 4)
    commands = [c for matter in found.lines[0].matters for c in matter.commands]
    assert "bornite approve small-deposit 2025-12-31 --reason REASON" in commands


def test_a_night_that_was_killed_is_told_apart_from_one_under_way(place: tuple[str, str]) -> None:
    configs, workspace = place
    house = Workspace(Path(workspace))
    run_id = f"{datetime.now(UTC) + timedelta(seconds=5):%Y%m%dT%H%M%S}-ffff"
    note = {"command": "nightly", "by": "o", "started_at": datetime.now(UTC).isoformat()}
    write_json(house.run(run_id) / RECORD, note | {"environment": {}})
    found = newest_digest(configs, workspace)
    assert found.light == "red"
    assert "did not finish" in found.headline.en
    assert found.matters[0].commands[0] == "bornite demo --no-open"
    assert found.code is None
    going = read_run(house.run(run_id), alive=True)
    belts = tuple(belt for _, belt in all_belts(Path(configs)).values())
    told = digest_of(house, belts, ledger_state(configs, house), (going,), SiteSettings())
    assert told.light == "amber"
    assert "under way" in told.headline.en


def test_a_night_that_fails_leaves_a_text_that_says_so(
    place: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configs, workspace = place
    seen: list[str] = []

    def broken(*_: object) -> None:
        seen.append(_text(workspace))  # what a night killed at this point would leave
        raise RuntimeError("disk")

    monkeypatch.setattr(night_module, "track", broken)
    with pytest.raises(RuntimeError, match="disk"):
        nightly(configs, workspace, 1)
    assert "did not finish" in seen[0]
    assert "failed (RuntimeError)" in _text(workspace)
    assert "deposits: " in _text(workspace)  # what was learnt before stays told
    assert "bornite demo --no-open" in _text(workspace)
    assert (Path(workspace) / "site" / "digest.txt").read_text("utf-8") == _text(workspace)


def test_a_workspace_without_a_night_says_so_and_the_command_gives_its_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    belts = write_small_belt(tmp_path)
    found = newest_digest(str(belts), str(tmp_path / "w"))
    assert "No night has ever run" in found.headline.en
    assert found.light == "red"
    (tmp_path / "w" / "runs").mkdir(parents=True, exist_ok=True)
    with pytest.raises(SystemExit) as left:
        main(["digest", "--configs", str(belts), "--workspace", str(tmp_path / "w"), "--json"])
    assert left.value.code == 3
    assert json.loads(capsys.readouterr().out)["night"] is None


def test_a_public_site_that_is_refused_ends_the_night_in_red_until_it_is_mended(
    place: tuple[str, str],
) -> None:
    configs, workspace = place
    house = Workspace(Path(workspace))
    (collar,) = house.root.glob("curated/small/*/collar.parquet")
    good = collar.read_bytes()
    facts = gather_facts(configs, house, ledger_state(configs, house), new_run_id())
    assert facts.operations.digest is not None
    collar.write_bytes(b"spoilt")
    names = withheld_names(house, facts.belts)
    assert isinstance(names, Text)
    before = (house.public_site / "site.json").read_bytes()
    written = write_site(replace(facts, withheld=names), house)
    assert written.refused is not None
    assert "collar.parquet" in written.refused.en
    assert (house.public_site / "site.json").read_bytes() == before
    assert not list(house.root.glob(".site*-fresh"))
    for told in (_text(workspace), (house.site / "digest.txt").read_text("utf-8")):
        assert told.startswith("■")
        assert "collar.parquet" in told
        assert "退出码 3" in told
    assert "collar.parquet" in (house.site / "digest.html").read_text("utf-8")
    collar.write_bytes(good)
    assert (newest_digest(configs, workspace).light, night_code({}, None, names)) == ("red", 3)
    assert write_site(facts, house).refused is None
    assert newest_digest(configs, workspace).light == facts.operations.digest.light
    assert (house.site / "digest.txt").read_text("utf-8") == _text(workspace)


def test_findings_that_cannot_be_read_are_said_and_stop_nothing(place: tuple[str, str]) -> None:
    configs, workspace = place
    house = Workspace(Path(workspace))
    (kept,) = house.root.glob("quarantine/small/small-deposit.findings.json")
    kept.write_text("{", "utf-8")
    facts = gather_facts(configs, house, ledger_state(configs, house), new_run_id())
    assert facts.held["small/small-deposit.findings.json"].en == "can't be read"
    assert facts.findings == {"small": ()}


@pytest.mark.parametrize("kept", ["{", "[]", "5", '{"small-deposit": 5}', '{"small-deposit": {}}'])
def test_a_list_of_what_was_held_back_that_is_damaged_is_red(
    place: tuple[str, str], kept: str
) -> None:
    configs, workspace = place
    Workspace(Path(workspace)).held.write_text(kept, "utf-8")
    found = newest_digest(configs, workspace)
    assert found.light == "red"
    assert [m.why.en for m in found.matters if m.what.en == "held.json"] == ["can't be read"]


def test_a_wrong_setting_of_pages_is_found_before_anything_is_made(place: tuple[str, str]) -> None:
    configs, workspace = place
    (Path(configs).parent / "site.yaml").write_text("publication: soon\n", "utf-8")
    before = sorted(Path(workspace).glob("runs/*"))
    for work in (nightly, report):
        with pytest.raises(ConfigError, match="publication"):
            work(configs, workspace)
    assert sorted(Path(workspace).glob("runs/*")) == before


def test_missed_mornings_are_counted_from_the_hour_that_is_expected() -> None:
    night = replace(fabricated_run(), ended_at=datetime(2026, 11, 20, 15, 0, tzinfo=UTC))
    for at, missed in (
        (datetime(2026, 11, 20, 22, 0, tzinfo=UTC), 0),  # 06:00 in China: not due yet
        (datetime(2026, 11, 21, 0, 0, tzinfo=UTC), 0),
        (datetime(2026, 11, 21, 22, 0, tzinfo=UTC), 0),
        (datetime(2026, 11, 22, 0, 0, tzinfo=UTC), 1),
        (datetime(2026, 11, 25, 0, 0, tzinfo=UTC), 4),
    ):
        assert missed_mornings(night, at, SiteSettings()) == missed
    assert missed_mornings(None, datetime.now(UTC), SiteSettings()) == 0


def test_the_code_of_a_night_is_that_of_the_command() -> None:
    assert night_code({}, None) == 0
    assert night_code({"a": Text("", "")}, None) == 3


def test_parts_of_a_larger_run_share_its_record_and_one_alone_has_its_own(tmp_path: Path) -> None:
    run = tmp_path / new_run_id()

    def night() -> None:
        with recorded(run, "nightly"):
            with recorded(run, "report"):
                write_manifest(run, "decision", {})
            assert read_run(run).outcome == "broken"
            raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        night()
    assert (read_run(run).command, read_run(run).trouble) == ("nightly", "ValueError")
    alone = tmp_path / new_run_id()
    write_manifest(alone, "decision", {"a": 1})
    found = read_run(alone)
    assert (found.command, found.outcome, dict(found.parts).keys()) == (
        "decision", "done", {"decision"},
    )  # fmt: skip
    (alone / RECORD).write_text("{", "utf-8")
    assert read_run(alone).outcome == "empty"


def test_a_row_mended_is_let_go_and_a_damaged_account_is_said(place: tuple[str, str]) -> None:
    configs, workspace = place
    house = Workspace(Path(workspace))
    belts = tuple(belt for _, belt in all_belts(Path(configs)).values())
    (house.root / "curated" / "small" / "account.json").write_text("{", "utf-8")
    (found,) = gather_data(house, belts, ())
    assert found.trouble is not None
    assert "account.json" in found.trouble.en
    assert found.read_at is None


def test_old_runs_are_counted_and_not_read(tmp_path: Path) -> None:
    for number in range(7):
        write_manifest(tmp_path / "runs" / f"2026112{number}T000000-0000", "decision", {})
    found, more = gather_runs(Workspace(tmp_path), listed=5)
    assert [run.run_id[:8] for run in found] == [f"2026112{n}" for n in (6, 5, 4, 3, 2)]
    assert more == 2


def test_a_deposit_whose_data_are_gone_is_red_in_the_morning(place: tuple[str, str]) -> None:
    configs, workspace = place
    remove_data(Path(configs))
    done = nightly(configs, workspace, 1)
    assert done.held
    text = _text(workspace)
    assert text.startswith("■")
    assert "held back" in text
    assert "bornite ingest small" in text
    for page in (Path(workspace) / "site-public").rglob("*.html"):
        html = page.read_text("utf-8")
        assert not [name for name in ("collar.csv", "survey.csv", "assay.csv") if name in html]
    assert done.reported is not None
    assert done.reported.refused is None
    assert done.run_id in (Path(workspace) / "site-public" / "site.json").read_text("utf-8")


def test_a_record_lists_the_estimates_that_were_computed_and_counts_the_rest(
    tmp_path: Path,
) -> None:
    run = tmp_path / new_run_id()
    hashes = dict.fromkeys(("data_hash", "plan_hash", "model_hash"), "a")
    lines = [
        {"vintage": f"{2000 + n}-12-31", "seconds": 1.0, "peak_mib": 1.0, **hashes,
         "tiles": {"computed": int(n == 99), "reused": 2}}
        for n in range(100)
    ]  # fmt: skip
    write_manifest(run, "estimate-some", lines)
    found = read_run(run)
    assert (len(found.made), found.made_count, found.tiles) == (MADE_LISTED, 100, (1, 200))
    assert found.made[-1].computed == 1
    assert found.deposits == ("some",)
