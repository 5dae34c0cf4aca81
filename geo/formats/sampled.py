"""A part of a very big delimited text, evenly drawn, to see what it is without reading it all."""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from pathlib import Path

SAMPLED_FROM = 8 << 20
"""Texts of fewer bytes are read whole."""
HEAD_BYTES = 1 << 20
BLOCKS = 48
BLOCK_BYTES = 1 << 16
_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x1f\x8b", b"\xfd7zXZ\x00", b"PK\x03\x04")


@dataclass(frozen=True)
class Sample:
    """Whole lines of a text: its head, then blocks from all over it, and how many lines it has."""

    text: bytes
    lines: int


def sample_text(path: Path) -> Sample | None:
    """Draw a sample of a big text; None where a file is small, packed, binary, or has quotes.

    A line feed is never a part of another sign in UTF-8 and GB18030, so lines can be cut by bytes;
    quotation marks may hold line feeds, so such texts are read whole.
    """
    size = path.stat().st_size
    if size < SAMPLED_FROM:
        return None
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as view:
        head = view[:HEAD_BYTES]
        head = head[: head.rfind(b"\n") + 1]
        if not head or head.startswith(_MARKS) or b"\0" in head:
            return None
        parts = [head]
        step = (size - len(head)) // BLOCKS
        for number in range(BLOCKS):
            start = len(head) + number * step
            first = view.find(b"\n", start, start + BLOCK_BYTES) + 1
            last = view.rfind(b"\n", start, min(start + BLOCK_BYTES, size)) + 1
            if 0 < first < last:
                parts.append(view[first:last])
        text = b"".join(parts)
        if b'"' in text:
            return None
        lines = sum(view[at : at + (1 << 22)].count(b"\n") for at in range(0, size, 1 << 22))
        return Sample(text, lines + (view[size - 1 : size] != b"\n"))
