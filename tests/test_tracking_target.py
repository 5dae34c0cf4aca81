"""Growth is measured from a written baseline, net and gross, and never beyond what is modelled."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from geo.config import ConfigError
from tests.fabricated import chain_of, copper_result, fabricated_result
from tests.target_fixture import (
    CONFIG,
    ROOT,
    V24,
    V25,
    V26,
    growth_vector,
    results,
    with_national,
)
from tracking.ledger.book import Book
from tracking.target.target import Target, read_target, target_progress


@pytest.fixture(scope="module")
def target() -> Target:
    """The target as it is shipped."""
    return read_target(CONFIG)


def test_the_growth_vector_of_the_domain_report(target: Target) -> None:
    """G_gross 10.00 %, G_net 5.25 %, 2.75 % without the cut-off part: the ministry's arithmetic."""
    retained, identified = target_progress(target, Book(growth_vector())).baselines[:2]
    latest = retained.latest
    assert latest is not None
    assert retained.baseline_t == 12_000.0
    assert latest.gross_growth_pct == pytest.approx(10.0, abs=1e-9)
    assert latest.net_growth_pct == pytest.approx(5.25, abs=1e-9)
    assert latest.net_growth_ex_indicator_pct == pytest.approx(2.75, abs=1e-9)
    assert latest.gross_growth_ex_indicator_pct == pytest.approx(7.5, abs=1e-9)
    assert latest.net_growth_ex_recalculation_pct == pytest.approx(2.75, abs=1e-9)
    assert (latest.index_t, latest.not_separated) == (300, ())
    assert (latest.explored_t, latest.recalculated_t, latest.depletion_t) == (900, 300, 570)
    assert (latest.retained_t, latest.identified_t) == (12_630, 13_200)
    assert retained.growth_pct == latest.net_growth_pct
    assert identified.growth_pct == latest.gross_growth_pct


def test_points_follow_the_vintages_from_the_baseline_on(target: Target) -> None:
    """The first point is the baseline itself, with no growth."""
    earlier = copper_result(date(2023, 12, 31), {"measured": 100.0})
    entries = chain_of([earlier, *results()])
    progress = target_progress(target, Book(entries)).baselines[0]
    assert [point.date for point in progress.points] == [V24, V25, V26]
    assert progress.points[0].net_growth_pct == 0.0
    assert progress.points[0].retained_t == progress.baseline_t == 1000.0
    assert progress.points[0].identified_t == 1000.0


def test_what_each_line_still_needs(target: Target) -> None:
    """p R0 + D is needed in all; what was added so far comes off, and years give the pace."""
    retained, identified = target_progress(target, Book(chain_of(results()))).baselines[:2]
    low, high = retained.lines
    assert (retained.low_t, retained.high_t) == (1050.0, 1100.0)
    assert (low.reached, low.missing_t, low.pace_t_per_year) == (True, -30.0, None)
    assert (high.missing_t, high.gross_required_t) == (20.0, 120.0)
    assert high.years_left == pytest.approx(426 / 365.25)
    assert high.pace_t_per_year == pytest.approx(20.0 / (426 / 365.25))
    assert identified.lines[1].missing_t == 0.0
    assert identified.lines[1].reached


def test_what_was_mined_before_counts_as_identified_only(target: Target) -> None:
    """保有 and 累计查明 bases differ by what was mined up to the baseline's date."""
    mined = fabricated_result(mined_ore_t=1e6)
    retained, identified = target_progress(target, Book(chain_of([mined]))).baselines[:2]
    assert retained.baseline_t is not None
    assert identified.baseline_t is not None
    metal_t = mined.statement.mined[0].elements["cu_pct"].metal_t
    assert identified.baseline_t - retained.baseline_t == pytest.approx(metal_t)


def test_the_national_baseline_is_unknown_and_stays_so(target: Target) -> None:
    """No tonnage, line, growth or coverage is made up from a text that names none."""
    progress = target_progress(target, Book(growth_vector()))
    national = progress.baselines[2]
    assert national.baseline.id == "national"
    assert national.baseline.value_t is None
    assert national.baseline.source is not None
    assert "names no base year, tonnage or basis" in national.baseline.source.en
    assert (national.baseline_t, national.low_t, national.lines) == (None, None, ())
    assert national.coverage_ratio is None


def test_modelled_growth_is_not_extrapolated_to_the_nation(target: Target) -> None:
    """1000 t of 20,000: +8 % here is +0.4 points there, and the others must bring the rest."""
    progress = target_progress(with_national(target, 20_000.0), Book(chain_of(results())))
    national = progress.baselines[-1]
    assert national.coverage_ratio == 0.05
    assert national.surer is not None
    assert national.surer.net_growth_pct is None  # its own measured and indicated are not known
    assert national.growth_pct == pytest.approx(0.4)
    low = national.lines[0]
    assert low.missing_t == pytest.approx(1000.0 - 80.0)
    assert low.elsewhere_growth_pct == pytest.approx(100 * 920.0 / 19_000.0)
    by_element = target_progress(
        with_national(target, 20_000.0), Book(chain_of(results())), element="mo_pct"
    )
    assert by_element.baselines[-1].baseline_t is None


def test_belts_and_deposits_add_up_to_the_whole(target: Target) -> None:
    """Contributions in percent of the baseline sum to the growth; each also has its own."""
    three = [*results(), *results("b-syn"), *results("c-syn", "duobaoshan")[:2]]
    progress = target_progress(target, Book(chain_of(three))).baselines[0]
    assert progress.deposits == ("b-syn", "c-syn", "test-syn")
    assert [share.id for share in progress.by_belt] == ["duobaoshan", "gangdese"]
    for shares in (progress.by_belt, progress.by_deposit):
        total = sum(share.contribution_pct or 0.0 for share in shares)
        assert total == pytest.approx(progress.growth_pct)
    gangdese = progress.by_belt[1].stock
    assert gangdese.net_growth_pct == pytest.approx(8.0)
    assert (gangdese.base_t, gangdese.retained_t) == (2000.0, 2160.0)
    assert progress.latest is not None
    assert progress.latest.carried == ("c-syn",)
    assert progress.latest.retained_t == 2160.0 + 1030.0


def test_measured_and_indicated_stand_beside_the_whole(target: Target) -> None:
    """An upgrade of 100 from inferred: 0 % in all, +25 % of measured and indicated."""
    entries = chain_of(
        [
            copper_result(V24, {"indicated": 400.0, "inferred": 300.0}),
            copper_result(V25, {"indicated": 500.0, "inferred": 200.0}),
        ]
    )
    progress = target_progress(target, Book(entries)).baselines[0]
    assert progress.growth_pct == 0.0
    assert progress.surer is not None
    assert progress.surer.net_growth_pct == pytest.approx(25.0)
    assert progress.surer.base_t == 400.0


def test_pace_so_far_and_the_linear_reference(target: Target) -> None:
    """80 t in 669 of 1095 days."""
    progress = target_progress(target, Book(chain_of(results()))).baselines[0]
    assert progress.pace_t_per_year == pytest.approx(80.0 / (669 / 365.25))
    assert progress.lines[1].reference_growth_pct == pytest.approx(10.0 * 669 / 1095)


def test_a_metal_without_a_target_shows_growth_and_no_line() -> None:
    """By-products: nobody has set a target, and the file says so."""
    silver = read_target(CONFIG.with_name("silver-2027.yaml"))
    entries = chain_of([fabricated_result(), fabricated_result(vintage=V25, scale=1.07)])
    progress = target_progress(silver, Book(entries)).baselines[0]
    assert progress.growth_pct == pytest.approx(7.0, abs=1e-3)
    assert (progress.lines, progress.low_t, progress.high_t) == ((), None, None)


def test_the_shipped_targets_are_official_invented_or_none() -> None:
    """Only the policy's own target has a citation; the others say what they are."""
    targets = [read_target(path) for path in sorted(CONFIG.parent.glob("*.yaml"))]
    assert {t.level for t in targets} == {"national", "province", "company"}
    assert [t.id for t in targets if t.status == "official"] == ["copper-2027"]
    for one in targets:
        words = {"example": ("虚构", "invented"), "none": ("无官方目标", "no official target")}
        if one.status in words:
            assert words[one.status][0] in one.name.zh
            assert words[one.status][1] in one.name.en
    assert {t.element for t in targets} == {"cu_pct", "mo_pct", "re_ppm", "au_gpt", "ag_gpt"}


def test_deposits_without_the_baseline_vintage_are_listed_not_counted(target: Target) -> None:
    """A deposit first estimated later can't show growth from the baseline."""
    late = results("late-syn")[1:]
    abroad = results("babbitt", "public")
    progress = target_progress(target, Book(chain_of([*results(), *late, *abroad]))).baselines[0]
    assert progress.deposits == ("test-syn",)
    assert [one.deposit_id for one in progress.excluded] == ["late-syn"]
    assert "2024-12-31" in progress.excluded[0].reason_zh
    assert progress.baseline_t == 1000.0


def test_an_empty_ledger_shows_a_target_without_a_figure(target: Target) -> None:
    """Nothing recorded: no baseline, no points, no division by zero."""
    first = target_progress(target, Book(())).baselines[0]
    assert first.remark_en == "the ledger holds no estimate that may be used"
    for progress in target_progress(target, Book(())).baselines:
        assert (progress.baseline_t, progress.points, progress.lines) == (None, (), ())
        assert progress.latest is None
        assert progress.growth_pct is None


def test_by_products_grow_on_the_same_identities(target: Target) -> None:
    """Molybdenum from the same entries; rhenium not evaluated is excluded by name."""
    entries = chain_of([fabricated_result(), fabricated_result(vintage=V25, scale=1.07)])
    molybdenum = target_progress(target, Book(entries), element="mo_pct").baselines[0]
    assert molybdenum.growth_pct == pytest.approx(7.0, abs=1e-3)
    copper_only = target_progress(target, Book(growth_vector()), element="re_ppm").baselines[0]
    assert copper_only.deposits == ()
    assert copper_only.excluded[0].reason_en == "Re is not evaluated"


def test_growth_of_the_surer_classes_is_measured_apart(target: Target) -> None:
    """G_MI: an upgrade from inferred is growth of measured and indicated, and zero in all."""
    entries = chain_of(
        [
            copper_result(V24, {"indicated": 400.0, "inferred": 300.0}),
            copper_result(V25, {"indicated": 500.0, "inferred": 200.0}),
        ]
    )
    surer = target_progress(target, Book(entries), classes=("measured", "indicated"))
    assert surer.baselines[0].growth_pct == pytest.approx(25.0)
    assert target_progress(target, Book(entries)).baselines[0].growth_pct == 0.0


def test_a_superseded_entry_does_not_count(target: Target) -> None:
    """The ledger's whole list, corrections and all, gives what its current entries give."""
    first = copper_result(V24, {"indicated": 990.0})
    assert (
        target_progress(target, Book(chain_of([first, *results()]))).baselines[0].baseline_t == 1000
    )


def test_the_shipped_target_quotes_the_policy(target: Target) -> None:
    """The words and the document number are those of the policy text, to the character."""
    default = ROOT.parent / "shared" / "data"
    policy = Path(os.environ.get("BORNITE_SHARED_DATA", default)).parent / "policy"
    texts = [path.read_text("utf-8") for path in policy.glob("*.txt")] if policy.is_dir() else []
    if not texts:
        pytest.skip("the policy texts are not on this machine")
    citation = target.citation
    assert citation is not None
    (text,) = [text for text in texts if citation.document_no in text]
    assert citation.quoted_text in text
    assert citation.title in text
    assert "2025年1月21日" in text
    assert citation.issued == date(2025, 1, 21)
    assert (target.growth_low, target.growth_high) == (0.05, 0.10)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("growth_low: 0.05", "growth_lo: 0.05", "growth_low"),
        ("growth_low: 0.05", "growth_low: 0.5", "growth_low is above"),
        ("    date: 2024-12-31\n", "    date: null\n", "date and basis"),
        ("    value_t: null\n", "    value_t: 12.0\n", "comes from the ledger"),
        ("id: national", "id: coverage-retained-2024", "same id"),
        ("confidence: unknown", "confidence: official", "confidence unknown"),
        ("status: official", "status: example", "has a citation"),
        ("growth_high: 0.10", "growth_high: null", "both numbers or both null"),
        ("metres: {low: 6000, mid: 10000", "metres: {low: 6000, mid: 1000", "low <= mid <= high"),
        ("end: 2027-10-31", "end: 2026-10-31", "ends after it starts"),
        ("    from_entry: null", "    from_entry: {scope: national, series: x}", "from_entry"),
        ("confidence: computed", "confidence: null", "names its source and confidence"),
        ("    scope: modelled", "    scope: national", "not a national figure"),
    ],
)
def test_a_target_that_says_two_things_is_refused(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    """Each mistake ends in a sentence that names it."""
    path = tmp_path / "target.yaml"
    path.write_text(CONFIG.read_text("utf-8").replace(old, new), "utf-8")
    with pytest.raises(ConfigError, match=words):
        read_target(path)
