"""Codes of classes: those of GB/T 17766-2020, and old ones by the table that converts them.

The table is ``data/dictionaries/standards/class_codes_1999.yaml``, with its citation. A class of
2020 stands in several codes' systems; an old code is always told as converted.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from estimation.statement.standards import standard
from geo.dictionary import normal

Kind = Literal["resource", "reserve", "excluded"]


@dataclass(frozen=True)
class ClassCode:
    """One code, and what it is in the classification of 2020."""

    code: str
    system: str
    """``GBT17766_2020``, ``GBT17766_1999`` or ``USSR_ABCD``."""
    kind: Kind
    class_name: str
    """measured, indicated, inferred; proved, probable; ``unclassified`` where the source gives
    only the total; else why it is excluded."""
    within: str | None = None
    """Code whose ore already contains this one's (111 stands inside 111b)."""
    low_grade: bool = False
    """The code itself says low-grade ore (333低)."""

    @property
    def converted(self) -> bool:
        """Whether the class is a conversion."""
        return bool(standard("class_codes_1999")["systems"][self.system]["converted"])


def class_code(text: str) -> ClassCode | None:
    """The code written as ``text``: ``探明``, ``111b``, ``（333低）``; None where there is none."""
    plain = _plain(text)
    low = standard("class_codes_1999")["low_suffix"]
    known = _codes().get(plain)
    if known is None and plain.endswith(low):
        known = _codes().get(plain.removesuffix(low))
        if known is not None and known.system == "GBT17766_1999":
            return ClassCode(**{**vars(known), "low_grade": True})
        return None
    return known


def nearest_codes(text: str) -> tuple[str, ...]:
    """Codes and names of classes spelt most like ``text``, best first, at most three."""
    names = {
        _plain(word): word
        for entry in standard("class_codes_1999")["codes"]
        for word in (*entry["words"], entry["code"])
    }
    near = difflib.get_close_matches(_plain(text), list(names), n=3, cutoff=0.5)
    return tuple(names[name] for name in near)


def conversion_words(content: Mapping[str, Any]) -> tuple[str, str] | None:
    """How a figure's classes were converted, in Chinese and English; None where they weren't.

    ``content``: an entry's, of an estimate (never converted) or of a figure from outside.
    """
    if not content.get("converted"):
        return None
    codes = (class_code(str(row.get("class", ""))) for row in content.get("as_reported") or ())
    old = dict.fromkeys(code.system for code in codes if code is not None and code.converted)
    systems = standard("class_codes_1999")["systems"]
    said = [systems[name]["codes"] for name in old or ("GBT17766_1999",)]
    zh, en = "、".join(one["zh"] for one in said), ", ".join(one["en"] for one in said)
    return f"由{zh}套改", f"converted from {en}"


def citation() -> str:
    """Where the table of conversion comes from."""
    return str(standard("class_codes_1999")["citation"])


def _plain(text: str) -> str:
    """A code without brackets, blanks and case; its question mark and plus sign are kept."""
    return "".join(sign for sign in normal(text) if sign.isalnum() or sign in "?+")


@lru_cache(maxsize=1)
def _codes() -> dict[str, ClassCode]:
    """Every code by each way of writing it."""
    found: dict[str, ClassCode] = {}
    for entry in standard("class_codes_1999")["codes"]:
        code = ClassCode(
            code=entry["code"],
            system=entry["system"],
            kind=entry["kind"],
            class_name=entry["class"],
            within=entry.get("within"),
        )
        for word in (entry["code"], *entry["words"]):
            found.setdefault(_plain(word), code)
    return found
