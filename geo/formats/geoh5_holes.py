"""Drill-holes of a geoh5 workspace, stored each in its own object or concatenated in a group.

Intervals and depths of a hole belong to its property groups ("Interval table", "Depth table");
holes without groups keep them as cell data (``FROM``, ``TO``) and vertex data (``DEPTH``).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from geo.formats.columns import Named, categories, make_sheet, numbers, texts
from geo.formats.guard import MAX_MEMBERS, below
from geo.formats.placed import Floats, point_columns
from geo.tables.sheets import Sheet, UnreadableError

NO_FLOAT = 1.175494351e-38
NO_INTEGER = -(2**31)
"""The format's own blanks."""
HOLE = "HOLEID"
TABLES = ("Interval table", "Depth table")
SURVEY_FIELDS = ("Depth", "Dip", "Azimuth")
CONCATENATED = "Concatenated Data"
DEPTH = "DEPTH"

Reader = Callable[[Any], NDArray[Any]]


class Holes:
    """The drill-holes found so far; ``read`` reads a dataset within the file's limits."""

    def __init__(self, read: Reader, unit: str) -> None:
        self.read = read
        self.unit = unit
        self.collars: list[tuple[str, Floats]] = []
        self.surveys: list[tuple[str, Floats]] = []
        self.tables: dict[str, list[tuple[str, list[Named]]]] = defaultdict(list)
        self._parts: dict[tuple[str, str], dict[str, tuple[int, int]]] = {}

    def add_object(self, item: Any) -> None:
        """Take a hole that is an object of its own."""
        hole = text_of(item.attrs.get("Name"))
        collar = item["Collar"][()] if "Collar" in item else item.attrs["Collar"]
        self.collars.append((hole, triple(collar)))
        if "Surveys" in item:
            self._add_stations(hole, self.read(item["Surveys"]))
        data = {uuid_of(key): entry for key, entry in item.get("Data", {}).items()}
        grouped: set[str] = set()
        for group in item.get("PropertyGroups", {}).values():
            if text_of(group.attrs.get("Property Group Type")) not in TABLES:
                continue
            keys = [uuid_of(key) for key in np.atleast_1d(group.attrs["Properties"])]
            grouped |= set(keys)
            self._add_table(
                hole, text_of(group.attrs.get("Group Name")), [data[key] for key in keys]
            )
        rest = [entry for key, entry in data.items() if key not in grouped]
        for place in ("Cell", "Vertex"):
            mine = [e for e in rest if text_of(e.attrs.get("Association")) == place]
            if len(mine) > (place == "Vertex"):  # vertices always have their DEPTH
                self._add_table(hole, place.casefold(), mine)

    def _add_table(self, hole: str, name: str, entries: Sequence[Any]) -> None:
        """Take one table of a hole from its data entries."""
        arrays = [self.read(e["Data"]) if "Data" in e else np.empty(0) for e in entries]
        count = max((len(_plain(array)) for array in arrays), default=0)
        columns = [
            data_column(text_of(e.attrs.get("Name")), array, count, value_map(e.get("Type")))
            for e, array in zip(entries, arrays, strict=True)
        ]
        depths = dict(columns).get(DEPTH) if name == "vertex" else None
        if depths is not None:  # vertices of intervals have no depth of their own
            columns = [(heading, values.filter(depths.is_valid())) for heading, values in columns]
        self.tables[name].append((hole, columns))

    def _add_stations(self, hole: str, stations: NDArray[Any]) -> None:
        """Take a hole's survey."""
        plain = [np.asarray(stations[field], dtype=np.float64) for field in SURVEY_FIELDS]
        self.surveys.append((hole, np.column_stack(plain)))

    def add_concatenated(self, group: Any, types: Mapping[str, Any]) -> None:
        """Take every hole of a group that keeps their data in common arrays.

        ``types``: uuid -> data type, for the names of referenced values.
        """
        store = group[CONCATENATED]
        described = _described(self.read, store)
        holes = {key: one for key, one in described.items() if "Collar" in one}
        for key, one in holes.items():
            place = [float(v) for v in str(one["Collar"]).strip("{}").split(",")]
            self.collars.append((str(one["Name"]), np.array(place[:3])))
            part = self._part(store, "Surveys", store.get("Surveys"), key)
            if part is not None and len(part):
                self._add_stations(str(one["Name"]), part)
        owners = {
            uuid_of(uid): key
            for key, one in holes.items()
            for name, uid in one.items()
            if name.startswith("Property:")
        }
        for one in described.values():
            if one.get("Property Group Type") in TABLES:
                self._add_group(store, one, (described, owners, types))

    def _add_group(self, store: Any, group: Any, known: tuple[Any, Any, Any]) -> None:
        """Take one property group of one hole."""
        described, owners, types = known
        keys = [uuid_of(key) for key in group["Properties"]]
        owner = owners[keys[0]]
        columns: list[tuple[str, NDArray[Any], list[str] | None]] = []
        for key in keys:
            one = described[key]
            name = str(one["Name"])
            part = self._part(store, name, store["Data"].get(name), owner)
            names = value_map(types.get(uuid_of(one.get("Type ID"))))
            columns.append((name, np.empty(0) if part is None else part, names))
        count = max(len(part) for _, part, _ in columns)
        made = [data_column(name, part, count, names) for name, part, names in columns]
        title = str(group.get("Group Name", ""))
        self.tables[title].append((str(described[owner]["Name"]), made))

    def _part(self, store: Any, name: str, dataset: Any, owner: str) -> NDArray[Any] | None:
        """One hole's part of a common array; None where it has none."""
        if dataset is None or name not in store["Index"]:
            return None
        place = (str(store.name), name)
        if place not in self._parts:
            rows = self.read(store["Index"][name])
            self._parts[place] = {
                uuid_of(row["Object ID"]): (int(row["Start index"]), int(row["Size"]))
                for row in rows
            }
        first, count = self._parts[place].get(owner, (0, 0))
        if first + count > len(dataset):
            words = {"name": name, "found": len(dataset), "wanted": first + count}
            raise UnreadableError("BN-FMT-010", **words)
        return np.asarray(dataset[first : first + count])

    def sheets(self) -> list[Sheet]:
        """All holes' tables: ``collar``, ``survey`` and one for each group's name."""
        if not self.collars:
            return []
        places = np.array([place for _, place in self.collars], dtype=np.float64)
        columns = [(HOLE, texts(hole for hole, _ in self.collars)), *point_columns(places)]
        units = {name: self.unit for name, _ in columns[1:]} if self.unit else {}
        sheets = [make_sheet("collar", columns, "geoh5", units=units)]
        if self.surveys:
            owner = [hole for hole, stations in self.surveys for _ in stations]
            rows = np.vstack([stations for _, stations in self.surveys])
            named = [(field, numbers(rows[:, i])) for i, field in enumerate(SURVEY_FIELDS)]
            sheets.append(make_sheet("survey", [(HOLE, texts(owner)), *named], "geoh5"))
        return sheets + [_stacked(name, parts) for name, parts in self.tables.items()]


def data_column(name: str, stored: NDArray[Any], count: int, names: list[str] | None) -> Named:
    """One data array as text or numbers, blanks beyond its end.

    ``names``: the texts of referenced values by key, None for plain data.
    """
    stored = _plain(stored)
    if stored.dtype.names:
        raise UnreadableError("BN-FMT-011", what=f"{name}: {stored.dtype}")
    if stored.dtype.kind in "OSU":
        filled = [text_of(value) for value in stored] + [""] * (count - len(stored))
        return name, texts(filled)
    plain = stored.astype(np.float64)
    if stored.dtype.kind in "iu":
        plain[plain == NO_INTEGER] = np.nan
    else:  # written with seven to ten digits, as float32 or float64
        plain[np.abs(plain - NO_FLOAT) < 1e-6 * NO_FLOAT] = np.nan
    plain = np.append(plain, np.full(max(count - len(plain), 0), np.nan))
    if names is None:
        return name, numbers(plain)
    return name, categories(np.where(np.isnan(plain), -1, plain), names)


def value_map(kind: Any) -> list[str] | None:
    """Names of referenced data by key, "" for Unknown; None where the data are plain."""
    if kind is None or "Value map" not in kind:
        return None
    pairs = {int(row["Key"]): text_of(row["Value"]) for row in kind["Value map"][()]}
    most = max(pairs, default=0)
    below("categories", most, MAX_MEMBERS)
    if pairs.get(0) == "Unknown":
        pairs[0] = ""
    return [pairs.get(key, "") for key in range(most + 1)]


def triple(value: Any) -> Floats:
    """One composite (x, y, z)."""
    plain = np.asarray(value)
    if plain.dtype.names:
        return np.array([float(plain[name].ravel()[0]) for name in plain.dtype.names[:3]])
    return np.asarray(plain.ravel()[:3], dtype=float)


def text_of(value: Any) -> str:
    """An attribute as text."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


def uuid_of(value: Any) -> str:
    """A uuid without braces, in small letters."""
    return text_of(value).strip("{} ").casefold()


def _plain(stored: NDArray[Any]) -> NDArray[Any]:
    """A one-dimensional array; a single JSON list of texts stands for its texts."""
    stored = np.atleast_1d(stored)
    if stored.dtype.kind in "OS" and len(stored) == 1 and text_of(stored[0]).startswith("["):
        return np.array(json.loads(text_of(stored[0])), dtype=object)
    return stored


def _described(read: Reader, store: Any) -> dict[str, Any]:
    """Everything that a group's JSON attributes describe, by uuid."""
    found: Iterable[Any] = ()
    if "Attributes Jsons" in store:
        found = [json.loads(text_of(text)) for text in read(store["Attributes Jsons"])]
    elif "Attributes" in store:
        found = json.loads(text_of(np.atleast_1d(read(store["Attributes"]))[0]))["Attributes"]
    return {uuid_of(one["ID"]): one for one in found}


def _stacked(name: str, parts: list[tuple[str, list[Named]]]) -> Sheet:
    """One table of all holes: the columns of the first hole, then those only others have."""
    headings = list(dict.fromkeys(heading for _, columns in parts for heading, _ in columns))
    textual = {h for _, cols in parts for h, values in cols if pa.types.is_string(values.type)}
    owners: list[str] = []
    stacked: dict[str, list[pa.Array]] = {heading: [] for heading in headings}
    for hole, columns in parts:
        own, count = dict(columns), len(columns[0][1])
        owners += [hole] * count
        for heading in headings:
            blank = texts([""] * count) if heading in textual else numbers(np.full(count, np.nan))
            values = own.get(heading, blank)
            if heading in textual and not pa.types.is_string(values.type):
                values = texts(values.to_pylist())
            stacked[heading].append(values)
    made = [(heading, pa.concat_arrays(arrays)) for heading, arrays in stacked.items()]
    return make_sheet(f"intervals: {name}", [(HOLE, texts(owners)), *made], "geoh5")
