"""Templates of layouts: what each heading was taken for, confirmed once, then used silently.

A template is one YAML file, named by its table and the fingerprint of the layout's headings. The
same headings load without a question; changed ones are asked about again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from geo.config import Conventions
from geo.dictionary import normal
from geo.files import write_whole
from geo.findings import Finding
from geo.rules import finding
from geo.tables.headings import Place, header_of, numbered, read_headings
from geo.tables.sheets import Sheet

FOLDER = "configs/templates"
"""Where templates are kept, below the project's folder."""
ALIKE = 0.6
"""A layout is taken for a changed one where it shares this part of its headings with a template."""


@dataclass(frozen=True)
class MappedColumn:
    """One heading and what it was taken for."""

    heading: str
    column: str
    """Dictionary column; ``ignore`` where the heading isn't read."""
    unit: str | None


@dataclass(frozen=True)
class Mapping:
    """What a layout's headings were taken for."""

    table: str
    fingerprint: str
    columns: tuple[MappedColumn, ...]

    @property
    def named(self) -> dict[str, str]:
        """Heading -> column, as ``columns`` of a configuration."""
        return {one.heading: one.column for one in self.columns}

    def lines(self) -> list[str]:
        """What is shown for confirmation: a line a heading."""
        return [
            f"{c.heading} → {c.column}" + (f" [{c.unit}]" if c.unit else "") for c in self.columns
        ]


def fingerprint(table: str, headings: tuple[str, ...]) -> str:
    """Sixteen hexadecimal digits that stand for a table's headings, in any lettering."""
    plain = [table, *(normal(heading) for heading in headings)]
    text = json.dumps(plain, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def mapping_of(
    sheet: Sheet, table: str, conventions: Conventions, columns: dict[str, str]
) -> Mapping:
    """What every heading of ``sheet`` is taken for when it is read as ``table``."""
    header = header_of(sheet, table, columns)
    headings = read_headings(sheet, header, Place("", sheet.name, table), conventions, columns, {})
    read = {column.index: column for column in headings.columns.values()}
    mapped = []
    for index, heading in enumerate(headings.names):
        if not heading:
            continue
        column = read.get(index)
        name = column.name.partition("__")[0] if column else "ignore"
        extra = column is not None and "__" in column.name
        unit = column.unit if column else None
        mapped.append(MappedColumn(heading, "ignore" if extra else name, unit))
    return Mapping(table, fingerprint(table, headings.names), tuple(mapped))


def confirm(mapping: Mapping, folder: Path) -> Path:
    """Keep a mapping that a person has confirmed; returns the template's file."""
    path = folder / f"{mapping.table}-{mapping.fingerprint}.yaml"
    plain = asdict(mapping) | {"columns": [asdict(column) for column in mapping.columns]}
    text = yaml.safe_dump(plain, allow_unicode=True, sort_keys=False)
    write_whole(path, text.encode())
    return path


def known(sheet: Sheet, folder: Path, table: str | None = None) -> Mapping | None:
    """The confirmed template of a sheet's layout, or None."""
    for template in templates(folder):
        if table in (None, template.table):
            header = header_of(sheet, template.table, template.named)
            if header.row >= 0 and _of(template.table, header.names) == template.fingerprint:
                return template
    return None


def review(mapping: Mapping, folder: Path, place: Place) -> list[Finding]:
    """Findings on a layout without a template: it is new, or a known one has changed."""
    mine = {normal(c.heading) for c in mapping.columns}
    best: tuple[float, Mapping | None] = (0.0, None)
    for template in (t for t in templates(folder) if t.table == mapping.table):
        theirs = {normal(c.heading) for c in template.columns}
        best = max(best, (len(mine & theirs) / max(len(mine | theirs), 1), template), key=_first)
    if best[1] is None or best[0] < ALIKE:
        listed = "; ".join(mapping.lines())
        return [finding("BN-TAB-036", **place.words(), found=listed)]
    before = {normal(c.heading): c for c in best[1].columns}
    now = {normal(c.heading): c for c in mapping.columns}
    changes = [f"+ {c.heading} → {c.column}" for key, c in now.items() if key not in before]
    changes += [f"- {c.heading}" for key, c in before.items() if key not in now]
    changes = changes or ["order / 顺序"]
    words = place.words(template=best[1].fingerprint, found="; ".join(changes))
    return [finding("BN-TAB-035", **words)]


def templates(folder: Path) -> list[Mapping]:
    """Every template of a folder, by name of file."""
    return [_read(path) for path in sorted(folder.glob("*.yaml"))]


def _first(pair: tuple[float, Any]) -> float:
    """How alike a pair of likeness and template says."""
    return pair[0]


def _of(table: str, names: tuple[str, ...]) -> str:
    """Fingerprint of a header's headings, repeated ones told apart."""
    return fingerprint(table, tuple(numbered(names)))


def _read(path: Path) -> Mapping:
    """One template."""
    plain = yaml.safe_load(path.read_text("utf-8"))
    columns = tuple(MappedColumn(**column) for column in plain["columns"])
    return Mapping(plain["table"], plain["fingerprint"], columns)
