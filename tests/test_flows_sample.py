"""The demo on the four sample belts: truth, reuse, and pages that say what the statement says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from estimation.belts import read_belts
from estimation.results import DepositResult
from flows.demo import demo_answer
from flows.nightly import Night, nightly
from flows.room.withheld import withheld_names
from flows.runtime import Workspace
from reporting.site.withheld import telling
from reporting.units import Text
from tests.browser_fixture import PageReader, said_by
from tests.public_scan import scan, withheld_places

ROOT = Path(__file__).resolve().parent.parent
BELTS = str(ROOT / "configs" / "belts")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sample(night_of_ones_own: Path) -> tuple[Night, Path]:
    """A second night over the sample belts, after the one that all tests share: (night, house)."""
    return nightly(BELTS, str(night_of_ones_own)), night_of_ones_own


def test_copper_is_within_ten_per_cent_of_truth_in_every_deposit_and_vintage(
    sample: tuple[Night, Path],
) -> None:
    """Measured + Indicated copper at the reporting cut-off, the same volume in truth."""
    night, _ = sample
    assert len(night.estimates) == 4
    for deposit, runs in night.estimates.items():
        for run in runs:
            row = next(t for t in run.result.truth if t.element == "cu_pct")
            print(f"{deposit} {run.result.vintage}: {row.estimate_t:,.0f} t, {row.ratio:.3f}")
            assert row.ratio == pytest.approx(1.0, abs=0.10)


def test_truth_in_the_compared_volume_is_part_of_the_whole_in_expected_yaml(
    sample: tuple[Night, Path],
) -> None:
    """The Measured + Indicated volume holds part of the whole deposit's true copper."""
    night, _ = sample
    for runs in night.estimates.values():
        belt = runs[0].result.belt_id
        path = ROOT / "data" / "sample" / belt / "truth" / "expected.yaml"
        expected = yaml.safe_load(path.read_text("utf-8"))
        whole = _copper_t(expected, runs[-1].result.vintage.isoformat())
        inside = next(t for t in runs[-1].result.truth if t.element == "cu_pct").truth_t
        assert 0.2 * whole < inside < whole


def _copper_t(expected: dict[str, Any], vintage: str) -> float:
    """True copper of the whole deposit at 0.2 %, tonnes, from expected.yaml."""
    total = expected["vintages"][vintage]["remaining"]["0.2"]["total"]
    return float(total["elements"]["cu_pct"]["metal_t"])


def test_all_five_metals_are_reported_with_their_support(sample: tuple[Night, Path]) -> None:
    """Mo, Re, Au and Ag stand beside copper; rhenium comes from combined samples only."""
    night, _ = sample
    for runs in night.estimates.values():
        statement = runs[-1].result.statement
        assert set(statement.elements) == {"cu_pct", "mo_pct", "re_ppm", "au_gpt", "ag_gpt"}
        support = {s.element: s for s in statement.support}
        assert support["re_ppm"].source == "combined"
        assert support["re_ppm"].class_limit != "measured"
        assert support["re_ppm"].support_m > support["cu_pct"].support_m


def test_mining_is_taken_off_and_the_movement_foots(sample: tuple[Night, Path]) -> None:
    """One deposit is mined: depletion is shown, and every line foots in whole kilograms."""
    night, _ = sample
    assert night.tracked is not None
    mined = {line.deposit_id for line in night.tracked.movements if line.mined_kg > 0}
    assert mined == {"duobaoshan-syn"}
    assert all(line.foots for line in night.tracked.movements)


def test_no_figure_of_the_sample_waits_for_review(sample: tuple[Night, Path]) -> None:
    """Three vintages of four deposits grow within the shipped limits (docs/review.md)."""
    night, _ = sample
    assert night.tracked is not None
    assert night.tracked.held == ()
    assert len(night.tracked.entries) == 12


def test_the_second_night_reuses_every_tile_and_the_answer_is_json(
    sample: tuple[Night, Path], finished_night: Path
) -> None:
    """Nothing changed: nothing computed, the same statements; --json's shape can be written."""
    night, _ = sample
    answer = demo_answer(night, 1.0)
    assert answer["tiles"]["computed"] == 0
    assert answer["tiles"]["reused"] > 0
    for deposit, runs in night.estimates.items():
        for run in runs:
            vintage = run.result.vintage.isoformat()
            before = DepositResult.read(Workspace(finished_night).result(deposit, vintage))
            assert run.result.statement == before.statement
    assert json.loads(json.dumps(answer, allow_nan=False))


def test_the_numbers_on_the_deposit_pages_are_those_of_the_statement(
    sample: tuple[Night, Path],
) -> None:
    """Ore and every metal of every class and domain at the reporting cut-off, unrounded."""
    night, workspace = sample
    for deposit, runs in night.estimates.items():
        html = (workspace / "site" / "deposits" / f"{deposit}.html").read_text("utf-8")
        rows = {(r.class_name, r.domain): r for r in runs[-1].result.statement.at_cutoff()}
        compared = set()
        for printed in PageReader(html).numbers:
            about = printed.attributes
            key = (about.get("data-class", ""), about.get("data-domain", ""))
            quantity = about.get("data-quantity")
            if key in rows and quantity == "ore_t":
                assert float(about["data-v"]) == rows[key].ore_t
            elif key in rows and quantity == "metal_t":
                figure = rows[key].elements[about["data-metal"]]
                # stated in the row of the element's own class limit: blank, not zero
                stated = "" if figure.grade is None else about["data-v"]
                assert about["data-v"] == stated
                assert figure.metal_t == float(stated or 0.0)
            else:
                continue
            compared.add((*key, quantity, about.get("data-metal")))
        assert len(compared) == len(rows) * 6


@pytest.mark.browser
def test_pages_of_the_demo_open_from_a_file_without_request_or_error(
    finished_night: Path,
    chromium: Any,
) -> None:
    """Every page, real Chromium, no network: no request beyond the file, no console message."""
    site = finished_night / "site"
    pages = list(site.rglob("*.html"))
    listed = json.loads((site / "site.json").read_text("utf-8"))["pages"]
    assert sorted(path.relative_to(site).as_posix() for path in pages) == sorted(listed)
    assert len([path for path in pages if path.parent.name == "deposits"]) == 4
    for path in pages:
        page = chromium.new_page()
        told: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message, told=told: told.extend(said_by(message)))
        page.on("pageerror", lambda error, told=told: told.append(str(error)))
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto(path.as_uri())
        text = page.inner_text("body")
        assert "SYNTHETIC" in text
        assert not told
        assert all(url.startswith(("file:", "data:")) for url in asked)
        page.close()


def test_the_public_site_says_where_nothing_is(finished_night: Path) -> None:
    """Every byte: no hole, no place finer than the settings allow, no file, sheet or path."""
    belts = [belt for _, belt in read_belts(Path(BELTS))[0].values()]
    names = withheld_names(Workspace(finished_night), belts)
    assert not isinstance(names, Text)
    assert any(name.startswith("SYN-ZK") for name in names)
    telling_names = {*telling(names), str(finished_night), "inbox/", "vault/"}
    numbers = withheld_places(finished_night, belts)
    assert len(numbers) > 1000
    assert scan(finished_night / "site-public", telling_names, numbers) == []
    assert scan(finished_night / "site" / "deposits", telling_names, numbers) != []
