"""Special values keep their meaning: each kind is told apart, counted, and treated by its rule."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pydantic import ValidationError

from geo.config import SpecialRule
from geo.special.detection import RowContext, row_context, year_of
from geo.special.grades import Grades, read_grades
from geo.special.kinds import is_usual_limit, spike_of
from geo.special.values import read_numbers
from geo.tables.headings import ColumnRead
from tests.conftest import make_conventions


def rule(**changes: Any) -> SpecialRule:
    plain = {
        "columns": "all",
        "kind": "negative_limit",
        "becomes": "half_limit",
        "by": "test",
        "date": date(2026, 1, 1),
        "reason": "test",
    }
    return SpecialRule(**{**plain, **changes})


def grades(
    cells: Any,
    *rules: SpecialRule,
    name: str = "au_gpt",
    unit: str = "ppm",
    factor: float = 1.0,
    table: str = "assay",
    context: RowContext = RowContext(),
    **changes: Any,
) -> Grades:
    column = ColumnRead(name, "grade", 0, "Au", unit, factor)
    conventions = make_conventions(special_values=rules, **changes)
    return read_grades(column, cells, conventions, table, context)


def codes(read: Grades) -> list[str]:
    return [code for code, _ in read.notes] + [flag.code for flag in read.flags]


def undecided(read: Grades) -> dict[str, int]:
    return {t.kind: t.count for t in read.special.treatments if not t.reviewed}


FILLER = [f"{0.31 + 0.01 * i:.2f}" for i in range(30)]


@pytest.mark.parametrize(
    ("cell", "kind", "value"),
    [
        ("＜0.02", "below", 0.01),
        ("0.02L", "below", 0.01),
        ("未检出", "below_word", np.nan),
        ("N.D", "below_word", np.nan),
        ("痕", "below_word", np.nan),
        ("NS", "mark", np.nan),
        ("I.S.", "mark", np.nan),
        ("L.N.R.", "mark", np.nan),
        ("—", "not_assayed", np.nan),  # declared: "-" and its other dashes
        ("/", "mark", np.nan),
        ("未测", "mark", np.nan),
        ("  ", "blank", np.nan),
        ("-9", "sentinel", np.nan),
        ("-99", "sentinel", np.nan),
        ("-999", "sentinel", np.nan),
        ("1E31", "sentinel", np.nan),
        ("-1e30", "sentinel", np.nan),
        ("99999", "sentinel", np.nan),
        (">10", "over", 10.0),
        ("0", "zero", 0.0),
        ("-0.3", "negative", -0.3),
        ("0,5", "decimal_comma", np.nan),
        ("abc", "text", np.nan),
    ],
)
def test_every_kind_is_told_apart_and_nothing_unassayed_becomes_zero(
    cell: str, kind: str, value: float
) -> None:
    read = grades([*FILLER, cell])
    assert read.special.before == {"number": len(FILLER), kind: 1}
    np.testing.assert_equal(read.values[-1], value)
    assert sum(read.special.after.values()) == len(FILLER) + 1


def test_negative_limits_need_repeats_and_a_usual_limit() -> None:
    """-0.01 twice is a mark, -0.0137 twice are slips; before a rule the mark is no number."""
    read = grades([*FILLER, "-0.01", "-0.01", "-0.0137", "-0.0137"])
    assert read.special.before["negative_limit"] == 2
    assert read.special.before["negative"] == 2
    assert undecided(read) == {"negative_limit": 2}
    assert np.isnan(read.values[-4:-2]).all()
    (flag,) = read.flags
    assert (flag.code, flag.rows.tolist()) == ("BN-ASY-001", [32, 33])
    decided = grades([*FILLER, "-0.01"], rule())
    assert decided.values[-1] == 0.005
    assert not undecided(decided)
    assert "BN-ASY-013" in codes(decided)


def test_the_limit_that_held_in_the_year_of_the_assay_is_used() -> None:
    """Until 2012 the laboratory reported to 0.05 g/t, from 2013 to 0.01 g/t; 0 stands for both."""
    dates = ["2010-06-01", "1/5/2012", "2013年3月", "", "2014-01-01"]
    context = row_context({"date": dates, "method": ["FA", "FA", "FA", "FA", "AR"]})
    old = rule(kind="zero", method="fa", to_year=2012, limit=50, limit_unit="ppb")
    new = rule(kind="zero", method="FA", from_year=2013, limit=0.01, limit_unit="ppm")
    read = grades(["0"] * 5, old, new, context=context)
    np.testing.assert_array_equal(read.values[:3], [0.025, 0.025, 0.005])
    assert undecided(read) == {"zero": 2}, "no year, and another method: nobody decided"
    by_rule = {t.rule: t.count for t in read.special.treatments}
    assert by_rule == {"special_values[0]": 2, "special_values[1]": 1, "undecided": 2}
    assert np.isnan(year_of("12.5"))
    assert grades(["0"] * 5, old, new).values.tolist() == [0.0] * 5, "no columns, no rule fits"


@pytest.mark.parametrize(
    ("kind", "cell", "becomes", "more", "value"),
    [
        ("zero", "0", "not_assayed", {}, np.nan),
        ("zero", "0", "half_limit", {"limit": 20, "limit_unit": "ppb"}, 0.01),
        ("sentinel", "-999", "not_assayed", {}, np.nan),
        ("over", ">10", "value", {}, 10.0),
        ("below", "<0.05", "zero", {}, 0.0),
        ("below_word", "ND", "limit", {"limit": 0.02, "limit_unit": "gpt"}, 0.02),
        ("mark", "NS", "not_assayed", {}, np.nan),
        ("negative_limit", "-0.05", "limit", {}, 0.05),
    ],
)
def test_a_rule_decides_and_is_counted(
    kind: str, cell: str, becomes: str, more: dict[str, Any], value: float
) -> None:
    read = grades([*FILLER, cell], rule(kind=kind, becomes=becomes, **more))
    np.testing.assert_equal(read.values[-1], value)
    assert not undecided(read)
    other = grades([*FILLER, cell], rule(kind=kind, becomes=becomes, columns=("cu_pct",), **more))
    assert all(t.rule != "special_values[0]" for t in other.special.treatments)


def test_a_rule_may_refuse_rows() -> None:
    read = grades([*FILLER, "NS"], rule(kind="mark", becomes="refuse"))
    (flag,) = read.flags
    assert (flag.code, flag.rows.tolist()) == ("BN-ASY-020", [30])
    assert read.special.after["refused"] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "zero", "becomes": "half_limit"},
        {"kind": "mark", "becomes": "value"},
        {"limit": 0.01},
        {"from_year": 2014, "to_year": 2012},
        {"kind": "zeros"},
    ],
)
def test_a_rule_that_can_not_be_followed_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        rule(**wrong)


def test_half_limits_stand_out_and_rounded_grades_do_not() -> None:
    rng = np.random.default_rng(4)
    rounded = np.round(rng.lognormal(-3.2, 0.8, 4000), 2)
    assert spike_of(rounded[rounded > 0]) is None, "grades rounded to 0.01 fall off gently"
    real = np.round(rng.lognormal(0, 1, 1000), 1)
    spiked = np.where(real <= 1.0, 0.5, real)
    assert spike_of(spiked) == 0.5
    assert spike_of(np.full(52, 2.5)) == 2.5
    read = grades([f"{v:g}" for v in spiked], rule(kind="spike", becomes="value"))
    assert read.special.before["spike"] == int((spiked == 0.5).sum())
    assert not undecided(read)


def test_usual_limits() -> None:
    assert all(map(is_usual_limit, (0.01, 0.5, 20.0, 0.002, 0.0003)))
    assert not any(map(is_usual_limit, (0.013, 0.4, 25.0)))


def test_many_zeros_wait_and_few_do_not() -> None:
    few = grades(["0", *FILLER * 5])
    assert not undecided(few)
    some = grades(["0"] * 5 + FILLER)
    assert undecided(some) == {"zero": 5}
    assert "BN-ASY-011" in codes(some)
    many = grades(["0"] * 20 + FILLER)
    assert "BN-ASY-006" in codes(many)
    assert undecided(many) == {"zero": 20}
    not_assayed = grades(["0"] * 20 + FILLER, zero_is="not_assayed")
    assert not undecided(not_assayed)
    assert np.isnan(not_assayed.values[:20]).all()


def test_numbers_below_the_stated_limit_are_noted() -> None:
    assert "BN-ASY-014" in codes(grades([*FILLER, "<0.02", "0.013"]))
    assert "BN-ASY-014" not in codes(grades([*FILLER, "<0.02", "0.02"]))


def test_arrow_texts_and_floats_read_like_python_texts() -> None:
    texts = ["0.5", "", "+1.25", "1e-3", "<0.1", "nan", "１.５", "-", "0.30000001"]
    plain = read_numbers(texts, ("-",))
    arrow = read_numbers(pa.array([t or None for t in texts]), ("-",))
    np.testing.assert_array_equal(plain.values, arrow.values)
    np.testing.assert_array_equal(plain.kinds, arrow.kinds)
    assert plain.values.tolist()[:5] == [0.5, pytest.approx(np.nan, nan_ok=True), 1.25, 1e-3, 0.1]
    typed = read_numbers(pa.array([0.5, None, float("inf"), -99.0]), ("-99",))
    assert typed.kinds.tolist() == [0, 1, 6, 2]
    comma = read_numbers(["0,35", "<0,01", "1.5"], (), decimal="comma")
    assert comma.values.tolist() == [0.35, 0.01, 1.5]


# ---- public data, count for count -----------------------------------------------------------


def column_of(path: Path, name: str) -> list[str]:
    with path.open(encoding="utf-8-sig") as stream:
        return [row[name] for row in csv.DictReader(stream)]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("heading", "zeros", "negatives", "kind"),
    [
        ("Cu_ppm", 81, 0, "negative_limit"),
        ("Mo_ppm", 330, 0, "negative_limit"),
        ("Ag_ppm", 565, 1, "negative"),
        ("Au_ppm", 804, 2, "negative_limit"),
    ],
)
def test_forrestania_zeros_and_negatives_as_its_readme_counts(
    shared_data: Path, heading: str, zeros: int, negatives: int, kind: str
) -> None:
    cells = column_of(shared_data / "06_forrestania_gswa" / "assay.csv", heading)
    read = grades(cells)
    assert read.special.before["zero"] == zeros
    assert read.special.before.get(kind, 0) == negatives
    assert undecided(read)["zero"] == zeros
    settled = grades(
        cells,
        rule(kind="zero", limit=0.01, limit_unit="ppm"),
        rule(),
    )
    assert not undecided(settled)
    assert (settled.values == 0).sum() == 0


@pytest.mark.shared
@pytest.mark.parametrize(
    ("heading", "halves"), [("Mo", 463), ("Ag_INAA", 605), ("As", 10), ("Bi", 15)]
)
def test_half_limits_of_kola_are_as_many_as_the_zeros_of_its_other_coding(
    shared_data: Path, heading: str, halves: int
) -> None:
    """``chorizon`` writes half a limit where ``chorizonDL`` writes 0 (one row more there)."""
    folder = shared_data / "17_kola_geochem"
    half = grades(column_of(folder / "chorizon.csv", heading), name="bi_ppm", table="geochemistry")
    assert half.special.before["spike"] == halves
    if heading in ("As", "Bi"):
        zero = grades(
            column_of(folder / "chorizonDL.csv", heading), name="bi_ppm", table="geochemistry"
        )
        assert zero.special.before["zero"] == halves
        limit = 2 * float(np.nanmin(half.values))
        fits = rule(kind="zero", limit=limit, limit_unit="ppm")
        cells = column_of(folder / "chorizonDL.csv", heading)
        again = grades(cells, fits, name="bi_ppm", table="geochemistry")
        assert np.median(again.values) == np.median(half.values)


@pytest.mark.shared
def test_kola_duplicates_hold_spikes(shared_data: Path) -> None:
    path = shared_data / "14_qaqc_kola_duplicates" / "CHorANADUP.csv"
    assert grades(column_of(path, "A1_Ag_INAA")).special.before == {"spike": 52}
    assert grades(column_of(path, "A1_Mo")).special.before["spike"] == 41


@pytest.mark.shared
def test_walker_lake_writes_1e31_for_nothing(shared_data: Path) -> None:
    lines = (shared_data / "18_walker_lake" / "walker.dat").read_text().splitlines()
    cells = [
        line.split()[4] for line in lines if len(line.split()) == 6 and line[0] in " 0123456789"
    ]
    read = grades(cells)
    assert len(cells) == 470
    assert read.special.before["sentinel"] == 195
    assert np.isnan(read.values).sum() == 195


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "below", "over", "dashes"),
    [
        ("An1-Core.csv", 185, 0, 4),
        ("An6-Grap.csv", 335, 0, 0),
        ("An6_Chip.csv", 2998, 5, 0),
        ("An7_Chip.csv", 407, 0, 0),
        ("An7_Grap.csv", 167, 0, 0),
    ],
)
def test_als_sheets_mark_limits(
    shared_data: Path, name: str, below: int, over: int, dashes: int
) -> None:
    """Their README: 167 to 2998 ``<`` cells a file, over-range cells, and dashes for missing."""
    with (shared_data / "07_als_multielement_open" / name).open(encoding="utf-8-sig") as stream:
        cells = [cell.strip() for row in csv.reader(stream) for cell in row if cell.strip()]
    read = grades([c for c in cells if c[0].isdigit() or c[0] in "<>—-"], not_assayed=())
    assert read.special.before["below"] == below
    assert read.special.before.get("over", 0) == over
    assert read.special.before.get("mark", 0) == dashes


@pytest.mark.shared
def test_babbitt_has_one_zero_of_copper_and_eight_of_nickel(shared_data: Path) -> None:
    path = shared_data / "01_babbitt_cuni" / "assay_BABBITT.csv"
    copper = grades(column_of(path, "CU"), name="cu_pct", unit="pct")
    nickel = grades(column_of(path, "NI"), name="ni_pct", unit="pct")
    assert (copper.special.before["zero"], nickel.special.before["zero"]) == (1, 8)
    assert not undecided(copper)
    assert not undecided(nickel)
