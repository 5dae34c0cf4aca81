"""Well logs in LAS (Log ASCII Standard 1.2, 2.0) by lasio: depth and curves as one sheet.

Lidar point clouds share the suffix ``.las``; they begin with ``LASF`` and are refused by name.
The NULL value of the header (mostly -999.25) is the format's own blank and becomes one.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np

from geo.formats.columns import make_sheet, numbers, texts
from geo.formats.guard import Budget, below, refusing
from geo.tables.sheets import Sheet, UnreadableError

LIDAR = b"LASF"
MAX_FILE = 512 * 1024**2
WELL = "WELL"
"""Name of the column that repeats the well of the header."""


@refusing("LAS")
def read(path: Path) -> list[Sheet]:
    """One sheet: the well's name, then every curve; units as the header gives them.

    Raises
    ------
    UnreadableError
        A lidar cloud (BN-FMT-006), a damaged log (BN-FMT-001), or one whose rows contradict its
        header's STRT and STOP (BN-FMT-007).
    """
    import lasio

    below("file bytes", path.stat().st_size, MAX_FILE)
    with path.open("rb") as stream:
        if stream.read(4) == LIDAR:
            raise UnreadableError("BN-FMT-006")
    logging.getLogger("lasio").setLevel(logging.CRITICAL)  # what it warns of is checked below
    budget = Budget()
    log = lasio.read(path.as_posix(), encoding=_encoding(path), engine="normal")
    if not log.curves:
        raise UnreadableError("BN-FMT-012", format="LAS", found="~C")
    rows = len(log.curves[0].data)
    budget.take_cells(rows, len(log.curves) + 1)
    _check_ends(log)
    well = str(_header(log, "WELL") or "").strip()
    columns = [(WELL, texts([well] * rows))]
    for curve in log.curves:
        plain = np.asarray(curve.data)
        cells = numbers(plain.astype(np.float64)) if plain.dtype.kind in "fiu" else texts(plain)
        columns.append((str(curve.mnemonic), cells))
    units = {str(c.mnemonic): str(c.unit) for c in log.curves if str(c.unit).strip()}
    return [make_sheet(well or None, columns, "las", units=units)]


def _encoding(path: Path) -> str:
    """UTF-8 where the bytes are that, else GB18030."""
    try:
        path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


def _header(log: Any, name: str) -> Any:
    """A value of the well section; None where it isn't there."""
    return log.well[name].value if name in log.well else None


def _check_ends(log: Any) -> None:
    """Compare the first and last depth with STRT and STOP: a log cut short shows here."""
    index = np.asarray(log.index, dtype=np.float64) if len(log.index) else np.empty(0)
    step = _number(_header(log, "STEP"))
    reach = max(abs(step) * 0.999, 1e-2) if step is not None else 1.0  # less than one reading
    for name, place in (("STRT", 0), ("STOP", -1)):
        stated = _number(_header(log, name))
        if stated is None:
            continue
        found = float(index[place]) if index.size else float("nan")
        if not abs(found - stated) <= reach:
            raise UnreadableError("BN-FMT-007", name=name, stated=stated, found=found)


def _number(value: Any) -> float | None:
    """A header value as a number; None where it is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
