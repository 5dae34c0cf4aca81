"""Reads every byte of a built site as text, and looks for what the public must not have."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
from pypdf import PdfReader

from estimation.belts import Belt
from geo.crs import transform

TEXT = {".html", ".csv", ".json", ".txt", ".svg", ".xml", ".rels", ".md", ".vml"}
PACKED = {".zip", ".xlsx", ".docx"}
PATHS = re.compile(r"(?<![\w.:/<])/(?:home|root|work|tmp|mnt|srv|Users)/\w|\b[A-Za-z]:\\\w|file://")
"""A path of some machine."""
_DATA = re.compile(r'"data:([a-z]+/[-+.a-z0-9]*)((?:;[-=a-z0-9]+)*),([^"]*)"', re.IGNORECASE)
_RASTER = re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/=\s]*")
"""Pixels: nothing is written there."""
_NUMBER = re.compile(r"(?<![\w.])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_GEOMETRY = re.compile(r"<(?:path|use|clipPath|rect|image|polyline|polygon)\b[^>]*>")


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """(where, text) for every file of a folder, whatever holds it."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        where = path.relative_to(folder).as_posix()
        yield "name of a file", where
        yield from _of_bytes(where, path.suffix.lower(), path.read_bytes())


def _of_bytes(where: str, suffix: str, data: bytes) -> Iterator[tuple[str, str]]:
    """The texts of one file; a kind that can't be read is an error, never passed over."""
    if suffix in PACKED:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for name in packed.namelist():
                inner = f"{where}!{name}"
                yield inner, name
                yield from _of_bytes(
                    inner, "." + name.rpartition(".")[2].lower(), packed.read(name)
                )
    elif suffix == ".pdf":
        reader = PdfReader(io.BytesIO(data))
        yield where, " ".join(str(value) for value in (reader.metadata or {}).values())
        for page in reader.pages:
            yield where, page.extract_text()
    elif suffix in TEXT:
        text = data.decode("utf-8")
        yield where, _DATA.sub(" ", text)
        for kind, options, body in _DATA.findall(text):
            if kind in ("image/png", "image/jpeg"):
                continue
            decoded = _RASTER.sub(" ", _decoded(body, "base64" in options))
            # path coordinates are the page's own units, and words are drawn as paths
            yield f"{where} ({kind})", _GEOMETRY.sub(" ", decoded)
    else:
        raise AssertionError(f"{where}: no way to read {suffix!r}; teach the scan to")


def _decoded(body: str, base64_coded: bool) -> str:
    """The content of a ``data:`` address as text."""
    if base64_coded:
        return base64.b64decode(unquote(body)).decode("utf-8", "replace")
    return unquote(body)


def places(values: Iterable[float]) -> frozenset[str]:
    """Coordinates in metres in every form that would tell them: plain digits, 0 to 3 decimals.

    Those of 100 km are what the public may know; whole numbers under a million are left out, for
    tonnes look like them.
    """
    found: set[str] = set()
    for value in values:
        if value % 100_000 == 0 or abs(value) < 1000:
            continue
        found |= {f"{value:.{digits}f}" for digits in (1, 2, 3)} | {f"{value:.9g}"}
        found |= {f"{value:.0f}"} if abs(value) >= 1e6 else set()
    return frozenset(one for one in found if "." in one or len(one.lstrip("-")) > 6)


def degrees(values: Iterable[float]) -> frozenset[str]:
    """Longitudes or latitudes, finer than some ten metres."""
    return frozenset(f"{value:.{digits}f}" for value in values for digits in (4, 5, 6, 7))


def found_in(where: str, text: str, names: Iterable[str], numbers: frozenset[str]) -> list[str]:
    """What of the withheld a text holds."""
    said = [f"{where}: {name}" for name in names if name in text]
    said += [f"{where}: {path}" for path in PATHS.findall(text)]
    numerals = {one.replace(",", "") for one in _NUMBER.findall(text)}
    return said + [f"{where}: {one}" for one in sorted(numerals & numbers)]


def scan(folder: Path, names: Iterable[str], numbers: frozenset[str]) -> list[str]:
    """Everything in a site that the public must not have; empty where it is fit to be shown."""
    listed = sorted(set(names))
    return [one for where, text in texts(folder) for one in found_in(where, text, listed, numbers)]


def withheld_places(workspace: Path, belts: Iterable[Belt]) -> frozenset[str]:
    """Every number that tells a place of a workspace: collars, in metres and degrees, and grids."""
    found: frozenset[str] = frozenset()
    for belt in belts:
        if belt.map_grid is not None:
            found |= places(belt.map_grid.origin_m)
        for path in sorted((workspace / "curated" / belt.id).glob("*/collar.parquet")):
            collars = pd.read_parquet(path, columns=["easting_m", "northing_m"])
            east, north = (collars[name].to_numpy() for name in collars)
            found |= places([*east, *north])
            if belt.crs != "local":
                for values in transform(belt.crs, "EPSG:4490", east, north):
                    found |= degrees(values)
    return found
