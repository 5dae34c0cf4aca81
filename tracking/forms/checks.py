"""From a form to a figure that the ledger can enter: whole, or not at all."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from estimation.results import METAL_PER_GRADE, grade_unit
from tracking.forms.class_codes import citation
from tracking.forms.figures import Row, figure_rows
from tracking.forms.header import header_values
from tracking.forms.outside import PARTS, STATUS, OutsideFigure
from tracking.forms.reading import Form
from tracking.forms.values import in_element_unit, share
from tracking.forms.words import form_version
from tracking.ledger.entries import FORMAT

PART_OF = {
    ("resource", "retained", "industrial"): "statement",
    ("resource", "identified", "industrial"): "identified",
    ("resource", "retained", "low_grade"): "low_grade",
    ("resource", "identified", "low_grade"): "identified_low_grade",
}
"""Part of the content by kind, basis and stock; reserves and what is excluded have their own."""

UNKNOWN = (
    "mined",
    "depletion",
    "lost",
    "uncertainty",
    "density_basis",
    "support",
    "holes",
    "composites",
    "plan_status",
    "data_hash",
    "plan_hash",
    "model_hash",
    "engine_version",
)
"""Keys of an estimate's content that a source outside doesn't state."""


@dataclass(frozen=True)
class KnownDeposit:
    """What the configuration says about a deposit."""

    belt_id: str
    province_zh: str


def checked_figure(
    form: Form, today: date, deposits: Mapping[str, KnownDeposit]
) -> OutsideFigure | None:
    """Return the figure that a form states; None, and findings in the form, where it isn't whole.

    ``deposits``: the configured ones by id. Findings that are no errors leave the figure standing.
    """
    if _refused(form) and not form.header and not form.figures:
        return None
    header = header_values(form, today)
    rows = figure_rows(form, header)
    _configured(form, header, deposits)
    if not _refused(form):
        _has_a_figure(form, header["main_element"], rows)
    if _refused(form):
        return None
    return OutsideFigure(
        content=_content(form, header, rows, deposits.get(header["deposit_id"] or "")),
        replaces=header["replaces"],
        reason=header["reason"],
        by=header["entered_by"],
    )


def _has_a_figure(form: Form, main: str, rows: Sequence[Row]) -> None:
    """Something other than notes stands there, and of the main element."""
    counted = [row for row in rows if row.code.kind != "excluded"]
    if not counted:
        form.say("BN-LED-024", rows[0].cell)
    elif all(row.element != main for row in counted):
        form.say("BN-LED-054", form.header["main_element"])


def _refused(form: Form) -> bool:
    """Whether the form has an error."""
    return any(found.severity == "error" for found in form.findings)


def _configured(
    form: Form, header: Mapping[str, Any], deposits: Mapping[str, KnownDeposit]
) -> None:
    """A configured deposit's province is the configuration's."""
    known = deposits.get(header["deposit_id"] or "")
    province = header["province"]
    if known is None or header["scope"] != "deposit" or not isinstance(province, dict):
        return
    if province["zh"] != known.province_zh:
        form.say("BN-LED-043", form.header["province"], configured=known.province_zh)


def _content(
    form: Form, header: dict[str, Any], rows: Sequence[Row], known: KnownDeposit | None
) -> dict[str, Any]:
    """The entry's content: an estimate's keys, and what a source outside has beside them."""
    scope = header["scope"]
    cutoff = None if header["cutoff"] is None else _cutoff(header)
    parts = {name: _part(rows, name, header["main_element"], cutoff) for name in PARTS}
    converted = any(row.code.converted for row in rows)
    return {
        "format": FORMAT,
        "kind": "outside",
        "form": form_version(),
        "form_sha256": form.sha256,
        "status": STATUS[header["source_kind"]],
        "source_kind": header["source_kind"],
        "scope": scope,
        "belt_id": known.belt_id if known and scope == "deposit" else "",
        **_named(header),
        "vintage": header["effective_date"].isoformat(),
        "series": header["filing_no"] or f"source:{slug(header)}",
        "main_element": header["main_element"],
        "elements": list(dict.fromkeys([header["main_element"], *(r.element for r in rows)])),
        "roles": {row.element: row.role for row in rows if row.role},
        "reporting_cutoff": cutoff,
        "reporting_code": header["reporting_code"],
        "converted": converted,
        "conversion": citation() if converted else None,
        **parts,
        "excluded": _excluded(rows),
        "as_reported": [_as_written(cells) for cells in form.figures],
        **dict.fromkeys(UNKNOWN),
        **_facts(header),
        "filing": _filing(header),
        "citation": {
            key: header[f"citation_{key}"] for key in ("title", "issuer", "where", "quote")
        },
        "entered_by": header["entered_by"],
        "confirmed": header["confirmed"],
        "growth_type": header["growth_type"],
        "usable_status": header["usable_status"],
    }


def _cutoff(header: Mapping[str, Any]) -> float:
    """The cut-off in the unit of the main element's name."""
    part = share(header["cutoff"], header["cutoff_unit"])
    return round(in_element_unit(header["main_element"], part), 6)


def slug(header: Mapping[str, Any]) -> str:
    """A source's short name: its title, issuer and statistics year, without signs."""
    words = (header["citation_title"], header["citation_issuer"], header["stat_year"])
    text = "-".join(str(word) for word in words if word)
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[^\w]+", "-", plain).strip("-")


def _named(header: Mapping[str, Any]) -> dict[str, Any]:
    """Id and names of the deposit, or of the area that a statistical figure counts."""
    if header["scope"] == "national":
        return {"deposit_id": "national", "deposit_name": {"zh": "全国", "en": "National"}}
    if header["scope"] == "province":
        province = header["province"]
        return {"deposit_id": f"province:{province['zh']}", "deposit_name": dict(province)}
    names = {"zh": header["deposit_zh"], "en": header["deposit_en"] or header["deposit_zh"]}
    return {"deposit_id": header["deposit_id"], "deposit_name": names}


def _facts(header: Mapping[str, Any]) -> dict[str, Any]:
    """What an estimate takes from the configuration, as the source states it."""
    county = header["county"]
    discovered = header["discovered"]
    method = header["method"]
    return {
        "province": header["province"],
        "domestic": header["domestic"] == "yes",
        "registry": {
            "mine_code": header["mine_code"],
            "licence_kind": header["licence_kind"],
            "licence_no": header["licence_no"],
            "licensee": header["licensee"],
            "county": county and {"zh": county, "en": county},
            "discovered": discovered
            and {"date": discovered.isoformat(), "citation": header["citation_title"]},
        },
        "method": {header["main_element"]: method} if method else None,
        "stage": header["stage"],
        "report_unit": header["report_unit"],
        "competent_person": header["competent_person"],
    }


def _filing(header: Mapping[str, Any]) -> dict[str, Any]:
    """The state that the citation proves, with its numbers and dates."""
    filed, counted = header["filing_no"], header["stat_year"]
    if counted and (filed or header["source_kind"] == "statistics"):
        state = "in_statistics"
    elif filed:
        state = "filed"
    else:
        state = "review_passed" if header["review_no"] else "draft"
    return {
        "state": state,
        "document_no": filed,
        "filed_date": header["filed_date"] and header["filed_date"].isoformat(),
        "stat_year": counted,
        "review_no": header["review_no"],
        "authority": header["authority"],
    }


def _as_written(cells: Mapping[str, Any]) -> dict[str, Any]:
    """One row of the form exactly as it was written, with its number."""
    row = next(iter(cells.values())).row
    return {"row": row, **{key: cell.text for key, cell in cells.items()}}


def _part(rows: Sequence[Row], name: str, main: str, cutoff: float | None) -> list[dict[str, Any]]:
    """One part's rows by class and ore type, in the order of the form."""
    grouped: dict[tuple[str, str, str, str], list[Row]] = {}
    for row in rows:
        if _part_of(row) == name:
            place = _place(row)
            key = (place, row.code.class_name, row.ore_type, row.stock)
            grouped.setdefault(key, []).append(row)
    return [
        {**_extra(name, key), **_merged(group, key[1], key[2], main, cutoff)}
        for key, group in grouped.items()
    ]


def _part_of(row: Row) -> str | None:
    """Part of the content that a row belongs to; None where it is excluded."""
    if row.code.kind == "excluded":
        return None
    return "totals" if row.code.class_name == "unclassified" else _place(row)


def _place(row: Row) -> str:
    """Part of the content that holds a row's kind, basis and stock."""
    return PART_OF.get(row.group, "reserves")


def _extra(name: str, key: tuple[str, str, str, str]) -> dict[str, str]:
    """What rows of some parts say beside the rest: their part, their stock."""
    if name == "totals":
        return {"part": key[0]}
    return {"stock": key[3]} if name == "reserves" else {}


def _merged(
    group: Sequence[Row], class_name: str, ore_type: str, main: str, cutoff: float | None
) -> dict[str, Any]:
    """Rows of one class as one row: old codes of one class are added (331 and 111b)."""
    named: dict[str, list[Row]] = {}
    for row in group:
        named.setdefault(row.element, []).append(row)
    return {
        "class": class_name,
        "domain": ore_type,
        "cutoff": cutoff,
        "volume_m3": None,
        "ore_kg": _added([row.ore_kg for row in named.get(main, ())]),
        "elements": {name: _figure(name, rows) for name, rows in named.items()},
    }


def _figure(name: str, rows: Sequence[Row]) -> dict[str, Any]:
    """One element's part of a row; the grade of several codes is their metal over their ore."""
    ore = _added([row.ore_kg for row in rows])
    metal = sum(row.metal_kg for row in rows)
    grade = rows[0].grade
    if len(rows) > 1:
        grade = round(metal / ore / METAL_PER_GRADE[grade_unit(name)], 6) if ore else None
    return {"grade": grade, "metal_kg": metal, "evaluated_ore_kg": ore}


def _added(parts: Sequence[int | None]) -> int | None:
    """The sum; None where one part, or all, is not stated."""
    known = [part for part in parts if part is not None]
    return sum(known) if known and len(known) == len(parts) else None


def _excluded(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """What is no resource by the classification of 2020: told, and in no sum."""
    return [
        {
            "code": row.code.code,
            "why": row.code.class_name,
            "element": row.element,
            "ore_kg": row.ore_kg,
            "metal_kg": row.metal_kg,
        }
        for row in rows
        if row.code.kind == "excluded"
    ]
