"""Pages as PDF: the summary and every belt, in each language, from what their pages are given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reporting.documents.content import BELT, SUMMARY, content_of, printable
from reporting.documents.typeset import typeset
from reporting.site.frame import file_name
from reporting.site.pages.belt import belt_page
from reporting.site.pages.summary import index_page
from reporting.site.room import Room, Stamp
from reporting.units import Text

LANGUAGES = {"zh": Text("中文", "Chinese"), "en": Text("英文", "English")}


@dataclass(frozen=True)
class PrintedDocument:
    """One PDF before it is typeset."""

    name: str
    language: str
    title: Text
    content: dict[str, Any]
    """Plain values that the template prints; nothing of the run."""
    stamp: Stamp

    def write(self, path: Path) -> None:
        """Typeset the document into ``path``, whole or not at all."""
        run = {"run": self.stamp.run_id, "code": self.stamp.code_version, "time": self.stamp.time}
        run = {name: printable(word) for name, word in run.items()}
        typeset(path, {**self.content, **run}, self.stamp.made_at)


def printed_documents(room: Room, belt_id: str | None) -> Iterator[PrintedDocument]:
    """A belt, or the summary where none is named, in both languages."""
    report = room.report
    stamp = Stamp(report.run_id, report.generated_at, report.code_version)
    belt = next((one for one in report.belts if one.id == belt_id), None)
    if belt is None:
        name, context, outline = "summary", index_page(room), SUMMARY
    else:
        name = f"belt-{file_name(belt.id).removesuffix('.html')}"
        context, outline = belt_page(room, belt), BELT
    page = context["page"]
    for language, word in LANGUAGES.items():
        title = Text(f"{page.title.zh}（PDF，{word.zh}）", f"{page.title.en} (PDF, {word.en})")
        content = content_of(context, outline, language)
        yield PrintedDocument(name, language, title, content, stamp)
