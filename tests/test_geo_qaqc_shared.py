"""Public sets of controls: counts as their descriptions state them, figures worked out apart."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from geo.qaqc import QaqcFile, QaqcReading, QaqcRules, QaqcSource, check_qaqc_folder, read_qaqc

pytestmark = pytest.mark.shared

GSC, KOLA, ALS = "13_qaqc_gsc_rgr", "14_qaqc_kola_duplicates", "07_als_multielement_open"


@pytest.fixture(scope="module")
def gsc(shared_data: Path) -> QaqcReading:
    return check_qaqc_folder(shared_data / GSC)


@pytest.fixture(scope="module")
def kola(shared_data: Path) -> QaqcReading:
    return check_qaqc_folder(shared_data / KOLA)


@pytest.fixture(scope="module")
def als(shared_data: Path) -> QaqcReading:
    return check_qaqc_folder(shared_data / ALS)


def test_the_gsc_standards_are_97_values_of_8_materials(
    gsc: QaqcReading, shared_data: Path
) -> None:
    mine = gsc.controls.repeats.query("file == 'crm.test.csv'")
    assert len(mine) == 97
    by_material = mine["material"].value_counts().to_dict()
    table = pd.read_csv(shared_data / GSC / "crm.test.csv")
    assert by_material == table["CRM"].value_counts().to_dict()
    assert len(by_material) == 8
    for series in (s for s in gsc.standards if s.laboratory == "crm.test.csv"):
        values = table.loc[table["CRM"] == series.material, "Cu"].to_numpy()
        assert series.values.tolist() == values.tolist()
        if series.basis == "own_mean":
            z = stats.zscore(values, ddof=1)
            assert series.warned.tolist() == ((np.abs(z) > 2) & (np.abs(z) <= 3)).tolist()


def test_the_gsc_material_x_is_charted_about_the_value_its_authors_give(shared_data: Path) -> None:
    # 34.5 and 2.19 mg/kg: the example of crm.plot in the package the data come from
    source = QaqcSource.model_validate(
        {
            "files": [{"path": "crm.test.csv"}, {"path": "crm.test.new.csv"}],
            "rules": {
                "on_failure": "note",
                "standard": "three_s",
                "blank_times_detection_limit": 5,
            },
            "certificates": [
                {"material": "X", "element": "Cu", "unit": "ppm", "value": 34.5, "sd": 2.19}
            ],
            "units": {"*": "ppm"},
        }
    )
    series = next(s for s in read_qaqc(source, shared_data / GSC).standards if s.material == "X")
    assert series.basis == "certificate"
    assert len(series.frame) == 35
    off = np.abs(series.values - 34.5)
    assert (series.warned | series.failed).sum() == (off > 2 * 2.19).sum() > 0
    assert series.bias_pct == pytest.approx(100 * (series.values.mean() / 34.5 - 1))


def test_the_gsc_pairs_by_order_and_code_are_80(gsc: QaqcReading, shared_data: Path) -> None:
    mine = gsc.controls.pairs.query("file == 'ad.test.csv'")
    assert len(mine) == 80
    assert set(mine["kind"]) == {"pulp"}
    with (shared_data / GSC / "ad.test.csv").open(encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    by_hand = [
        (float(after["Cu"]), float(row["Cu"])) for row, after in pairwise(rows) if row["RS"] == "8"
    ]
    assert list(zip(mine["first"], mine["second"], strict=True)) == by_hand


def test_the_gsc_triples_are_nine_with_an_analytical_and_a_field_pair(gsc: QaqcReading) -> None:
    count = gsc.controls.pairs.groupby(["file", "kind"]).size().to_dict()
    assert count[("triples.test1.csv", "pulp")] == count[("triples.test1.csv", "field")] == 9
    assert count[("triples.test2.csv", "field")] == 9
    one, two = (
        gsc.controls.pairs.query(f"file == 'triples.test{i}.csv' and kind == 'field'")
        for i in (1, 2)
    )
    # both files hold the same nine sites
    assert sorted(one["first"]) == sorted(two["first"])


def test_one_set_of_16_pairs_in_three_layouts_gives_one_answer(gsc: QaqcReading) -> None:
    series = [s for s in gsc.pairs if s.laboratory.startswith("ms.data")]
    assert [s.n for s in series] == [16, 16, 16]
    assert len({gsc.layouts[s.laboratory] for s in series}) == 2
    first = series[0]
    for other in series[1:]:
        assert other.first.tolist() == first.first.tolist()
        assert other.second.tolist() == first.second.tolist()
        assert other.axis == first.axis
    groups = stats.f_oneway(*np.column_stack([first.first, first.second]))
    anova = first.anova
    assert anova is not None
    assert anova.f == pytest.approx(groups.statistic)


def test_the_kola_counts_are_those_of_its_description(kola: QaqcReading) -> None:
    assert kola.controls.count == {"field": 49, "pulp": 52, "standard": 52}
    assert kola.controls.repeats["element"].nunique() == 94  # and the sample's place: 95 columns
    found = {(f.file, f.code): f.value for f in kola.findings if f.code in
             ("BN-QAQ-013", "BN-QAQ-014")}  # fmt: skip
    assert found == {
        ("CHorFieldDUP.csv", "BN-QAQ-013"): "9",
        ("CHorFieldDUP.csv", "BN-QAQ-014"): "221",
        ("CHorANADUP.csv", "BN-QAQ-014"): "1",
    }


def test_a_column_of_half_limits_is_not_judged(kola: QaqcReading) -> None:
    silver = next(s for s in kola.standards if s.element == "Ag_INAA")
    molybdenum = next(s for s in kola.standards if s.element == "Mo")
    assert silver.basis == molybdenum.basis == "no_variance"
    assert silver.pass_pct is None
    pairs = next(s for s in kola.pairs if s.element == "Ag_INAA" and s.kind == "pulp")
    assert pairs.passed is None


def test_the_kola_copper_chart_is_the_one_of_a_plain_calculation(
    kola: QaqcReading, shared_data: Path
) -> None:
    values = pd.read_csv(shared_data / KOLA / "CHorSTANDARD.csv")["Cu"].to_numpy()
    series = next(s for s in kola.standards if s.element == "Cu")
    z = np.abs(values - values.mean()) / values.std(ddof=1)
    assert series.failed.tolist() == (z > 3).tolist()
    assert series.rsd_pct == pytest.approx(100 * values.std(ddof=1) / values.mean())


def test_the_als_controls_leave_the_samples(als: QaqcReading) -> None:
    rows = {(b.file): (b.rows_in, b.accepted, b.skipped) for b in als.balances}
    assert rows["An1-Core.csv"] == (31, 2, 29)
    assert rows["An6_Chip.csv"][1] == 4
    assert als.controls.count == {"blank": 5, "check": 2, "pulp": 1}
    core = als.controls.pairs.query("file == 'An1-Core.csv' and element == 'Cu'").iloc[0]
    assert (core["sample_id"], core["other_id"]) == ("P3/D/BH1-020", "P3/D/BH1-016")
    assert core["unit"] == "ppm"
    assert core["second"] == 477
    assert not [f for f in als.findings if f.code == "BN-QAQ-002"]


def test_the_als_gold_below_detection_is_no_determination(als: QaqcReading) -> None:
    gold = als.controls.repeats.query("file == 'An1-Core.csv' and element == 'Au'").iloc[0]
    assert bool(gold["below"])
    assert gold["value"] == 0.01
    series = next(s for s in als.blanks if s.element == "Au" and s.laboratory == "An1-Core.csv")
    assert series.limit == pytest.approx(0.05)
    assert series.pass_pct == 100.0


def test_a_folder_without_controls_gives_none(shared_data: Path, tmp_path: Path) -> None:
    rules = QaqcRules(on_failure="note", standard="both", blank_times_detection_limit=5)
    source = QaqcSource(rules=rules, files=(QaqcFile(path="An7_Chip.csv"),))
    reading = read_qaqc(source, shared_data / ALS)
    assert reading.controls.count == {}
    assert [f.code for f in reading.findings] == ["BN-QAQ-023"]
