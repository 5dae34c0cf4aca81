"""The ledger's head as it was last found whole: noted in the workspace, and held against it."""

from __future__ import annotations

import json
from pathlib import Path


def read_note(path: Path) -> tuple[tuple[int, str] | None, tuple[str, ...]]:
    """Number and hash that ``path`` notes; None, and the problem if it is damaged, without one.

    A chain that lost its last entries is whole in itself: only a head noted before can tell.
    """
    if not path.exists():
        return None, ()
    try:
        kept = json.loads(path.read_text("utf-8"))
        number, head = kept["number"], kept["hash"]
        if not isinstance(number, int) or not isinstance(head, str) or number < 0:
            raise ValueError(f"{number}, {head}")
    except (OSError, ValueError, KeyError, TypeError) as damage:
        said = (
            f"{path.name}: the head noted last can't be read ({damage}), so nothing tells whether "
            "entries were cut off; look at the ledger, then remove the file / "
            "先前记下的末条无法读取, 不能断定是否有条目被截断; 请核查台账后删除该文件"
        )
        return None, (said,)
    return (number, head), ()
