"""What the public must not read by name: drill-holes, files and sheets of every belt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from estimation.belts import Belt
from flows.runtime import Workspace
from reporting.units import Text

_HOLES = ("hole_id", "hole_id_raw")
_NAMED = ("path", "sheet")
"""Keys of a belt's configuration that name a file or a sheet."""


def withheld_names(house: Workspace, belts: Iterable[Belt]) -> tuple[str, ...] | Text:
    """Names of all holes that were accepted, and of all configured files and sheets, in order.

    Where a table of holes can't be read, that it can't: the names are not known then.
    """
    found: set[str] = set()
    for belt in belts:
        for path in sorted((house.root / "curated" / belt.id).glob("*/collar.parquet")):
            try:
                columns = [name for name in _HOLES if name in pq.read_schema(path).names]
                table = pq.read_table(path, columns=columns)
            except (OSError, pa.ArrowException):
                place = path.relative_to(house.root).as_posix()
                return Text(
                    f"{place} 无法读取，不知哪些孔名不得公开；请运行 bornite ingest {belt.id}",
                    f"{place} can't be read, so the names of its holes are not known; run "
                    f"bornite ingest {belt.id}",
                )
            found.update(str(one) for name in columns for one in table[name].to_pylist())
        for name in _names_in(belt.model_dump(mode="json")):
            found.update((name, name.replace("\\", "/").rpartition("/")[2]))
    return tuple(sorted(found))


def _names_in(block: Any) -> Iterator[str]:
    """Files and sheets named anywhere in a block of configuration."""
    if isinstance(block, dict):
        for key, value in block.items():
            if key in _NAMED and isinstance(value, str):
                yield value
            else:
                yield from _names_in(value)
    elif isinstance(block, list | tuple):
        for value in block:
            yield from _names_in(value)
