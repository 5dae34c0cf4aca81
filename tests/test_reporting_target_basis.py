"""The target on each basis: its figure and ranges, its chances, its boxes and what it assumes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from matplotlib.dates import date2num

from reporting import SiteReport
from reporting.figures.store import FigureStore
from reporting.figures.target import target as draw_target
from reporting.rounding import printed, raw
from reporting.site.pages.target import _bands, target_page
from reporting.site.pages.target import leaves as target_leaves
from reporting.site.room import Room
from reporting.tables import Table
from reporting.units import Text
from reporting.views.outlook import chance_text
from reporting.views.target import headline, target_parameters
from reporting.views.target_boxes import boxes, by_basis, national_of
from reporting.views.target_spread import (
    chance_sentences,
    chances_table,
    limits,
    ranges,
    ranges_table,
    without_range,
)
from tests.browser_fixture import fabricated_report, sample_belts
from tests.evidence_fixture import html_of
from tests.fabricated import chain_of
from tests.target_fixture import CONFIG, results, with_national
from tracking.ledger.book import Book
from tracking.ledger.entries import LedgerEntry
from tracking.movement.quantities import retained_kg
from tracking.target.target import read_target, target_progress


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SiteReport:
    return fabricated_report(tmp_path_factory.mktemp("basis"), sample_belts()[:2])


def by_quantity(table: Table, row: int) -> dict[str, str]:
    """Raw values of one row by what they count."""
    held = [c.attributes for c in table.rows[row].cells if "data-quantity" in c.attributes]
    return {one["data-quantity"]: one["data-v"] for one in held}


def simulated(progress_of: tuple[LedgerEntry, ...], spread: float = 0.1) -> tuple[LedgerEntry, ...]:
    """The same entries with P10, P50, P90 of copper around what each class states."""
    made = []
    for entry in progress_of:
        held = retained_kg(entry)
        points = {
            name: {
                "p10_kg": round(kg * (1 - spread)), "p50_kg": kg, "p90_kg": round(kg * (1 + spread))
            }
            for (element, name), kg in held.items() if element == "cu_pct" and kg
        }  # fmt: skip
        made.append(replace(entry, content={**entry.content, "uncertainty": {"cu_pct": points}}))
    return tuple(made)


@pytest.fixture(scope="module")
def surely(report: SiteReport) -> SiteReport:
    """The report with a simulation behind every figure."""
    entries = simulated(report.ledger.entries)
    progress = target_progress(read_target(CONFIG), Book(entries))
    return replace(report, ledger=replace(report.ledger, entries=entries), progress=(progress,))


def test_both_bases_are_drawn_and_the_headlines_own_is_chosen(
    report: SiteReport, tmp_path: Path
) -> None:
    page = target_page(Room(report, FigureStore(tmp_path)))
    assert [(view["basis"], view["chosen"]) for view in page["views"]] == [
        ("retained", True),
        ("identified", False),
    ]
    plates = [view["plate"].svg for view in page["views"]]
    assert plates[0] != plates[1]
    for view in page["views"]:
        part = by_basis(report.progress[0], view["basis"])
        assert part is not None
        (_word, growth), *_more = view["boxes"][0].figures
        assert growth.attributes["data-v"] == raw(part.from_baseline.growth_pct)
        assert f"target-projection-{view['basis']}" in [table.key for table in view["tables"]]
        assert [text.en.split(":")[0] for text in view["chances"]] == ["no probability"]
    keys = [t.key for t in (*page["tables"], *(t for v in page["views"] for t in v["tables"]))]
    assert len(set(keys)) == len(keys)


def test_whiskers_are_the_ledgers_points_added(surely: SiteReport, tmp_path: Path) -> None:
    found = headline(surely)
    assert found is not None
    made = ranges(surely, found)
    assert [one.date for one in made] == [point.date for point in found.from_baseline.points]
    newest = [e for e in surely.ledger.entries if e.vintage == made[-1].date]
    for name in ("p10_kg", "p90_kg"):
        parts = [p[name] for e in newest for p in e.content["uncertainty"]["cu_pct"].values()]
        assert getattr(made[-1], name) == sum(parts)
    likely = found.from_baseline.likely
    assert likely is not None
    ends = (100 * (made[-1].p90_kg - made[-1].p10_kg)) / (
        1000 * (found.from_baseline.baseline_t or 0)
    )
    assert ends == pytest.approx(likely.together.p90_pct - likely.together.p10_pct)
    assert made[-1].stated_kg == round(found.from_baseline.points[-1].retained_t * 1000)
    table = ranges_table(surely, found, "x")
    assert table is not None
    assert float(by_quantity(table, -1)["p90_t"]) == made[-1].p90_kg / 1000
    caption = target_page(Room(surely, FigureStore(tmp_path)))["views"][0]["plate"].caption
    assert "P10 to P90" in caption.en
    parameters = {**target_parameters(found), "ranges": [
        {"date": "2026-10-31", "p10": 90.0, "stated": 100.0, "p90": 111.0}]}  # fmt: skip
    (axes,) = draw_target({}, parameters).axes
    drawn = [np.asarray(line.get_ydata()).tolist() for line in axes.lines]
    assert [90.0, 100.0, 111.0] in drawn


def test_the_band_goes_on_to_the_deadline_as_it_stands_and_says_so(
    surely: SiteReport, report: SiteReport, tmp_path: Path
) -> None:
    """Hatched, from the newest day on, nothing forecast; without a newest range it ends there."""
    room = Room(surely, FigureStore(tmp_path))
    for view in target_page(room)["views"]:
        caption = view["plate"].caption
        assert "hatched after 2026-10-31" in caption.en
        assert "not a forecast" in caption.en
        assert "按现有估算外推至期限，无预测" in caption.zh
    found = headline(surely)
    assert found is not None
    band = {"dates": ["2026-10-31", "2027-12-31"], "p10": 90.0, "p90": 111.0}
    (axes,) = draw_target({}, {**target_parameters(found), "unchanged": band}).axes
    (hatched,) = [one for one in axes.collections if one.get_hatch()]
    (path,) = hatched.get_paths()
    days = [date2num(date(2026, 10, 31)), date2num(date(2027, 12, 31))]
    assert path.get_extents().get_points().tolist() == [[days[0], 90.0], [days[1], 111.0]]
    assert "not a forecast" in str(hatched.get_label())
    bare = target_page(Room(report, FigureStore(tmp_path)))["views"][0]["plate"].caption
    assert "not every deposit counted was simulated" in bare.en
    last = max(entry.vintage for entry in surely.ledger.entries)
    entries = tuple(
        replace(one, content={**one.content, "uncertainty": None}) if one.vintage == last else one
        for one in surely.ledger.entries
    )
    some = replace(surely, ledger=replace(surely.ledger, entries=entries))
    cut = target_page(Room(some, FigureStore(tmp_path)))["views"][0]["plate"].caption
    assert "; none at 2026-10-31: not every deposit counted" in cut.en


def test_the_band_is_parted_where_a_day_has_no_range(surely: SiteReport, tmp_path: Path) -> None:
    """Nothing is filled across it; the caption names such days, and no band where there is none."""
    found = headline(surely)
    assert found is not None
    days = [point.date.isoformat() for point in found.from_baseline.points]
    assert len(days) == 3

    def shown(*without: str) -> tuple[list[list[str]], Text]:
        entries = tuple(
            replace(one, content={**one.content, "uncertainty": None})
            if one.vintage.isoformat() in without
            else one
            for one in surely.ledger.entries
        )
        some = replace(surely, ledger=replace(surely.ledger, entries=entries))
        plate = target_page(Room(some, FigureStore(tmp_path)))["views"][0]["plate"]
        drawn = [{"date": day, "p10": 1.0, "p90": 2.0} for day in days if day not in without]
        course = {"series": [{"dates": days}], "ranges": drawn}
        return [band["dates"] for band in _bands(course)], plate.caption

    whole, said = shown()
    assert whole == [days]
    assert "Whiskers and the pale band" in said.en
    assert "none at" not in said.en
    parted, said = shown(days[1])
    assert parted == []
    assert "band" not in said.en.split("; hatched")[0]
    assert f"none at {days[1]}:" in said.en
    assert f"{days[1]} 无 P10–P90" in said.zh
    assert shown(days[2])[0] == [days[:2]]
    bands = [{"dates": days[:2], "p10": [1.0, 2.0], "p90": [2.0, 3.0]}]
    filled = draw_target({}, {**target_parameters(found), "fan": None, "bands": bands}).axes[0]
    (one,) = filled.collections
    assert one.get_paths()[0].get_extents().x1 == date2num(date.fromisoformat(days[1]))


def test_ore_mined_before_the_base_date_is_said_to_be_no_growth(
    report: SiteReport, tmp_path: Path
) -> None:
    html = html_of(report, tmp_path, target_leaves, "")
    assert "基期以前采出的矿量不计入增长" in html
    assert "Ore mined before the base date is no growth" in html


def test_a_range_needs_a_simulation_of_every_counted_deposit(surely: SiteReport) -> None:
    first, *others = surely.ledger.entries
    bare = replace(first, content={**first.content, "uncertainty": None})
    some = replace(surely, ledger=replace(surely.ledger, entries=(bare, *others)))
    found = headline(some)
    assert found is not None
    whole = ranges(surely, found)
    assert [one.date for one in ranges(some, found)] == [one.date for one in whole[1:]]
    assert without_range(some, found) == ()


def test_probabilities_are_those_of_the_projection(surely: SiteReport) -> None:
    found = headline(surely)
    assert found is not None
    outlook = found.from_baseline.projection
    assert outlook is not None
    table = chances_table(surely, found, "x")
    assert table is not None
    expected = [
        (chance.together, chance.independent)
        for place in range(2)
        for one in outlook.cases
        for chance in [one.chances[place]]
    ]
    shown = [by_quantity(table, nth) for nth in range(len(table.rows))]
    assert [
        (float(row["chance_together_share"]), float(row["chance_independent_share"]))
        for row in shown
    ] == expected
    assert "the words above" in table.notes[-1].en
    beside = limits(surely, found)
    assert beside is not None
    assert "never held the truth" in beside.en
    assert "lies between" not in str(table.notes)
    said = chance_sentences(surely, found, None)
    middle = next(one for one in outlook.cases if one.case == "mid")
    assert len(said) == 2
    assert f"达到 +5 % 的概率为 {chance_text(middle, 0.05).zh}" in said[0].zh
    assert "占全国的比例未知" in said[0].zh
    national = target_progress(
        with_national(read_target(CONFIG), 20_000_000.0), Book(surely.ledger.entries)
    ).baselines[2]
    share = printed(national.coverage_ratio, 1, scale="100")
    assert chance_sentences(surely, found, national)[0].zh.startswith(
        f"在模型覆盖的 {share} % 范围内，"
    )
    without = replace(found.from_baseline, projection=None)
    (none,) = chance_sentences(surely, replace(found, from_baseline=without), None)
    assert "no probability is stated" in none.en


def test_the_nation_is_never_reckoned_from_the_modelled_deposits(report: SiteReport) -> None:
    """Boxes: blank without a national figure; points, needs and coverage with one."""
    found = headline(report)
    assert found is not None
    bare = boxes(found, national_of(found))
    assert [cell.text.en for box in bare[1:] for _word, cell in box.figures] == ["—"] * 3
    target = with_national(read_target(CONFIG), 20_000.0)
    progress = target_progress(target, Book(chain_of(results())))
    known = by_basis(progress, "retained")
    assert known is not None
    part = national_of(known)
    assert part is progress.baselines[2]
    _growth, points, needed, coverage = boxes(known, part)
    assert float(points.figures[0][1].attributes["data-v"]) == pytest.approx(0.4)
    assert [word for word, _cell in needed.figures] == ["+5 %", "+10 %"]
    assert float(needed.figures[0][1].attributes["data-v"]) == pytest.approx(100 * 920 / 19_000)
    assert coverage.figures[0][1].text.en == "5.0"
    other = by_basis(progress, "identified")
    assert other is not None
    assert national_of(other) is None


def test_a_basis_without_a_known_baseline_is_empty_and_says_so(
    report: SiteReport, tmp_path: Path
) -> None:
    target = read_target(CONFIG)
    only = target.model_copy(update={"baselines": target.baselines[:1]})
    progress = target_progress(only, Book(report.ledger.entries))
    room = Room(replace(report, progress=(progress,)), FigureStore(tmp_path))
    views = target_page(room)["views"]
    assert [view["plate"] is None for view in views] == [False, True]
    said = {what.en: text.en for what, text in views[0]["assumptions"]}
    assert "computed from the ledger" in said["Source"]
    assert "no confidence limits" in said["Plans"]
    assert "never applied" in said["Taken as given"]
