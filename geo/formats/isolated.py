"""Read a file in a process of its own, where a library may break on damaged bytes.

HDF5 is written in C and corrupts its own memory on some damaged files; no exception can be caught
then. The child reads within limits of memory and time and hands its sheets over as Arrow files.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import ipc

from geo.formats.columns import make_sheet
from geo.tables.sheets import Sheet, UnreadableError

MAX_MEMORY = 8 * 1024**3
"""Address space of the child, bytes."""
MAX_SECONDS = 300
ANSWER = "answer.json"
ROOM = Path(__file__).resolve().parent.parent
CHILD = """
import sys, types
room = types.ModuleType("geo")
room.__path__ = [sys.argv[1]]
sys.modules["geo"] = room
from geo.formats.isolated import child
child(*sys.argv[2:])
"""
"""Program of the child: the room without its own imports, which would cost seconds."""


def read_apart(function: str, path: Path, format_name: str) -> list[Sheet]:
    """Sheets that ``module:function`` reads from ``path`` in a child process.

    Raises
    ------
    UnreadableError
        What the reader raised; BN-FMT-001 where its library broke or took too long.
    """
    with tempfile.TemporaryDirectory(prefix="bornite-read-") as folder:
        command = [sys.executable, "-c", CHILD, str(ROOM), function, str(path.resolve()), folder]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        try:
            done = subprocess.run(
                command, check=False, capture_output=True, timeout=MAX_SECONDS, env=environment
            )
        except subprocess.TimeoutExpired:
            detail = f"not read within {MAX_SECONDS} s"
            raise UnreadableError("BN-FMT-001", format=format_name, detail=detail) from None
        answer = Path(folder) / ANSWER
        if done.returncode or not answer.is_file():
            detail = f"the library broke on it ({done.returncode}) / 底层库无法处理"
            raise UnreadableError("BN-FMT-001", format=format_name, detail=detail)
        told = json.loads(answer.read_text("utf-8"))
        if "code" in told:
            raise UnreadableError(told["code"], **told["words"])
        return [_fetch(Path(folder) / str(i), about) for i, about in enumerate(told["sheets"])]


def _fetch(path: Path, about: dict[str, Any]) -> Sheet:
    """One sheet that the child wrote."""
    with pa.OSFile(str(path), "rb") as stream:
        table = ipc.open_file(stream).read_all()
    columns = [column.combine_chunks() for column in table.columns]
    named = list(zip(about["names"], columns, strict=True))
    return make_sheet(about["name"], named, about["format"], units=about["units"], crs=about["crs"])


def _hand_over(sheet: Sheet, path: Path) -> dict[str, Any]:
    """Write one sheet; returns what isn't in its columns."""
    names = [str(i) for i in range(len(sheet.columns))]
    table = pa.Table.from_arrays(list(sheet.columns), names=names)
    with pa.OSFile(str(path), "wb") as stream, ipc.new_file(stream, table.schema) as writer:
        writer.write_table(table)
    about = {"names": list(sheet.names or ()), "units": dict(sheet.units)}
    return {**about, "name": sheet.name, "format": sheet.format, "crs": sheet.crs}


def child(function: str, file: str, answers: str) -> None:
    """What the child process does: read ``file``, leave sheets or a refusal in ``answers``."""
    path, folder = Path(file), Path(answers)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    module, _, name = function.partition(":")
    told: dict[str, Any]
    try:
        sheets = getattr(importlib.import_module(module), name)(path)
        told = {"sheets": [_hand_over(s, folder / str(i)) for i, s in enumerate(sheets)]}
    except UnreadableError as error:
        told = {"code": error.code, "words": error.words}
    (folder / ANSWER).write_text(json.dumps(told, default=str), "utf-8")
