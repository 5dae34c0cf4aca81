"""Names, units and decimals of elements and classes, as the trade prints them.

Decimals and table units follow the ministry's practice: copper grade
2 decimals, molybdenum 3, rhenium 3 in g/t; copper and molybdenum metal in t in deposit tables and
in 万t and kt in summaries; gold and rhenium in kg in deposit tables, t in summaries; silver in t.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from estimation.results import grade_unit


@dataclass(frozen=True)
class Text:
    """One thing said in Chinese and in English."""

    zh: str
    en: str

    @property
    def both(self) -> str:
        """Both languages in one line, for figures, titles and alternative texts."""
        return self.zh if self.zh == self.en else f"{self.zh} / {self.en}"


@dataclass(frozen=True)
class Unit:
    """A printed unit: its sign, the exact decimal factor from the stored unit, the decimals."""

    sign: str
    scale: str
    decimals: int


CLASS_TEXT = {
    "measured": Text("探明资源量", "Measured"),
    "indicated": Text("控制资源量", "Indicated"),
    "inferred": Text("推断资源量", "Inferred"),
}
"""GB/T 17766-2020 terms with the JORC Code's term beside them."""

CLASS_LETTER = {"measured": "M", "indicated": "I", "inferred": "F"}
TOTAL_TEXT = Text("合计（统计口径）", "Total (statistical basis)")
"""The only label under which classes are ever added, on target and movement tables alone."""

_ELEMENT_ZH = {
    "cu": "铜", "mo": "钼", "re": "铼", "au": "金", "ag": "银", "ni": "镍", "co": "钴",
    "pb": "铅", "zn": "锌", "s": "硫", "fe": "铁", "pt": "铂", "pd": "钯", "w": "钨", "sn": "锡",
}  # fmt: skip
_GRADE_DECIMALS = {"cu_pct": 2, "mo_pct": 3, "re_ppm": 3, "au_gpt": 2, "ag_gpt": 2}
_DEFAULT_DECIMALS = {"pct": 2, "ppm": 3, "gpt": 2}
_GRADE_SIGN = {"pct": "%", "ppm": "g/t", "gpt": "g/t"}

ORE = {"zh": Unit("万t", "1e-4", 2), "en": Unit("Mt", "1e-6", 2)}
TONNES = Unit("t", "1", 0)
KILOGRAMS = Unit("kg", "1e3", 0)
SHARE = Unit("%", "100", 1)


def symbol(element: str) -> str:
    """Chemical symbol of an element column: ``cu_pct`` -> ``Cu``."""
    return element.split("_", 1)[0].capitalize()


def element_text(element: str) -> Text:
    """Name of an element column for readers: 铜 Cu / Cu."""
    name = _ELEMENT_ZH.get(element.split("_", 1)[0], "")
    return Text(f"{name} {symbol(element)}".strip(), symbol(element))


def grade_display(element: str) -> Unit:
    """Unit and decimals of a grade, stored in the unit of the element's own name."""
    kind = grade_unit(element)
    decimals = _GRADE_DECIMALS.get(element, _DEFAULT_DECIMALS[kind])
    return Unit(_GRADE_SIGN[kind], "1", decimals)


def metal_display(element: str) -> Unit:
    """Unit of metal in deposit tables, from stored tonnes."""
    return KILOGRAMS if symbol(element) in ("Au", "Re", "Pt", "Pd") else TONNES


def summary_display(element: str) -> dict[str, Unit]:
    """Units of metal in summaries, from stored tonnes, by language.

    Base metals (grades in %) read in 万t and kt, precious and dispersed ones in t.
    """
    if grade_unit(element) == "pct":
        return {"zh": Unit("万t", "1e-4", 2), "en": Unit("kt", "1e-3", 1)}
    unit = Unit("t", "1", 0 if symbol(element) == "Ag" else 2)
    return {"zh": unit, "en": unit}


def class_text(name: str) -> Text:
    """Term of a resource class, or of several joined by ``+`` (``measured+indicated``)."""
    parts = [CLASS_TEXT.get(part, Text(part, part)) for part in name.split("+")]
    return Text(" + ".join(p.zh for p in parts), " + ".join(p.en for p in parts))


_DOMAIN_TEXT = {
    "all": Text("全部", "all"),
    "oxide": Text("氧化矿", "oxide"),
    "sulphide": Text("硫化矿", "sulphide"),
    "sulfide": Text("硫化矿", "sulphide"),
    "mixed": Text("混合矿", "mixed"),
}
_DENSITY = re.compile(r"(.+) ([\d.]+) t/m³ \((?:n=(\d+)|assigned / 指定)\)")


def domain_text(name: str) -> Text:
    """Name of a mineralized domain for readers; an unknown one as the plan writes it."""
    return _DOMAIN_TEXT.get(name, Text(name, name))


def density_text(basis: str) -> Text:
    """Density basis for readers: each domain's value and what it rests on; else as written."""
    parts = [_DENSITY.fullmatch(part) for part in basis.split("; ")]
    zh, en = [], []
    for part in parts:
        if part is None:
            return Text(basis, basis)
        domain, value, count = domain_text(part[1]), part[2], part[3]
        zh.append(f"{domain.zh} {value} t/m³（{f'实测 {count} 件' if count else '指定值'}）")
        en.append(f"{domain.en} {value} t/m³ ({f'{count} measured' if count else 'assigned'})")
    return Text("、".join(zh), ", ".join(en))


STATUSES = {
    "EVALUATED": ("已评价", "evaluated"),
    "PRESENT_NOT_EVALUATED": ("有化验，未评价", "assayed, not evaluated"),
    "BELOW_THRESHOLD": ("低于评价指标", "below the threshold"),
    "NOT_ASSAYED": ("未化验", "not assayed"),
}
"""Words for how an element was evaluated."""


def status_text(status: str | None) -> Text:
    """How an element was evaluated; empty where nobody judged it."""
    return Text(*STATUSES.get(status or "", (status or "", status or "")))


_UNSEEN = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff]"
)


def seen(text: str) -> str:
    """Return a text without control characters, signs of no width and those that turn its
    direction: what is read is then what stands there."""
    return _UNSEEN.sub("", text)


def document_name(citation: str) -> str:
    """A citation's document without the remarks in English that follow it, for Chinese readers."""
    return citation.partition(" (")[0]


def bilingual(words: str) -> Text:
    """Split ``Chinese / English`` (in either order) by language; anything else as written."""
    parts = words.split(" / ")
    chinese = [bool(re.search(r"[\u4e00-\u9fff]", part)) for part in parts]
    if len(parts) != 2 or chinese[0] is chinese[1]:
        return Text(words, words)
    return Text(*parts) if chinese[0] else Text(parts[1], parts[0])
