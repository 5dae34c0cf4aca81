"""A file's rows as they were written, fetched only when a finding or the quarantine needs them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from geo.formats import open_sheets
from geo.tables.sheets import Sheet

KEPT_CELLS = 2_000_000
"""The cells of a sheet up to this size are kept, so that rows' texts need no second reading."""


class RawRows(Mapping[int, str]):
    """A file's data rows as written, by row number; read again only when somebody asks."""

    def __init__(self, path: Path, sheet: Sheet):
        self._path, self._name, self._count = path, sheet.name, len(sheet)
        small = len(sheet) * len(sheet.columns) <= KEPT_CELLS
        self._kept = sheet if small else None

    def __getitem__(self, row: int) -> str:
        return self.several([row])[0]

    def __iter__(self) -> Iterator[int]:
        return iter(self._sheet().rows.tolist())

    def __len__(self) -> int:
        return self._count

    def _sheet(self) -> Sheet:
        """The sheet, kept or read again."""
        return self._kept if self._kept is not None else open_sheets(self._path, self._name)[0]

    def several(self, rows: Iterable[int]) -> list[str]:
        """Texts of some rows, their cells apart by ``|``."""
        wanted = np.asarray(list(rows), dtype=np.int64)
        if not len(wanted):
            return []
        sheet = self._sheet()
        at = np.searchsorted(sheet.rows, wanted)
        if not np.array_equal(sheet.rows[np.minimum(at, len(sheet) - 1)], wanted):
            raise KeyError(wanted.tolist())
        return [" | ".join(row) for row in sheet.texts(at)]
