"""What lies in the inbox: whole files are read, growing ones wait, and no path leads out."""

from __future__ import annotations

import os
import threading
import time

import pytest

from geo.findings import DataError
from geo.inbox import growing, inside, lying_there


def _old(path, text="a\n"):
    path.write_text(text, "utf-8")
    os.utime(path, (time.time() - 3600,) * 2)
    return path


def test_a_file_that_is_still_written_to_waits_and_others_do_not(tmp_path):
    whole, young = _old(tmp_path / "whole.csv"), tmp_path / "young.csv"
    young.write_text("a\n")
    slow = tmp_path / "slow.csv"
    slow.write_text("a\n")

    def write():
        for _ in range(20):
            time.sleep(0.05)
            with slow.open("a") as stream:
                stream.write("b\n")

    writer = threading.Thread(target=write)
    writer.start()
    found = growing([whole, young, slow, tmp_path / "absent.csv"], quiet_s=0.5)
    writer.join()
    assert found == {slow}


def test_old_files_cost_no_wait(tmp_path):
    files = [_old(tmp_path / f"{i}.csv") for i in range(5)]
    started = time.perf_counter()
    assert growing(files, quiet_s=30.0) == set()
    assert time.perf_counter() - started < 5.0


@pytest.mark.parametrize("name", ["../secret.csv", "/etc/passwd", "link.csv", "a/../../b.csv"])
def test_no_path_leads_out_of_the_folder(tmp_path, name):
    root = tmp_path / "inbox"
    root.mkdir()
    (tmp_path / "secret.csv").write_text("x")
    (root / "link.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(DataError) as error:
        inside(root, name)
    assert error.value.findings[0].code == "BN-INB-004"


def test_paths_inside_are_kept(tmp_path):
    assert inside(tmp_path, "2024/collar.csv") == tmp_path / "2024" / "collar.csv"


def test_transfers_and_strangers_are_told_and_sidecars_are_not(tmp_path):
    for name in ("collar.csv", "dem.tif", "dem.tif.aux.xml", "dem.tfw", ".hidden"):
        _old(tmp_path / name)
    for name in ("assay.csv.part", "~$book.xlsx", "新样品.csv", "notes.md"):
        _old(tmp_path / name)
    found = lying_there(tmp_path, ["collar.csv", "dem.tif"])
    assert [f.file for f in found if f.code == "BN-INB-002"] == ["assay.csv.part", "~$book.xlsx"]
    strangers = next(f for f in found if f.code == "BN-INB-003")
    assert strangers.value == "2"
    assert "新样品.csv" in strangers.message_en
    assert "notes.md" in strangers.message_en
