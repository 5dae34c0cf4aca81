"""Limits on what a file may expand to, and one way to refuse what a library can't read.

Files come from people and from mail: an archive of a few kilobytes may claim to hold terabytes.
Every reader here counts before it makes room.
"""

from __future__ import annotations

import functools
import json
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO, ParamSpec, TypeVar

from geo.tables.sheets import UnreadableError

MAX_BYTES = 2 * 1024**3
"""Bytes that all arrays of one file may take when expanded."""
MAX_CELLS = 200_000_000
"""Rows times columns of one file."""
MAX_COLUMNS = 5_000
MAX_MEMBERS = 20_000
"""Members of an archive, layers of a file, objects of a workspace."""
MAX_INDEX_BYTES = 64 * 1024**2
"""Bytes of an expanded JSON index or XML-like header."""
MAX_DEPTH = 8
"""Nesting of composite elements."""
DETAIL = 200
"""Characters of a library's own words that a finding repeats."""

_CHUNK = 1024**2

Given = ParamSpec("Given")
Result = TypeVar("Result")


def refusing(format_name: str) -> Callable[[Callable[Given, Result]], Callable[Given, Result]]:
    """Turn whatever a damaged file makes a library raise into BN-FMT-001, with its words."""

    def wrap(reader: Callable[Given, Result]) -> Callable[Given, Result]:
        @functools.wraps(reader)
        def guarded(*args: Given.args, **kwargs: Given.kwargs) -> Result:
            try:
                return reader(*args, **kwargs)
            except UnreadableError:
                raise
            except Exception as error:  # a library raises what the damaged bytes make it raise
                words = " ".join(f"{type(error).__name__}: {error}".split())[:DETAIL]
                raise UnreadableError("BN-FMT-001", format=format_name, detail=words) from None

        return guarded

    return wrap


class Budget:
    """What one file has used of its limits.

    Raises :class:`UnreadableError` (BN-FMT-002) as soon as a limit is passed.
    """

    def __init__(self, most_bytes: int = MAX_BYTES) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self.cells = 0

    def take_bytes(self, count: int) -> None:
        """Count expanded bytes."""
        self.bytes += count
        below("bytes", self.bytes, self.most_bytes)

    def take_cells(self, rows: int, columns: int) -> None:
        """Count cells of a table."""
        below("columns", columns, MAX_COLUMNS)
        self.cells += max(rows, 0) * max(columns, 1)
        below("cells", self.cells, MAX_CELLS)


def below(what: str, found: int, limit: int) -> None:
    """Raise BN-FMT-002 where ``found`` is above ``limit``."""
    if found > limit:
        raise UnreadableError("BN-FMT-002", what=what, found=found, limit=limit)


def inflate(stream: BinaryIO, length: int, budget: Budget, *, wbits: int = 15) -> bytes:
    """Expand ``length`` bytes of ``stream`` (zlib; ``wbits=31`` is gzip), within the budget.

    Raises
    ------
    UnreadableError
        More comes out than a file may hold (BN-FMT-002).
    zlib.error, ValueError
        The bytes are damaged or end early.
    """
    expander = zlib.decompressobj(wbits)
    parts: list[bytes] = []
    left = length
    while left > 0 and not expander.eof:
        raw = stream.read(min(left, _CHUNK))
        if not raw:
            raise ValueError("the data end early")
        left -= len(raw)
        while raw and not expander.eof:
            part = expander.decompress(raw, _CHUNK)
            budget.take_bytes(len(part))
            parts.append(part)
            raw = expander.unconsumed_tail
    parts.append(expander.flush())
    if not expander.eof:
        raise ValueError("the compressed data end early")
    return b"".join(parts)


def load_json(data: bytes) -> Any:
    """Parse a JSON index.

    Raises
    ------
    UnreadableError
        It is larger than an index may be (BN-FMT-002).
    ValueError, RecursionError
        It isn't JSON, or nested without end.
    """
    below("index bytes", len(data), MAX_INDEX_BYTES)
    return json.loads(data.decode("utf-8"))
