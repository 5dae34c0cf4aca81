"""Documents of a report pack: a standard's headings, filled where the program knows, else left
to a person and marked so.
"""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from docx import Document
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor

from geo.dictionary import load_words
from geo.files import write_whole
from reporting.pack import facts, facts_plan
from reporting.pack.exhibits import add_figure, add_table, figures_of, tables_of
from reporting.pack.facts import Known
from reporting.pack.words import readable
from reporting.units import Text
from reporting.working.study import plan_status

TO_WRITE = Text("【人工填写】", "[to be completed by a person]")
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Date in a document's properties: the same pack gives the same bytes."""
WHOLE = ("checks", "contents")
"""Tables that a document gives in full."""
_FONT = "Noto Sans CJK SC"

OUTLINES = {
    "jorc-table-1": "report/jorc_table_1.yaml",
    "resource-report": "report/resource_report.yaml",
}
"""Document -> the headings it is made from."""


def answers_to(word: str, known: Known) -> list[Text]:
    """What the program knows under one ``fill`` word.

    Raises
    ------
    KeyError
        No function of that name answers.
    """
    for module in (facts, facts_plan):
        function = getattr(module, word, None)
        if function is not None:
            found: list[Text] = function(known)
            return found
    raise KeyError(word)


def write_document(name: str, known: Known, path: Path) -> Path:
    """Write one document (see :data:`OUTLINES`); returns its path."""
    outline = load_words(OUTLINES[name])
    document = Document()
    _style(document)
    _front(document, outline, known)
    for section in outline["sections"]:
        document.add_heading(_both(section["title"]), level=1)
        for heading in section["headings"]:
            document.add_heading(_both(heading), level=2)
            _fill(document, heading, known)
    core = document.core_properties
    core.created = core.modified = EPOCH
    core.author = "Bornite"
    held = io.BytesIO()
    document.save(held)
    write_whole(path, _without_times(held))
    return path


def _fill(document: Any, heading: dict[str, Any], known: Known) -> None:
    """What is known under one heading: words, tables, figures; else it is left to a person."""
    lines = [line for word in heading["fill"] for line in answers_to(word, known)]
    tables = [t for t in tables_of(heading.get("tables", ()), known) if len(t.frame)]
    figures = figures_of(heading.get("figures", ()), known)
    for line in lines:
        _say(document, line, written=True)
    for table in tables:
        add_table(document, table, all_rows=table.name in WHOLE)
    for figure in figures:
        add_figure(document, figure)
    if not lines and not tables and not figures:
        _say(document, TO_WRITE, written=False)


def _without_times(held: io.BytesIO) -> bytes:
    """The document with one date on all its parts: the same pack gives the same bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(held) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(zipfile.ZipInfo(part.filename, EPOCH.timetuple()[:6]), old.read(part),
                         zipfile.ZIP_DEFLATED)  # fmt: skip
    return made.getvalue()


def _front(document: Any, outline: dict[str, Any], known: Known) -> None:
    """Title, warnings, and what it was made from."""
    data = known.bench.data
    document.add_heading(_both(outline["title"]), level=0)
    _say(document, Text(data.deposit.name.zh, data.deposit.name.en), written=True)
    if data.belt.synthetic:
        _say(
            document,
            Text("合成数据，不代表任何真实矿床", "SYNTHETIC DATA, no real deposit"),
            written=False,
        )
    status = plan_status(known.bench)
    note = Text(
        f"内部估算，未经评审备案。数据截止 {data.vintage}；"
        f"{status.zh}；参数指纹 {data.plan_hash[:16]}。"
        "标【人工填写】处程序不作填写；本文件不构成 JORC 合规声明。",
        f"Internal estimate, not filed. Data to {data.vintage}; {status.en}; plan hash "
        f"{data.plan_hash[:16]}. Headings marked are left to a person; this is no claim of "
        f"compliance "
        "with the JORC Code.",
    )
    _say(document, note, written=True)
    source = outline["citation"]
    _say(document, Text(f"提纲出处: {source}", f"Outline after: {source}"), written=True)


def _both(words: dict[str, Any]) -> str:
    return f"{words['zh']} / {words['en']}"


def _say(document: Any, text: Text, *, written: bool) -> None:
    """One thing, in Chinese and then in English; what a person must write stands out."""
    paragraph = document.add_paragraph()
    zh, en = readable(text.zh), readable(text.en)
    languages = (zh,) if zh == en else (zh, en)
    for number, words in enumerate(languages):
        run = paragraph.add_run(words if number == 0 else f"\n{words}")
        if not written:
            run.font.color.rgb = RGBColor(0xB0, 0x30, 0x20)
            run.bold = True


def _style(document: Any) -> None:
    """A font that has both languages."""
    style = document.styles["Normal"]
    style.font.name = _FONT
    style.font.size = Pt(10)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
