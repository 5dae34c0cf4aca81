"""A layout is confirmed once, loads silently after that, and is asked about when it changes."""

from __future__ import annotations

import yaml

from geo.formats import open_sheets
from geo.tables.table import read_table
from geo.tables.templates import confirm, known, mapping_of
from tests.conftest import make_conventions

LAYOUT = "工程号,从,到,铜品位(%),特殊列\nZK1,0,2,0.5,x\n"


def read(path, folder, **more):
    return read_table(path, "assay", conventions=make_conventions(), templates=folder, **more)


def codes(table):
    return [found.code for found in table.findings]


def test_a_confirmed_layout_loads_silently_and_a_changed_one_is_asked_about(tmp_path):
    path, folder = tmp_path / "a.csv", tmp_path / "templates"
    path.write_text(LAYOUT, "utf-8")
    first = read(path, folder)
    assert "BN-TAB-036" in codes(first)
    (sheet,) = open_sheets(path)
    mapping = mapping_of(sheet, "assay", make_conventions(), {})
    assert mapping.named["铜品位(%)"] == "cu_pct"
    assert mapping.named["特殊列"] == "ignore"
    kept = confirm(mapping, folder)
    assert yaml.safe_load(kept.read_text("utf-8"))["table"] == "assay"
    assert known(sheet, folder) == mapping
    second = read(path, folder)
    assert {"BN-TAB-035", "BN-TAB-036", "BN-TAB-013"}.isdisjoint(codes(second))
    assert second.frame.equals(first.frame)
    path.write_text(LAYOUT.replace("特殊列", "钼(%)"), "utf-8")
    changed = read(path, folder)
    (asked,) = [found for found in changed.findings if found.code == "BN-TAB-035"]
    assert "+ 钼(%) → mo_pct" in asked.message_en
    assert "- 特殊列" in asked.message_en


def test_a_template_carries_what_only_a_person_could_say(tmp_path):
    path, folder = tmp_path / "a.csv", tmp_path / "templates"
    path.write_text("BHID,F1,F2,CU\nA,0,1,0.5\n")
    said = {"F1": "from_m", "F2": "to_m"}
    assert not read(path, folder).usable
    confirm(mapping_of(open_sheets(path)[0], "assay", make_conventions(), said), folder)
    table = read(path, folder)
    assert table.usable
    assert table.frame[["from_m", "to_m", "cu_pct"]].to_numpy().tolist() == [[0.0, 1.0, 0.5]]


def test_an_unrelated_layout_is_new_not_changed(tmp_path):
    path, folder = tmp_path / "a.csv", tmp_path / "templates"
    path.write_text(LAYOUT, "utf-8")
    confirm(mapping_of(open_sheets(path)[0], "assay", make_conventions(), {}), folder)
    path.write_text("BHID,FROM,TO,AG_PPM\nA,0,1,3\n")
    assert "BN-TAB-036" in codes(read(path, folder))
    assert known(open_sheets(path)[0], folder) is None
