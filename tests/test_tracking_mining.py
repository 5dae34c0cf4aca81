"""Mining records, and retained resource as of any date, against sums by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from estimation.errors import EstimationError
from estimation.statement.extraction import Ore
from estimation.statement.mined import MinedVolume
from estimation.statement.volumes import Stage
from geo.config import ConfigError
from tests.fabricated import copper_result, copper_row, fabricated_result
from tracking.ledger.entries import LedgerEntry
from tracking.ledger.ledger import Ledger
from tracking.mining.file import period_of, read_mining
from tracking.mining.period import MinedClass, MinedPeriod
from tracking.mining.retained import Retained, figure_as_of, retain
from tracking.movement.movement import movements
from tracking.movement.quantities import ORE, part_kg
from tracking.movement.statutory import statutory_forms
from tracking.target.course import Excluded, History, Question, course_of

BASE = date(2024, 12, 31)
TONNES = {"measured": 1000.0, "indicated": 2000.0, "inferred": 3000.0}


@pytest.fixture
def ledger(tmp_path: Path) -> Any:
    """An empty ledger."""
    with Ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as opened:
        yield opened


def period(
    start: date, end: date, mined_t: float, lost_t: float | None = None, **changes: Any
) -> MinedPeriod:
    """Copper mined of Measured ore at 1 %."""

    def ore(copper_t: float) -> Ore:
        return Ore(100.0 * copper_t, {"cu_pct": copper_t})

    part = MinedClass("measured", ore(mined_t), None if lost_t is None else ore(lost_t))
    made = MinedPeriod("gangdese", "test-syn", start, end, (part,), "annual report, p. 3", by="A")
    return replace(made, **changes)


def volume(day: date, copper_t: float, loss: float | None = 0.1) -> MinedVolume:
    """A surveyed volume that took Measured ore."""
    return MinedVolume(Stage(day, loss, 0.05, None, None), (copper_row("measured", copper_t),))


def left(made: Retained) -> dict[str, float]:
    """Tonnes of copper left by class."""
    return {name: made.retained_kg["cu_pct", name] / 1000 for name in TONNES}


# ------------------------------------------------------------------ records


def test_a_record_holds_all_that_was_taken_and_the_part_lost(ledger: Any) -> None:
    """Depletion = mined + lost in whole kilograms; the ledger reads its parts as an estimate's."""
    made = period(date(2025, 1, 1), date(2025, 12, 31), 171.0, 19.0)
    entry = ledger.record_mining(made, "run")
    assert entry.kind == "mining"
    assert entry.vintage == date(2025, 12, 31)
    assert part_kg(entry, "depletion")["cu_pct", "measured"] == 190_000
    assert part_kg(entry, "lost")["cu_pct", "measured"] == 19_000
    assert part_kg(entry, "depletion")[ORE, "measured"] == 19_000_000
    assert entry.content["depletion"][0]["elements"]["cu_pct"]["grade"] == pytest.approx(1.0)
    assert entry.content["loss_known"]
    assert ledger.record_mining(made, "run") == entry
    assert ledger.verify() == []
    unknown = period(date(2026, 1, 1), date(2026, 3, 31), 5.0)
    assert unknown.content["lost"] == []
    assert not unknown.content["loss_known"]


def test_another_record_of_the_same_days_needs_a_correction(ledger: Any) -> None:
    """The same period with other figures is refused; with a reason it takes the place."""
    first = ledger.record_mining(period(date(2025, 1, 1), date(2025, 12, 31), 10.0), "run")
    other = period(date(2025, 1, 1), date(2025, 12, 31), 12.0)
    with pytest.raises(Exception, match=str(first.number)):
        ledger.record_mining(other, "run")
    fixed = replace(other, replaces=first.number, reason="a truck was forgotten")
    entry = ledger.record_mining(fixed, "run")
    assert [e.number for e in ledger.book().mining] == [entry.number]
    assert ledger.verify() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"start": date(2026, 1, 2)}, "before it begins"),
        ({"citation": " "}, "citation"),
        ({"replaces": 3}, "reason"),
        ({"classes": ()}, "classes"),
        ({"classes": (MinedClass("proved", Ore(1.0, {})),)}, "classes"),
        ({"classes": (MinedClass("measured", Ore(-1.0, {})),)}, "below zero"),
        ({"classes": (MinedClass("measured", Ore(1.0, {"cu_pct": float("nan")})),)}, "below zero"),
    ],
)
def test_what_can_not_be_is_refused(changes: dict[str, Any], said: str) -> None:
    """Each with what is wrong, and where."""
    with pytest.raises(EstimationError, match=said) as error:
        replace(period(date(2025, 1, 1), date(2025, 12, 31), 1.0), **changes)
    assert "test-syn" in str(error.value)


FORM: dict[str, Any] = {
    "deposit": "test-syn",
    "start": "2025-01-01",
    "end": "2025-12-31",
    "citation": "annual report",
    "by": "A",
}


def written(folder: Path, **keys: Any) -> Path:
    """A form in a file."""
    path = folder / "form.yaml"
    path.write_text(yaml.safe_dump({**FORM, **keys}), "utf-8")
    return path


def test_a_form_by_class_and_a_form_by_ore_delivered(tmp_path: Path) -> None:
    """100 kt delivered at 0.9 %, 10 % lost, 10 % waste: 100 kt of ore at 1 % were taken."""
    delivered = {
        "class": "measured",
        "ore_t": 100_000.0,
        "grade": {"cu_pct": 0.9},
        "loss_rate": 0.1,
        "dilution_rate": 0.1,
    }
    made = period_of(read_mining(written(tmp_path, delivered=delivered)), "belt", ("cu_pct",))
    content = made.content
    assert content["depletion"][0]["ore_kg"] == 100_000_000
    assert content["depletion"][0]["elements"]["cu_pct"]["metal_kg"] == 1_000_000
    assert content["lost"][0]["elements"]["cu_pct"]["metal_kg"] == 100_000
    assert content["delivered"]["elements"]["cu_pct"] == {"grade": 0.9, "metal_kg": 900_000}
    ore = {"ore_t": 90_000.0, "metal_t": {"cu_pct": 900.0}}
    lost = {"ore_t": 10_000.0, "metal_t": {"cu_pct": 100.0}}
    by_class = [{"class": "measured", "mined": ore, "lost": lost}]
    other = period_of(read_mining(written(tmp_path, classes=by_class)), "belt", ("cu_pct",))
    assert other.content["depletion"] == content["depletion"]
    assert other.content["lost"] == content["lost"]
    with pytest.raises(ConfigError, match="cu_pct"):
        period_of(read_mining(written(tmp_path, classes=by_class)), "belt", ("mo_pct",))


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"classes": [{"class": "proved", "mined": {"ore_t": 1.0, "metal_t": {}}}]},
        {"classes": [{"class": "measured", "mined": {"ore_t": -1.0, "metal_t": {}}}]},
        {"end": "never"},
    ],
)
def test_a_form_that_is_wrong_says_so(tmp_path: Path, keys: dict[str, Any]) -> None:
    """With the file's name and the key."""
    with pytest.raises(ConfigError, match=r"form\.yaml"):
        read_mining(written(tmp_path, **keys))


# ------------------------------------------------------------------ retained


@pytest.fixture
def figure(ledger: Any) -> LedgerEntry:
    """An estimate of the end of 2024."""
    entry: LedgerEntry = ledger.record(copper_result(BASE, TONNES), "run")
    return entry


def entered(ledger: Any, *periods: MinedPeriod) -> tuple[LedgerEntry, ...]:
    """Mining entries."""
    return tuple(ledger.record_mining(one, "run") for one in periods)


def test_the_latest_figure_up_to_the_day_counts(ledger: Any, figure: LedgerEntry) -> None:
    """Not one of a later date."""
    later = ledger.record(copper_result(date(2025, 12, 31), TONNES), "run")
    figures = ledger.current("test-syn")
    assert figure_as_of(figures, date(2025, 12, 30)) == figure
    assert figure_as_of(figures, date(2025, 12, 31)) == later
    assert figure_as_of(figures, date(2024, 12, 30)) is None


def test_nothing_mined_leaves_the_figure(figure: LedgerEntry) -> None:
    """And nothing is said of a deposit that was never mined."""
    made = retain(figure, date(2026, 6, 30), (), ())
    assert left(made) == TONNES
    assert made.remarks == ()


def test_volumes_win_over_records_of_the_same_days(ledger: Any, figure: LedgerEntry) -> None:
    """Half a year by a volume, a record over both halves counts for its second half only."""
    year = period(date(2025, 1, 1), date(2025, 12, 31), 300.0, 65.0)
    whole_before = period(date(2025, 2, 1), date(2025, 3, 31), 7.0)
    records = entered(ledger, year, whole_before)
    surveyed = volume(date(2025, 6, 30), 150.0)
    made = retain(figure, date(2025, 12, 31), (surveyed,), records)
    assert [(t.source, t.days, t.of_days) for t in made.taken] == [
        ("volume", 1, 1),
        ("record", 184, 365),
    ]
    second = round(365_000 * 184 / 365)
    assert left(made)["measured"] == (1_000_000 - 150_000 - second) / 1000
    assert made.taken[0].lost_kg["cu_pct", "measured"] == 15_000
    assert made.taken[1].lost_kg["cu_pct", "measured"] == round(65_000 * 184 / 365)
    said = " ".join(words.en for words in made.remarks)
    assert f"record {records[1].number} (2025-02-01 to 2025-03-31) is not counted" in said
    assert "184 of its 365 days" in said
    assert "surveyed volume counts instead" in said
    assert left(made)["indicated"] == TONNES["indicated"]


def test_days_count_once_and_days_without_a_word_are_told(ledger: Any, figure: LedgerEntry) -> None:
    """Overlapping records share no day; the day asked for cuts a record; a gap is told."""
    records = entered(
        ledger,
        period(date(2025, 1, 1), date(2025, 1, 31), 31.0),
        period(date(2025, 1, 21), date(2025, 2, 19), 30.0),
        period(date(2025, 4, 1), date(2025, 4, 30), 30.0),
        period(date(2024, 1, 1), date(2024, 12, 31), 99.0),
    )
    made = retain(figure, date(2025, 4, 10), (), records)
    assert [(t.days, t.of_days) for t in made.taken] == [(31, 31), (19, 30), (10, 30)]
    assert left(made)["measured"] == 1000.0 - 31.0 - 19.0 - 10.0
    assert any("2025-02-20..2025-03-31" in words.en for words in made.remarks)
    assert all(words.zh and words.en for words in made.remarks)


def test_a_record_across_the_figures_date_counts_after_it(ledger: Any, figure: LedgerEntry) -> None:
    """What was mined before the effective date is in the estimate already."""
    records = entered(ledger, period(date(2024, 12, 22), date(2025, 1, 10), 20.0))
    made = retain(figure, date(2025, 1, 10), (), records)
    assert left(made)["measured"] == 990.0


def test_more_mined_than_there_was_is_told_not_hidden(ledger: Any, figure: LedgerEntry) -> None:
    """The sum stays the sum; a person must look at the classes."""
    records = entered(ledger, period(date(2025, 1, 1), date(2025, 12, 31), 1e6))
    made = retain(figure, date(2025, 12, 31), (), records)
    assert left(made)["measured"] == 1000.0 - 1e6
    assert any("more was mined than was estimated" in words.en for words in made.remarks)


def test_opening_less_taken_is_retained_to_the_kilogram(ledger: Any, figure: LedgerEntry) -> None:
    """For ore and metal of every class; elements that the figure doesn't state are left out."""
    odd = MinedClass("inferred", Ore(0.0015, {"cu_pct": 0.0005, "zn_pct": 1.0}))
    records = entered(
        ledger,
        period(date(2025, 1, 1), date(2025, 1, 7), 0.0, classes=(odd,)),
        period(date(2025, 1, 8), date(2025, 1, 30), 1.2345678, 0.7654321),
    )
    made = retain(figure, date(2025, 1, 25), (volume(date(2025, 1, 3), 1 / 3, None),), records)
    for key, opening in made.opening_kg.items():
        assert opening - made.taken_kg[key] == made.retained_kg[key]
    assert {name for name, _ in made.taken_kg} == {ORE, "cu_pct"}


def test_an_element_that_a_record_leaves_out_is_not_left_untouched(ledger: Any) -> None:
    """Rhenium of the figure isn't in the record: named, and marked as before this mining."""
    figure = ledger.record(fabricated_result(vintage=BASE), "run")
    record = ledger.record_mining(period(date(2025, 1, 1), date(2025, 12, 31), 10.0), "run")
    made = retain(figure, date(2025, 12, 31), (), [record])
    assert made.before_mining == ("mo_pct", "re_ppm", "au_gpt", "ag_gpt")
    (said,) = made.remarks
    assert f"第 {record.number} 条开采记录未载明 Mo、Re、Au、Ag" in said.zh
    assert "as before this mining" in said.en


def test_a_record_up_to_an_estimate_that_states_nothing_mined_is_never_silent(ledger: Any) -> None:
    """Not taken off: mined and growth between the estimates are not known, and that is said."""
    opening = ledger.record(copper_result(BASE, {"measured": 100.0}), "run")
    closing = ledger.record(copper_result(date(2025, 12, 31), {"measured": 130.0}), "run")
    record = ledger.record_mining(period(date(2025, 1, 1), date(2025, 12, 31), 10.0), "run")
    (said,) = retain(closing, date(2025, 12, 31), (), [record]).remarks
    assert "未从 2025-12-31 估算中扣除" in said.zh
    figures = (opening, closing)
    lines = movements(figures, beside=[record])
    assert {line.mining for line in lines} == {"not deducted"}
    copper = next(line for line in lines if line.element == "cu_pct")
    assert (copper.mined_kg, copper.lost_kg, copper.cumulative_closing_kg) == (None, None, None)
    question = Question("cu_pct", ("measured",), is_the_targets=True)
    course = course_of(History(figures, lines, {}), BASE, question)
    assert isinstance(course, Excluded)
    assert "开采记录未从估算中扣除" in course.reason_zh
    row = statutory_forms(figures, {}, "x", beside=[record])[0].rows[-1]
    assert "开采记录未从估算中扣除" in row.remark[0]
    assert row.kg["mined_kg"] is None
    assert {line.mining for line in movements(figures)} == {"stated"}


def test_content_is_marked_in_what_is_retained(ledger: Any) -> None:
    """Gold below its threshold is content, no resource."""
    figure = ledger.record(fabricated_result(vintage=BASE), "run")
    judged = replace(figure, content={**figure.content, "judged": {"au_gpt": "BELOW_THRESHOLD"}})
    assert retain(figure, BASE, (), ()).content == ()
    assert retain(judged, BASE, (), ()).content == ("au_gpt",)
