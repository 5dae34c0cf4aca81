"""Spoilt files: nothing raises, and no changed number is accepted in silence.

A share of the cases of ``python -m benchmarks.fuzz``, and every file that ever was trouble.
"""

from __future__ import annotations

import time

import pytest

from benchmarks.fuzz import LONGEST_S, SEED, attempt
from benchmarks.fuzz_mutations import NASTY_CELLS
from benchmarks.fuzz_seeds import CORPUS, seeds
from benchmarks.fuzz_verdict import judge

FOUND = sorted((CORPUS / "found").iterdir())
CASES, PART = 600, 100


@pytest.mark.parametrize("start", range(0, CASES, PART))
def test_spoilt_files_are_refused_or_read_as_written(start, tmp_path):
    known = seeds()
    for index in range(start, start + PART):
        outcome, detail = attempt(index, SEED, known, tmp_path)
        assert outcome in ("accepted", "refused"), (index, detail)


@pytest.mark.parametrize("seed", seeds(), ids=lambda seed: seed.name)
def test_every_seed_is_a_good_file_to_start_from(seed, tmp_path):
    path = tmp_path / f"seed{seed.suffix}"
    path.write_bytes(seed.data)
    verdict = judge(path, seed.target)
    assert verdict.outcome in ("accepted", "refused"), verdict
    if seed.target != "raster" and not seed.name.startswith("laboratory"):
        assert verdict.outcome == "accepted", verdict


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_what_once_was_trouble_is_none_any_more(path):
    """Named ``<target>--<case>.<suffix>``."""
    target = path.name.split("--")[0].replace("_", ":")
    began = time.perf_counter()
    assert judge(path, target).outcome in ("accepted", "refused")
    assert time.perf_counter() - began < LONGEST_S


def test_the_judge_sees_a_number_that_is_not_in_the_file(tmp_path, monkeypatch):
    """An oracle that can't fail proves nothing."""
    from geo.tables import table as tables

    path = tmp_path / "assay.csv"
    path.write_text("BHID,FROM,TO,CU_PCT\nA1,0,2,0.45\nA1,2,4,0.31\n")
    assert judge(path, "table:assay").outcome == "accepted"
    honest = tables.read_table

    def crooked(*arguments, **more):
        table = honest(*arguments, **more)
        table.frame.loc[1, "cu_pct"] = 0.311
        return table

    monkeypatch.setattr("benchmarks.fuzz_verdict.read_table", crooked)
    verdict = judge(path, "table:assay")
    assert verdict.outcome == "wrong"
    assert "cu_pct = 0.311" in verdict.detail.replace("np.float64(0.311)", "0.311")


@pytest.mark.parametrize("word", NASTY_CELLS)
def test_a_nasty_cell_never_becomes_another_number(word, tmp_path):
    if any(sign in word for sign in ',\r\n"\t;|'):
        word = '"' + word.replace('"', '""') + '"'
    path = tmp_path / "assay.csv"
    rows = "".join(f"A1,{2 * i},{2 * i + 2},0.{i}5\n" for i in range(1, 9))
    path.write_text(f"BHID,FROM,TO,CU_PCT\nA1,0,2,{word}\n{rows}", "utf-8", newline="")
    assert judge(path, "table:assay").outcome in ("accepted", "refused")
