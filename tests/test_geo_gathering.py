"""Controls leave the samples, lists of members reach the composites, and rows still foot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from geo.config import DrillholeFile, DrillholeSources
from geo.drillholes.gathering import named_files
from geo.drillholes.reading import read_drillholes
from geo.findings import DataError

Write = Callable[..., DrillholeSources]

MIXED = (
    "BHID,FROM,TO,SAMPLE,CU_PCT,MO_PPM,REMARK\n"
    "A1,0,2,s1,0.5,100,\nA1,2,4,s2,0.6,120,quartz\n,,,q1,<0.01,1,BLANK\n,,,GBW07164,0.4,,\n"
    "A1,2,4,s2d,0.61,119,DUP OF s2\nA1,4,6,s3,,,\nA2,0,3,s4,0.3,80,\nA2,3,6,s5,0.2,90,\n"
)


def _with(sources: DrillholeSources, text: str, table: str) -> DrillholeSources:
    """The sources with one more table."""
    (Path(sources.root) / f"{table}.csv").write_text(text, "utf-8")
    campaign = sources.campaigns[0]
    file = DrillholeFile.model_validate({"path": f"{table}.csv", "table": table})
    more = campaign.model_copy(update={"files": (*campaign.files, file)})
    return sources.model_copy(update={"campaigns": (more,)})


def test_controls_among_the_assays_leave_before_any_rule_sees_them(deposit: Write) -> None:
    plain = read_drillholes(deposit(), Path())
    mixed = read_drillholes(deposit(assay=MIXED), Path())
    assert plain.drillholes is not None
    assert mixed.drillholes is not None, mixed.findings
    same = ["hole_id", "from_m", "to_m", "sample_id", "cu_pct", "mo_pct"]
    assert mixed.drillholes.assay[same].equals(plain.drillholes.assay[same])
    (assay,) = [b for b in mixed.balances if b.table == "assay"]
    assert (assay.rows_in, assay.accepted, assay.quarantined, assay.skipped) == (8, 5, 0, 3)
    (told,) = [f for f in mixed.findings if f.code == "BN-QAQ-001"]
    assert "3 rows" in told.message_en
    controls = mixed.qaqc.set_index("row")
    assert controls["control_kind"].to_dict() == {4: "blank", 5: "standard", 6: "pulp"}
    assert controls.loc[6, "control_of"] == "s2"
    assert controls.loc[6, "cu_pct"] == pytest.approx(0.61)
    loud = {f.code for f in mixed.findings if f.severity != "info"}
    assert loud == {f.code for f in plain.findings if f.severity != "info"}


def test_a_hole_named_like_a_standard_is_no_control(deposit: Write) -> None:
    named = {
        "collar": "BHID,X,Y,Z,DEPTH\nSTD1,1000,2000,300,100\nBLANK,1100,2000,310,100\n",
        "survey": "BHID,AT,AZ,DIP\nSTD1,0,0,90\nBLANK,0,0,90\n",
        "assay": "BHID,FROM,TO,SAMPLE,CU_PCT\nSTD1,0,2,s1,1\nBLANK,0,2,s2,1\n",
    }
    reading = read_drillholes(deposit(**named), Path())
    assert reading.drillholes is not None
    assert len(reading.drillholes.assay) == 2
    assert reading.qaqc.empty


def test_a_long_table_counts_every_row_of_a_control(deposit: Write) -> None:
    long = "BHID,FROM,TO,SAMPLE,QC TYPE,ELEMENT,VALUE,UNIT\n"
    for row in ("A1,0,2,s1,", "A2,0,2,s2,", ",,,b1,BLANK"):
        long += f"{row},Cu,0.5,%\n{row},Mo,10,ppm\n"
    reading = read_drillholes(deposit(assay=long), Path())
    (assay,) = [b for b in reading.balances if b.table == "assay"]
    assert (assay.rows_in, assay.accepted, assay.quarantined, assay.skipped) == (6, 4, 0, 2)
    assert reading.qaqc["sample_id"].tolist() == ["b1"]


def test_results_whose_numbers_are_controls_are_no_strangers(deposit: Write) -> None:
    text = "Sample No,Cu(%)\ns1,0.5\nBLK01,0.001\nGBW07164,0.4\n"
    reading = read_drillholes(_with(deposit(), text, "laboratory"), Path())
    (results,) = [b for b in reading.balances if b.table == "laboratory"]
    assert (results.rows_in, results.accepted, results.skipped) == (3, 1, 2)
    assert "BN-TAB-032" not in {f.code for f in reading.findings}


def test_a_table_of_controls_is_kept_from_csv(deposit: Write) -> None:
    text = "Sample No,QC Type,CRM,Cu(%)\nq1,BLANK,,<0.005\nq2,CRM,GBW07164,0.41\n"
    reading = read_drillholes(_with(deposit(), text, "qaqc"), Path())
    assert reading.drillholes is not None
    assert reading.qaqc["sample_id"].tolist() == ["q1", "q2"]
    assert reading.qaqc["standard"].tolist()[1] == "GBW07164"
    (controls,) = [b for b in reading.balances if b.table == "qaqc"]
    assert (controls.rows_in, controls.accepted) == (2, 2)


COMBINED = "BHID,FROM,TO,SAMPLE,CU_PCT\nA1,0,4,H1,0.55\n"


def test_listed_members_are_kept_and_checked_from_csv(deposit: Write) -> None:
    sources = _with(deposit(), COMBINED, "combined")
    none = read_drillholes(sources, Path())
    assert none.drillholes is not None
    assert none.drillholes.members.empty
    assert list(none.drillholes.members.columns[:2]) == ["composite_id", "sample_id"]
    good = _with(sources, "组合样号,样号,样长\nH1,s1,2\nH1,s2,2\n", "members")
    reading = read_drillholes(good, Path())
    assert reading.drillholes is not None, reading.findings
    assert reading.drillholes.members["sample_id"].tolist() == ["s1", "s2"]
    assert not [f for f in reading.findings if f.code.startswith("BN-CMB")]
    as_of = reading.drillholes.collar["as_of"].iloc[0]
    assert len(reading.drillholes.as_of(as_of).members) == 2
    wrong = _with(sources, "组合样号,样号,样长\nH1,s1,2\nH1,s9,2\nH7,s2,2\n", "members")
    told = {f.code for f in read_drillholes(wrong, Path()).findings}
    assert {"BN-CMB-005", "BN-CMB-008"} <= told


def test_patterns_name_files_in_order_and_never_outside(tmp_path: Path) -> None:
    for name in ("b_assay.csv", "a_assay.csv", "a_assay.csv.part", "x[1].csv", "y.csv"):
        (tmp_path / name).write_text("x")
    assert named_files(tmp_path, "*_assay.csv*") == ["a_assay.csv", "b_assay.csv"]
    assert named_files(tmp_path, "x[1].csv") == ["x[1].csv"]
    assert named_files(tmp_path, "no*.csv") == []
    for outside in ("../*.csv", "/etc/*"):
        with pytest.raises(DataError):
            named_files(tmp_path, outside)
    (tmp_path / "l_assay.csv").symlink_to("/etc/hostname")
    with pytest.raises(DataError):
        named_files(tmp_path, "*_assay.csv")
