"""What tests of formats ask of a sheet or of a refusal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geo.formats import open_sheets
from geo.rules import rules
from geo.tables.sheets import Sheet, UnreadableError


def columns(sheet: Sheet) -> dict[str, list[Any]]:
    """A sheet's columns as lists by name."""
    return {n: c.to_pylist() for n, c in zip(sheet.names or (), sheet.columns, strict=True)}


def refusal(path: Path) -> tuple[str, dict[str, Any]]:
    """Code and words of a refusal; its texts can be made of them."""
    with pytest.raises(UnreadableError) as caught:
        open_sheets(path)
    rule = rules()[caught.value.code]
    for text in (rule.zh, rule.en, rule.fix_zh, rule.fix_en):
        text.format(**caught.value.words)
    return caught.value.code, caught.value.words


PLACE = np.dtype([("x", "f8"), ("y", "f8"), ("z", "f8")])


def geoh5_workspace(path: Path) -> Path:
    """A workspace as Geoscience ANALYST lays it out: two holes, points, blocks turned by 90."""
    import h5py

    with h5py.File(path, "w") as book:
        root = book.create_group("GEOSCIENCE")
        root.attrs["Distance unit"] = "meter"
        root.create_group("Types/Object types")
        root.create_group("Objects")
        for hole, east in (("钻1", 100.0), ("B", 200.0)):
            _add_hole(root, hole, east)
        item = _add_object(root, "202c5db1-a56d-4004-9cad-baafd8899406", "pts")
        item.create_dataset("Vertices", data=np.array([(1.0, 2.0, 3.0)], dtype=PLACE))
        _add_data(item, "As", np.array([-(2**31)], dtype="i4"), "VERTEX")
        item = _add_object(root, "b020a277-90e2-4cd7-84d6-612ee3f25051", "model")
        item.attrs["Origin"] = np.array((1000.0, 0.0, 0.0), dtype=PLACE)
        item.attrs["Rotation"] = 90.0
        edges = {"U": [0, 10.0, 20.0], "V": [0, 5.0], "Z": [0, -2.0, -4.0, -6.0]}
        for axis, places in edges.items():
            item.create_dataset(f"{axis} cell delimiters", data=np.array(places))
        _add_data(item, "Cu", np.arange(6.0), "CELL")
    return path


def _add_hole(root: Any, hole: str, east: float) -> None:
    """A drill-hole of one station and two intervals."""
    import h5py

    item = _add_object(root, "7caebf0e-d16e-11e3-bc69-e4632694aa37", hole)
    item.attrs["Collar"] = np.array((east, 50.0, 10.0), dtype=PLACE)
    fields = [("Depth", "f4"), ("Azimuth", "f4"), ("Dip", "f4")]
    item.create_dataset("Surveys", data=np.array([(0.0, 90.0, -60.0)], dtype=fields))
    uids = [
        _add_data(item, "FROM", np.array([0.0, 2.0]), "DEPTH"),
        _add_data(item, "TO", np.array([2.0, 4.0]), "DEPTH"),
        _add_data(item, "Cu", np.array([0.5, 1.175494351e-38], dtype="f4"), "DEPTH"),
        _add_data(item, "岩性", ["矽卡岩", ""], "DEPTH"),
    ]
    group = item.create_group("PropertyGroups/{g}")
    group.attrs["Group Name"] = "assay"
    group.attrs["Property Group Type"] = "Interval table"
    group.attrs["Properties"] = np.array(uids, dtype=h5py.string_dtype())


def _add_object(root: Any, kind: str, name: str) -> Any:
    """An object of a kind, by its uuid."""
    item = root["Objects"].create_group("{" + name + "}")
    item.attrs["Name"] = name
    uid = "{" + kind.upper() + "}"
    entry = root["Types/Object types"].require_group(uid)
    entry.attrs["ID"] = uid
    item["Type"] = entry
    return item


def _add_data(item: Any, name: str, values: Any, place: str) -> str:
    """Data of an object; texts as one JSON list. Returns the uuid."""
    import h5py

    uid = "{" + f"{item.attrs['Name']}-{name}" + "}"
    entry = item.require_group("Data").create_group(uid)
    entry.attrs["Name"], entry.attrs["Association"] = name, place
    if isinstance(values, list):
        entry.create_dataset("Data", data=json.dumps(values), dtype=h5py.string_dtype())
    else:
        entry.create_dataset("Data", data=values)
    return uid
