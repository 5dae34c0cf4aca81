"""The words of the form of a record from outside: fields, columns, lists of choices.

They are one dictionary, ``data/dictionaries/records.yaml``, which both the empty form and its
reading are made from.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from geo.dictionary import load_words, normal

Part = Literal["header", "figures"]
FieldKind = Literal["text", "date", "year", "number", "integer", "choice"]


@dataclass(frozen=True)
class FormField:
    """One field of the header, or one column of the figures."""

    key: str
    zh: str
    en: str
    kind: FieldKind
    needed: str
    """When it must be filled: always, never, or by scope, source or filing (records.yaml)."""
    choices: str | None = None
    """Name of its list."""
    note_zh: str = ""
    note_en: str = ""
    example: str = ""

    @property
    def heading(self) -> str:
        """Heading in both languages."""
        return f"{self.zh} / {self.en}"


def form_version() -> str:
    """The form's name and version, written into every form."""
    return str(_words()["form"])


def sheet_name(name: str) -> str:
    """Name of a sheet of the workbook: header, figures, example, notes or lists."""
    return str(_words()["sheets"][name])


def form_fields(part: Part) -> tuple[FormField, ...]:
    """Fields of the header, or columns of the figures, in the form's order."""
    return _fields()[part]


def field_of(part: Part, text: str) -> FormField | None:
    """The field that a key or heading names, in either language or in both."""
    plain = normal(text)
    whole = [plain, *(piece.strip() for piece in plain.split("/", 1))]
    for field in form_fields(part):
        names = {normal(field.key), normal(field.zh), normal(field.en), normal(field.heading)}
        if names & set(whole):
            return field
    return None


def nearest_field(part: Part, text: str) -> str | None:
    """Key of the field spelt most like ``text``."""
    names = {normal(n): f.key for f in form_fields(part) for n in (f.key, f.zh, f.en)}
    near = difflib.get_close_matches(normal(text), list(names), n=1)
    return names[near[0]] if near else None


def choice_of(choices: str, text: str) -> str | None:
    """Name of the choice that ``text`` stands for, by its name, either word, or both."""
    return _choices(choices).get(normal(text))


def choice_texts(choices: str) -> tuple[str, ...]:
    """What a drop-down offers, in order."""
    listed = _words()["lists"][choices].values()
    return tuple(_shown(item["zh"], item["en"]) for item in listed)


def choice_facts(choices: str, name: str) -> dict[str, Any]:
    """All that the list says about one choice (a unit's size, for example)."""
    facts: dict[str, Any] = _words()["lists"][choices][name]
    return facts


def province_of(text: str) -> tuple[str, str] | None:
    """Chinese and English name of a province written short or in full; None where unknown."""
    plain = "".join(text.split())
    for ending in _words()["full_name_endings"]:
        if plain.endswith(ending) and len(plain) > len(ending) + 1:
            plain = plain.removesuffix(ending)
            break
    for zh, en in _words()["provinces"].items():
        if plain == zh or normal(text) == normal(en):
            return zh, en
    return None


def provinces() -> tuple[str, ...]:
    """Short names of all provinces, as a drop-down offers them."""
    return tuple(_words()["provinces"])


def _shown(zh: str, en: str) -> str:
    """A choice in both languages, once where they are the same."""
    return zh if zh == en else f"{zh} {en}"


def _words() -> dict[str, Any]:
    return load_words("records.yaml")


@lru_cache(maxsize=1)
def _fields() -> dict[str, tuple[FormField, ...]]:
    """Both parts' fields."""
    return {part: tuple(_made(_words()[part])) for part in ("header", "figures")}


def _made(entries: Iterable[dict[str, Any]]) -> Iterable[FormField]:
    for entry in entries:
        yield FormField(choices=entry.get("list"), **{k: entry[k] for k in entry if k != "list"})


@lru_cache(maxsize=32)
def _choices(choices: str) -> dict[str, str]:
    """Every way of writing a choice -> its name."""
    found: dict[str, str] = {}
    for name, item in _words()["lists"][choices].items():
        shown = _shown(item["zh"], item["en"])
        for text in (name, item["zh"], item["en"], shown, *item.get("words", ())):
            found.setdefault(normal(text), name)
    return found


@dataclass(frozen=True)
class FormTexts:
    """What an empty form says beside its fields."""

    needed: dict[str, str]
    """When a field is needed -> the words, in both languages."""
    notes: tuple[tuple[str, str], ...]
    """Chinese, English."""
    classes: tuple[str, ...]
    elements: tuple[str, ...]
    example_rows: tuple[dict[str, str], ...]


def form_texts() -> FormTexts:
    """Notes, the example, and what is offered for classes and elements."""
    words = _words()
    return FormTexts(
        needed={k: f"{w['zh']} / {w['en']}" for k, w in words["needed_words"].items()},
        notes=tuple((note["zh"], note["en"]) for note in words["notes"]),
        classes=tuple(words["class_choices"]),
        elements=tuple(words["element_choices"]),
        example_rows=tuple(words["example_rows"]),
    )
