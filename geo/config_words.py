"""What is wrong with a configuration file, in words that a person can act on, in both languages."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

SHOWN = 120
"""Characters of a wrong value that a message shows."""


def explained(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """A line for each trouble; that a list came out empty where its items are wrong is none."""
    items = error.errors()
    places = [item["loc"] for item in items]
    inside = [
        any(len(place) > len(loc) and place[: len(loc)] == loc for place in places)
        for loc in places
    ]
    return [
        _explain(item, model)
        for item, has_more in zip(items, inside, strict=True)
        if not (has_more and item["type"] == "too_short")
    ]


def _explain(item: Any, model: type[BaseModel]) -> str:
    """One pydantic error as a line a person can act on."""
    where = ".".join(str(part) for part in item["loc"]) or "(whole file)"
    if item["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(item["loc"][-1]), sorted(_known_keys(model)), n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        return f"{where}: unknown key / 未知的键{hint}"
    if item["type"] == "missing":
        return f"{where}: this key is needed / 缺少这个键"
    said = _WORDS.get(item["type"])
    words = item["msg"].removeprefix("Value error, ")
    if said is not None:
        words = f"{words} / {said.format(**item.get('ctx', {}))}"
    return f"{where}: {words} (found / 实际值: {_found(item.get('input'))})"


_WORDS = {
    "bool_parsing": "须为 true 或 false",
    "bool_type": "须为 true 或 false",
    "date_from_datetime_parsing": "须为日期 YYYY-MM-DD",
    "date_parsing": "须为日期 YYYY-MM-DD",
    "date_type": "须为日期 YYYY-MM-DD",
    "dict_type": "须为键值块",
    "finite_number": "须为有限数",
    "float_parsing": "须为数字",
    "float_type": "须为数字",
    "greater_than": "须大于 {gt}",
    "greater_than_equal": "须不小于 {ge}",
    "int_from_float": "须为整数",
    "int_parsing": "须为整数",
    "int_type": "须为整数",
    "less_than": "须小于 {lt}",
    "less_than_equal": "须不大于 {le}",
    "list_type": "须为列表",
    "literal_error": "须为其一: {expected}",
    "model_type": "须为键值块",
    "string_pattern_mismatch": "格式不符: {pattern}",
    "string_too_short": "至少 {min_length} 个字符",
    "string_type": "须为文字",
    "too_long": "至多 {max_length} 项",
    "too_short": "至少 {min_length} 项",
    "tuple_type": "须为列表",
}
"""Chinese for what pydantic says of a value, by its type of error."""


def _found(value: Any) -> str:
    """A value as it is shown: short ones whole, lists and blocks by their size."""
    if isinstance(value, Mapping):
        return f"{len(value)} keys / {len(value)} 个键"
    if isinstance(value, list | tuple) and len(repr(value)) > SHOWN:
        return f"{len(value)} items / {len(value)} 项"
    text = repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def _known_keys(model: type[BaseModel]) -> set[str]:
    """Every key of ``model`` and the blocks below it."""
    keys: set[str] = set()
    seen: list[type[BaseModel]] = [model]
    for block in seen:
        for name, field in block.model_fields.items():
            keys.add(name)
            seen += [t for t in _models_in(field.annotation) if t not in seen]
    return keys


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The configuration blocks named in a type annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [m for part in getattr(annotation, "__args__", ()) for m in _models_in(part)]
