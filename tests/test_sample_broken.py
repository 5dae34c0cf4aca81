"""Seeded defects in a broken copy of the sample: every one found, none invented."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.defects import Score, Seeded, by_kind, read_expected, report, score, score_copies


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory, sample_program) -> tuple[Path, Score]:
    """Both copies written, checked and scored once."""
    out = tmp_path_factory.mktemp("broken")
    sample_program("broken").make(out)
    return out, score_copies(out)


def test_there_are_enough_defects_of_enough_kinds(scored):
    seeded = scored[1].seeded
    assert len(seeded) >= 100
    assert len({d.kind for d in seeded}) >= 70
    assert all(d.must for d in seeded)
    assert {d.group for d in seeded} >= {
        "files",
        "inbox",
        "coordinates",
        "collars",
        "surveys",
        "intervals",
        "assays",
        "special values",
        "units",
        "composites",
        "density",
        "laboratory",
        "qaqc",
        "geochemistry",
        "rasters",
    }


def test_every_seeded_defect_is_found(scored):
    result = scored[1]
    assert not result.missed, report(result)
    assert result.recall == 1


def test_nothing_is_invented(scored):
    result = scored[1]
    assert not result.invented, report(result)
    assert not result.false_alarms, report(result)
    assert result.precision == 1


def test_every_defect_asks_for_a_finding_that_the_clean_copy_lacks(scored):
    """The copies differ by the defects only: the same files, but for those a defect removes."""
    out, _ = scored
    clean, broken = (
        {p.relative_to(out / copy / "data") for p in (out / copy / "data").rglob("*.csv")}
        for copy in ("clean", "broken")
    )
    assert len(clean - broken) < 10
    changed = sum(
        (out / "clean" / "data" / p).read_bytes() != (out / "broken" / "data" / p).read_bytes()
        for p in clean & broken
    )
    assert changed >= 100


def finding(code: str, row: int | None = None, severity: str = "error") -> dict:
    message = {"zh": "", "en": ""}
    where = {"file": "a.csv", "sheet": None, "row": row}
    return {"code": code, "severity": severity, "message": message, **where}


def test_the_score_counts_misses_and_inventions():
    """A defect with two findings is found by both; what nobody asked for is invented."""
    one = Seeded(1, "overlap", "intervals", {("BN-INT-002", "a.csv", "", 5)}, set())
    two = Seeded(2, "gap", "intervals", {("BN-INT-003", "a.csv", "", 9)}, {("BN-X", "a.csv")})
    there = [finding("BN-INT-002", 5), finding("BN-X", 7), finding("BN-Y", 8)]
    result = score([one, two], there, [finding("BN-INT-003", 9, "info")])
    assert (result.recall, set(result.missed)) == (0.5, {2})
    assert [f["code"] for f in result.invented] == ["BN-Y"]
    assert len(result.false_alarms) == 1
    assert by_kind(result) == [("intervals", "overlap", 1, 1), ("intervals", "gap", 1, 0)]


def test_a_finding_in_another_row_is_a_miss():
    one = Seeded(1, "overlap", "intervals", {("BN-INT-002", "a.csv", "", 5)}, set())
    result = score([one], [finding("BN-INT-002", 6)], [])
    assert result.recall == 0
    assert len(result.invented) == 1


def test_expected_lists_file_row_and_severity(scored):
    out, result = scored
    seeded = read_expected(out / "expected.csv")
    assert [d.number for d in seeded] == list(range(1, len(seeded) + 1))
    overlap = next(d for d in seeded if d.kind == "overlap")
    ((code, file, sheet, row),) = overlap.must
    assert (code, file, sheet) == ("BN-INT-002", "intervals/样品.csv", "")
    lines = (out / "broken" / "data" / "holes" / file).read_bytes().decode("gb18030").splitlines()
    above, here = (lines[i].split(",") for i in (row - 2, row - 1))
    assert float(here[2]) < float(above[3])  # it begins above the end of the sample before
    head = (out / "expected.csv").read_text("utf-8").splitlines()[0]
    assert head.split(",")[-5:] == ["code", "file", "sheet", "row", "severity"]
    assert len(result.seeded) == len(seeded)
