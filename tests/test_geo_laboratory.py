"""Laboratory sheets: wide or long, by several methods, joined to samples by sample id."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geo.drillholes.reading import read_drillholes
from geo.formats import open_sheets
from geo.tables.headings import Place
from geo.tables.laboratory import join_results
from geo.tables.long_form import _UNIT_COLUMN, scaled_text, widen
from geo.tables.table import Table, best_sheet, read_table
from tests.conftest import make_conventions

WIDE = "hole_id,from,to,sample_id,Cu(%),Mo(%),Au(g/t)\n"
WIDE += "A,0,2,s1,0.5,0.01,0.2\nA,2,4,s2,<0.01,,0.003\nB,0,2,s3,0.7,0.02,\n"
LONG = """hole_id,from,to,sample_id,Element,Result,Unit
A,0,2,s1,Cu,5000,ppm
A,0,2,s1,Mo,0.01,%
A,0,2,s1,Au,200,ppb
A,2,4,s2,Cu,<100,ppm
A,2,4,s2,Au,0.003,g/t
B,0,2,s3,Cu,0.7,%
B,0,2,s3,Mo,200,ppm
"""


def read(path: Path, table: str = "assay", **more: object) -> Table:
    return read_table(path, table, conventions=make_conventions(), **more)  # type: ignore[arg-type]


def written(tmp_path: Path, text: str, name: str = "t.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def codes(findings) -> list[str]:
    return [found.code for found in findings]


def test_a_long_table_is_the_wide_one(tmp_path):
    wide = read(written(tmp_path, WIDE, "wide.csv"))
    long = read(written(tmp_path, LONG, "long.csv"))
    drop = ["file", "row"]
    pd.testing.assert_frame_equal(long.frame.drop(columns=drop), wide.frame.drop(columns=drop))
    assert (long.balance.rows_in, long.balance.accepted) == (7, 7)
    assert long.frame["row"].tolist() == [2, 5, 7]
    assert [long.lines[row].tolist() for row in (2, 5, 7)] == [[2, 3, 4], [5, 6], [7, 8]]


def test_every_row_of_a_long_table_is_accounted_for(tmp_path):
    more = "A,0,2,s1,Cu,5000,ppm\nA,2,4,s2,Au,9,g/t\nB,0,2,s3,Unobtainium,1,%\n"
    more += "B,0,2,s3,Ag,1,furlong\nB,2,4,s4,Cu,-5,%\nB,2,4,s4,Mo,0.1,%\n"
    table = read(written(tmp_path, LONG + more))
    found = {(f.code, f.row) for f in table.findings}
    assert {("BN-TAB-028", None), ("BN-TAB-027", None), ("BN-TAB-030", None)} <= found
    assert {("BN-TAB-025", 6), ("BN-TAB-025", 10), ("BN-TAB-026", 12)} <= found
    refused = set(zip(table.refused["code"], table.refused["row"], strict=True))
    assert {("BN-TAB-025", 6), ("BN-TAB-025", 10), ("BN-TAB-026", 12)} <= refused
    of_s4 = {row for code, row in refused if row in (13, 14)}
    assert of_s4 in (set(), {13, 14}), "a sample is refused with all its rows"
    b = table.balance
    assert b.rows_in == 13 == b.accepted + b.quarantined + b.skipped
    assert b.skipped == 2
    assert table.raw[12] == "B | 0 | 2 | s3 | Ag | 1 | furlong"
    assert "au_gpt" in table.frame
    assert np.isnan(table.frame.set_index("sample_id").loc["s2", "au_gpt"])


@pytest.mark.parametrize(
    ("text", "factor", "stored", "expected"),
    [
        ("740", 1e-6, 1e-2, "0.074"),
        ("<5", 1e-9, 1e-6, "<0.005"),
        ("0.35", 1e-2, 1e-6, "3500"),
        ("N.D.", 1e-6, 1e-2, "N.D."),
        ("0.10", 1e-2, 1e-2, "0.10"),
        ("20L", 1e-6, 1e-2, "0.0020l"),
        ("−740", 1e-6, 1e-2, "-0.0740"),
        ("7,4", 1e-6, 1e-2, "0,00074"),
        ("<7,4", 1e-6, 1e-2, "<0,00074"),
        ("1,000.5", 1e-6, 1e-2, "1,000.5"),
        ("1e0003", 1e-6, 1e-2, "0.1"),
        ("1e9999999", 1e-6, 1e-2, "1e9999999"),
    ],
)
def test_texts_are_scaled_exactly(text, factor, stored, expected):
    made = scaled_text(text, factor, stored)
    assert made == expected or float(made) == float(expected)


def test_a_decimal_comma_and_a_mark_keep_their_meaning_in_a_long_table(tmp_path):
    text = 'sample_id,element,value,unit\na,Cu,"7,4",ppm\nb,Cu,740L,ppm\nc,Cu,-99.0,ppm\n'
    path = written(tmp_path, text)
    comma = read_table(path, "laboratory", conventions=make_conventions(decimal="comma"))
    assert comma.frame["cu_pct"].iloc[0] == pytest.approx(0.00074)
    assert comma.frame["cu_pct"].iloc[1] == pytest.approx(0.037)  # half of the limit
    cells, header = best_sheet(open_sheets(path), "laboratory", {})
    wide = widen(cells, header, Place("a.csv", None, "laboratory"), {}, ("-99",))
    assert wide is not None
    assert [row[-1] for row in wide.sheet.head(9)] == ["0,00074", "0.0740l", "-99.0"]


@pytest.mark.parametrize("digits", ["9" * 20_000 + "!", "a" + "_" * 20_000])
def test_a_cell_of_thousands_of_signs_takes_no_time(digits):
    started = time.perf_counter()
    assert scaled_text(digits, 1e-6, 1e-2) == digits
    assert _UNIT_COLUMN.fullmatch(digits) is None
    assert time.perf_counter() - started < 1.0


def test_units_in_a_column_of_their_own(tmp_path):
    text = "SAMPLE,Au,Au_UNIT,Fe,Fe_UNIT\na,10,ppb,8.25,%\nb,0.02,ppm,740,ppm\nc,1,dozen,,\n"
    table = read(written(tmp_path, text), "laboratory")
    assert table.frame["au_gpt"].tolist() == [0.01, 0.02]
    assert table.frame["fe_pct"].tolist() == [8.25, 0.074]
    assert table.refused[["row", "code"]].to_numpy().tolist() == [[4, "BN-TAB-026"]]


def test_two_methods_for_one_element_are_both_kept_or_asked_about(tmp_path):
    head = "Sample,Au-AA25,ME-ICP41,ME-ICP41.1\n,Au,Au,Cu\n,ppm,ppm,ppm\n"
    table = read(written(tmp_path, head + "s1,0.5,0.4,1200\n"), "laboratory")
    assert table.usable, table.findings
    row = table.frame.iloc[0]
    assert (row["au_gpt"], row["au_gpt__me_icp41"], row["cu_pct"]) == (0.5, 0.4, 0.12)
    (told,) = [f for f in table.findings if f.code == "BN-TAB-023"]
    assert told.severity == "warning"
    assert "Au-AA25" in told.message_en
    unclear = written(tmp_path, "Sample,Au,Au\n,ppm,ppm\ns1,0.5,0.4\n")
    assert "BN-TAB-007" in codes(read(unclear, "laboratory").findings)
    chosen = read(unclear, "laboratory", columns={"Au.1": "au_gpt"})
    assert chosen.frame["au_gpt"].tolist() == [0.4]


def with_results(deposit, results: str, **changes):
    """The small deposit with its grades in a laboratory's table."""
    register = "BHID,FROM,TO,SAMPLE\nA1,0,2,s1\nA1,2,4,s2\nA1,4,6,s3\nA2,0,3,s4\nA2,3,6,s5\n"
    sources = deposit(assay=register, **changes)
    root = Path(sources.root)
    (root / "lab.csv").write_text(results, "utf-8")
    plain = sources.model_dump()
    plain["campaigns"][0]["files"] = [
        *plain["campaigns"][0]["files"],
        {"path": "lab.csv", "table": "laboratory"},
    ]
    return type(sources).model_validate(plain)


GOOD = "Sample No,Cu(%),Mo(ppm)\ns1,0.5,100\nS2,0.6,120\ns4,0.3,80\ns5,0.2,90\n"


def test_results_meet_their_samples_by_sample_id(deposit):
    joined = read_drillholes(with_results(deposit, GOOD), Path())
    plain = read_drillholes(deposit(), Path())
    assert joined.drillholes is not None, joined.findings
    assert plain.drillholes is not None
    columns = ["hole_id", "from_m", "to_m", "sample_id", "cu_pct", "mo_pct"]
    pd.testing.assert_frame_equal(joined.drillholes.assay[columns], plain.drillholes.assay[columns])
    (without,) = [f for f in joined.findings if f.code == "BN-TAB-033"]
    assert without.message_en.endswith("s3")


def test_results_that_fit_no_sample_or_several_are_quarantined(deposit):
    bad = GOOD + "zz,1,1\ns4,0.9,80\n,0.1,1\n"
    reading = read_drillholes(with_results(deposit, bad), Path())
    rows = {(r.code, r.row) for r in reading.refused.itertuples() if r.table == "laboratory"}
    assert rows == {
        ("BN-TAB-032", 6),
        ("BN-TAB-034", 4),
        ("BN-TAB-034", 7),
        ("BN-TAB-017", 8),
    }
    (lab,) = [b for b in reading.balances if b.table == "laboratory"]
    assert (lab.rows_in, lab.accepted, lab.quarantined, lab.skipped) == (7, 3, 4, 0)
    raw = reading.refused.set_index(["table", "row"])["raw"]
    assert raw["laboratory", 6] == "zz | 1 | 1"


def test_control_samples_are_left_for_quality_control(deposit):
    text = "Sample No,Cu(%),QC Type\ns1,0.5,\nstd1,0.6,CRM\nblk1,0.001,BLANK\n"
    reading = read_drillholes(with_results(deposit, text), Path())
    assert "BN-TAB-038" in codes(reading.findings)
    assert "BN-TAB-032" not in codes(reading.findings)
    assert reading.qaqc["sample_id"].tolist() == ["std1", "blk1"]
    (lab,) = [b for b in reading.balances if b.table == "laboratory"]
    assert (lab.rows_in, lab.accepted, lab.quarantined, lab.skipped) == (3, 1, 0, 2)


def test_a_result_that_contradicts_the_sample_table_is_refused(deposit):
    sources = with_results(deposit, "Sample No,Cu(%)\ns1,0.5\ns2,0.9\n")
    root = Path(sources.root)
    register = (
        "BHID,FROM,TO,SAMPLE,CU_PCT\nA1,0,2,s1,0.5\nA1,2,4,s2,0.6\nA2,0,3,s4,0.3\nA2,3,6,s4,\n"
    )
    (root / "assay.csv").write_text(register)
    reading = read_drillholes(sources, Path())
    assert ("BN-TAB-039", 3) in {(r.code, r.row) for r in reading.refused.itertuples()}
    (root / "lab.csv").write_text("Sample No,Mo(%)\ns4,0.5\n")
    twice = read_drillholes(sources, Path())
    assert "BN-TAB-037" in set(twice.refused["code"])


def test_a_recovery_that_is_no_number_does_not_cost_the_sample(tmp_path):
    text = "BHID,FROM,TO,SAMPLE,CU_PCT,REC\nA,0,1,1.0,0.5,good\nA,1,2,2.0,0.6,95\n"
    table = read(written(tmp_path, text))
    assert {"BN-TAB-024", "BN-TAB-029"} <= set(codes(table.findings))
    assert len(table.frame) == 2
    assert table.frame["sample_id"].tolist() == ["1", "2"]


# --- public data


def test_als_sheets_with_titles_methods_and_units(shared_data):
    folder = shared_data / "07_als_multielement_open"
    core = read(folder / "An1-Core.csv", "laboratory", columns={"Au": "au_gpt"})
    assert core.usable, [f for f in core.findings if f.severity == "error"]
    assert core.frame["row"].iloc[0] == 4
    assert core.frame["sample_id"].iloc[0] == "S001"
    assert {"au_gpt", "ag_gpt", "cu_pct", "re_ppm"} <= set(core.frame)
    assert core.frame["cu_pct"].iloc[0] == pytest.approx(13.3e-4)
    chips = read(folder / "An6_Chip.csv", "laboratory", columns={"Au.1": "au_gpt"})
    methods = {c.name: c.method for c in chips.columns}
    assert (methods["au_gpt"], methods["ag_gpt"]) == ("Au-OG44", "ME-ICP41")
    asked = read(folder / "An7_Grap.csv", "laboratory")
    assert "BN-TAB-007" in codes(asked.findings), "Au and Au.1, methods unknown"


def test_sarig_long_and_wide_copies_are_one_table(shared_data):
    folder = shared_data / "30_formats_omf_templates"
    long = read(folder / "sarig_long_format.csv", "laboratory")
    wide = read(folder / "sarig_wide_3.csv", "laboratory")
    both = ["sample_id", "hole_id", "from_m", "to_m", "au_gpt", "feo_pct"]
    first = long.frame[long.frame["sample_id"].isin(["2071336", "6481"])][both]
    pd.testing.assert_frame_equal(
        first.reset_index(drop=True), wide.frame[both].reset_index(drop=True)
    )
    assert long.balance.rows_in == 6
    by_sample = long.frame.set_index("sample_id")["fe_pct"]
    assert by_sample["10906"] == 0.074, "740 ppm"
    assert by_sample["9022"] == 8.25


def test_the_government_template_with_eight_header_rows(shared_data):
    path = shared_data / "30_formats_omf_templates/gsq_submission_template_example.xlsx"
    table = read(path, "assay", sheet="DRILLHOLE_GEOCHEMISTY")
    (where,) = [f for f in table.findings if f.code == "BN-TAB-019"]
    assert where.row == 1
    assert "BN-TAB-006" not in codes(table.findings)
    lithology = read(path, "lithology", sheet="DRILLHOLE_LITHOLOGY")
    assert "DATA TYPE" not in " ".join(map(str, lithology.frame.to_numpy().ravel()))


def test_a_result_fills_what_the_sample_table_leaves_blank_and_no_more():
    place = {"file": "a.csv", "sheet": "", "row": [2, 3, 4]}
    dates = pd.to_datetime(["2024-01-01"] * 3)
    samples = pd.DataFrame(
        {"sample_id": ["s1", "s2", "s3"], "hole_id": "A", "as_of": dates, **place}
    ).assign(batch=["B1", "", ""])
    results = pd.DataFrame(
        {"sample_id": ["s2", "s1"], "batch": ["L2", "L1"], "cu_pct": [0.2, 0.1]}
    ).assign(file="lab.csv", sheet="", row=[2, 3], as_of=dates[:2])
    made = join_results(samples, results).samples
    assert made["batch"].tolist() == ["B1", "L2", ""]
    assert made["cu_pct"].tolist()[:2] == [0.1, 0.2]
