"""The method page's texts and tables, from ``data/dictionaries`` (glossary.yaml, standards/)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from estimation.statement.standards import standard
from geo.dictionary import folder, load_words
from reporting.site.frame import same
from reporting.units import Text, bilingual

UNVERIFIED = Text("未核", "unverified")
ABOUT = {
    "by_products": Text("伴生元素", "by-products"),
    "class_codes_1999": Text("1999 年分类编码", "class codes of 1999"),
    "classes": Text("资源量与储量类别", "classes"),
    "density": Text("体重", "density"),
    "gate": Text("数据是否足以估算", "data enough for an estimate"),
    "proposal": Text("拟定方案", "proposed plans"),
    "records": Text("备案与公告的核对", "checks of records"),
    "spacing_copper": Text("铜矿勘查工程间距", "drill spacing of copper"),
    "statement": Text("资源量表", "statement"),
    "statutory_tables": Text("统计报表", "statutory tables"),
    "validation": Text("检验", "validation"),
}
"""File of the standards' folder -> what it is about."""


@dataclass(frozen=True)
class Step:
    """One step of the method."""

    name: Text
    text: Text


@dataclass(frozen=True)
class Term:
    """One term in the codes side by side, and what our tables call it."""

    gb: str
    en: str
    jorc: str
    unfc: str
    column: str
    meaning: Text
    citation: Text
    verified: bool


@dataclass(frozen=True)
class Standard:
    """A standard or source that limits and terms are taken from."""

    about: Text
    citation: Text
    verified: bool


def cited(citation: str) -> Text:
    """A source as it is cited; where that is in English alone, the Chinese reader is told so."""
    said = bilingual(citation)
    foreign = not re.search(r"[\u4e00-\u9fff]", said.zh)
    return Text(f"{said.zh}（英文）", said.en) if foreign else said


def words() -> dict[str, Any]:
    """The glossary as its file has it; not to be changed."""
    return load_words("glossary.yaml")


def text_of(entry: dict[str, str]) -> Text:
    """A text in both languages."""
    return Text(entry["zh"], entry["en"])


def steps() -> tuple[Step, ...]:
    """The method step by step."""
    return tuple(Step(text_of(e["name"]), text_of(e["text"])) for e in words()["method"])


def terms() -> tuple[Term, ...]:
    """The five classes, then the other terms."""
    return (*_classes(), *(_term(entry) for entry in words()["terms"]))


def _classes() -> Iterator[Term]:
    """Classes of resources and reserves in three codes."""
    book = standard("classes")
    meanings = {
        "resource": Text("资源量，按地质可靠程度", "resource, by geological confidence"),
        "reserve": Text("储量，由资源量转换，单列", "reserve, converted from a resource; apart"),
    }
    for key, entry in book["classes"].items():
        yield Term(
            gb=entry["zh"],
            en=entry["en"],
            jorc=entry["jorc"],
            unfc=entry["unfc"],
            column=key,
            meaning=meanings[entry["kind"]],
            citation=cited(book["citation"]),
            verified=book["verified"],
        )


def _term(entry: dict[str, Any]) -> Term:
    return Term(
        gb=entry["zh"],
        en=entry["en"],
        jorc=entry["jorc"],
        unfc="—",
        column=entry["column"],
        meaning=text_of(entry["meaning"]),
        citation=cited(entry["citation"]),
        verified=entry["verified"],
    )


def standards() -> tuple[Standard, ...]:
    """Every source that the standards' folder cites, file by file, in order; each once."""
    found: dict[tuple[str, str], Standard] = {}
    for path in sorted((folder() / "standards").glob("*.yaml")):
        for citation, verified in _cited(standard(path.stem)):
            about = ABOUT.get(path.stem) or same(path.stem.replace("_", " "))
            found.setdefault((path.stem, citation), Standard(about, cited(citation), verified))
    return tuple(found.values())


def _cited(entry: Any) -> Iterator[tuple[str, bool]]:
    """Citations in a block and below it, each with whether it was compared with its source."""
    if isinstance(entry, dict):
        if isinstance(entry.get("citation"), str):
            yield entry["citation"], bool(entry.get("verified", False))
        for below in entry.values():
            yield from _cited(below)
    elif isinstance(entry, list):
        for below in entry:
            yield from _cited(below)
