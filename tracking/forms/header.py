"""The header block of a form: what must be filled, what it may say, and what contradicts itself."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from tracking.forms.outside import filing_number
from tracking.forms.reading import Cell, Form
from tracking.forms.values import element, limit, value_of
from tracking.forms.words import FormField, form_fields, province_of

DOCUMENT = re.compile(r"[\u4e00-\u9fffA-Za-z]{2,30}\[(?P<year>\d{4})\]\d{1,6}(-\d{1,4})?号")
"""A document's number after :func:`tracking.forms.outside.filing_number`: 黑矿储评字[2024]6号."""
LICENCE = re.compile(r"(?P<kind>[TC])(\d{17}|\d{22})")
"""T 探矿权 or C 采矿权, with 17 digits (old) or 22 (since 2008's national numbering)."""
MINE_CODE = re.compile(r"\d{9}-\d{3}")
"""矿区 (nine digits) - 矿山 (three)."""
DEPOSIT_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
CITED = ("citation_title", "citation_issuer", "citation_where", "citation_quote")
KINDS = {"T": "exploration", "C": "mining"}


def header_values(form: Form, today: date) -> dict[str, Any]:
    """Typed values by key, None where blank or wrong; findings are added to the form."""
    values: dict[str, Any] = {}
    for field in form_fields("header"):
        cell = form.header.get(field.key)
        values[field.key] = value_of(form, field, cell) if cell else None
    for field in form_fields("header"):
        if field.key not in form.header and _needed(field, values, form):
            code = "BN-LED-010" if field.key in CITED else "BN-LED-004"
            form.say(code, _nowhere(form, field), name=field.heading)
    if values["main_element"] is not None:
        values["main_element"] = element(form, form.header["main_element"])
    _place(form, values)
    _numbers(form, values)
    _dates(form, values, today)
    _pairs(form, values)
    return values


def _needed(field: FormField, values: dict[str, Any], form: Form) -> bool:
    """Whether the form must fill the field."""
    deposit = values["scope"] == "deposit"
    return {
        "always": True,
        "never": False,
        "deposit": deposit,
        "domestic": values["scope"] == "province" or (deposit and values["domestic"] == "yes"),
        "filed": "filing_no" in form.header,
        "statistics": values["source_kind"] == "statistics",
        "public": values["source_kind"] in ("statistics", "announcement"),
    }[field.needed]


def _nowhere(form: Form, field: FormField) -> Cell:
    """The place of a field that is blank, or not there at all."""
    if field.key in form.blank:
        return form.blank[field.key]
    sheet = next((cell.sheet for cell in form.header.values()), None)
    return Cell("", None, field.heading if sheet else field.key, sheet)


def _place(form: Form, values: dict[str, Any]) -> None:
    """Deposit, province, mine code and licence."""
    if values["deposit_id"] and not DEPOSIT_ID.fullmatch(values["deposit_id"]):
        form.say("BN-LED-011", form.header["deposit_id"])
    if values["province"] and values["domestic"] == "yes":
        known = province_of(values["province"])
        if known is None:
            form.say("BN-LED-012", form.header["province"])
        values["province"] = known and {"zh": known[0], "en": known[1]}
    elif values["province"]:
        values["province"] = {"zh": values["province"], "en": values["province"]}
    if values["mine_code"] and not MINE_CODE.fullmatch(values["mine_code"]):
        form.say("BN-LED-013", form.header["mine_code"])
    licence = LICENCE.fullmatch(values["licence_no"] or "")
    if values["licence_no"] and not licence:
        form.say("BN-LED-014", form.header["licence_no"])
    values["licence_kind"] = KINDS[licence["kind"]] if licence else None
    if values["domestic"] == "no":
        form.say("BN-LED-015", form.header["domestic"])


def _numbers(form: Form, values: dict[str, Any]) -> None:
    """Numbers of documents: their shape, and their year beside the dates."""
    for key in ("filing_no", "review_no"):
        if not values[key]:
            continue
        values[key] = filing_number(values[key])
        found = DOCUMENT.fullmatch(values[key])
        if found is None:
            form.say("BN-LED-016", form.header[key])
            continue
        issued, filed = int(found["year"]), values["filed_date"]
        effective = values["effective_date"]
        early = effective is not None and issued < effective.year
        out_of_order = None not in (filed, effective) and effective > filed  # told by itself
        late = filed is not None and not (
            filed.year - limit("number_year_lag") <= issued <= filed.year
        )
        if (early or late) and not out_of_order:
            words = {"issued": issued, "effective": effective or "—", "filed": filed or "—"}
            form.say("BN-LED-017", form.header[key], **words)
    if values["filing_no"] and values["source_kind"] in ("statistics", "announcement"):
        form.say("BN-LED-018", form.header["filing_no"])


def _dates(form: Form, values: dict[str, Any], today: date) -> None:
    """Three dates in their order, none of them to come."""
    effective, filed = values["effective_date"], values["filed_date"]
    if effective and filed and effective > filed:
        form.say("BN-LED-019", form.header["filed_date"], effective=effective)
    for key in ("effective_date", "filed_date", "discovered"):
        if values[key] and values[key] > today:
            form.say("BN-LED-020", form.header[key], today=today)
    counted = values["stat_year"]
    if counted and effective and not effective.year <= counted <= today.year:
        form.say("BN-LED-021", form.header["stat_year"], effective=effective, today=today)
    if values["discovered"] and effective and values["discovered"] > effective:
        form.say("BN-LED-019", form.header["effective_date"], effective=values["discovered"])


def _pairs(form: Form, values: dict[str, Any]) -> None:
    """Fields that go together."""
    pairs = [("cutoff", "cutoff_unit"), ("replaces", "reason")]
    if values["source_kind"] == "report":
        pairs += [("filed_date", "filing_no"), ("stat_year", "filing_no")]
    headings = {field.key: field.heading for field in form_fields("header")}
    for one, other in pairs:
        present = [key for key in (one, other) if key in form.header]
        both_ways = (one, other) in (("cutoff", "cutoff_unit"), ("replaces", "reason"))
        if present == [one] or (both_ways and present == [other]):
            absent = other if present == [one] else one
            words = {"name": headings[absent], "beside": headings[present[0]]}
            form.say("BN-LED-022", form.header[present[0]], **words)
    if values["source_kind"] == "report" and "filing_no" not in form.header:
        form.say("BN-LED-023", _nowhere(form, _field("filing_no")))


def _field(key: str) -> FormField:
    """One field of the header by its key."""
    return next(field for field in form_fields("header") if field.key == key)
