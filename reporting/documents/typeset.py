"""Typesetting: plain values into a tagged PDF (PDF/UA-1) by Typst, with the package's own font.

What is printed goes in as data (JSON); no markup is ever made of a name, so none is obeyed.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from geo.files import write_whole
from reporting.figures.fonts import font_path

if TYPE_CHECKING:
    import typst

TEMPLATE = Path(__file__).parents[1] / "templates" / "typst" / "page.typ"


def typeset(path: Path, content: dict[str, Any], made_at: datetime) -> None:
    """Typeset ``content`` into the PDF ``path``, whole or not at all.

    ``made_at`` is aware; it is the PDF's date, so that the same content gives the same bytes.

    Raises
    ------
    ModuleNotFoundError
        The package that carries the font is missing.
    """
    data = json.dumps(content, ensure_ascii=False)
    made = _compiler().compile(
        format="pdf",
        sys_inputs={"data": data.encode("utf-8", "replace").decode("utf-8")},
        timestamp=int(made_at.timestamp()),
        pdf_standards=["ua-1"],
    )
    write_whole(path, cast(bytes, made))


@cache
def _compiler() -> typst.Compiler:
    """One compiler for all documents of a process: the font is read once."""
    import typst

    return typst.Compiler(
        str(TEMPLATE),
        root=str(TEMPLATE.parent),
        font_paths=[str(font_path().parent)],
        ignore_system_fonts=True,
    )
