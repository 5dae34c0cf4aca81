"""What a person reads of a wrong configuration file; and whose day it is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field

from geo.config import ConfigError, StrictModel, load_yaml
from geo.days import today
from tracking import read_target

ROOT = Path(__file__).resolve().parent.parent


class Inner(StrictModel):
    """A block."""

    count: int
    kind: Literal["a", "b"]


class Outer(StrictModel):
    """A whole file."""

    day: date
    share: float = Field(gt=0)
    parts: tuple[Inner, ...] = Field(min_length=1)


def _said(tmp_path: Path, text: str) -> str:
    path = tmp_path / "file.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as refused:
        load_yaml(path, Outer)
    return str(refused.value)


def test_wrong_values_are_named_in_both_languages(tmp_path: Path) -> None:
    said = _said(tmp_path, "day: x\nshare: -1\nparts: [{count: 1.5, kind: c}]\n")
    lines = said.splitlines()[1:]
    assert [line.split(":")[0].strip() for line in lines] == [
        "day", "share", "parts.0.count", "parts.0.kind",
    ]  # fmt: skip
    words = ("须为日期", "须大于 0", "须为整数", "须为其一: 'a' or 'b'")
    assert all(word in line for word, line in zip(words, lines, strict=True))


def test_the_whole_file_is_not_printed(tmp_path: Path) -> None:
    """Neither where a list's items are wrong, nor where the file is no block of keys."""
    many = "\n".join(f"  - {{count: {n}, kind: a, extra: long-text-{n}}}" for n in range(50))
    said = _said(tmp_path, f"day: 2024-01-01\nshare: 1\nparts:\n{many}\n")
    assert "parts: " not in said
    said = _said(tmp_path, "\n".join(f"- {{count: {n}}}" for n in range(50)))
    assert "须为键值块" in said
    assert "50 items / 50 项" in said


def test_an_older_target_is_told_as_one(tmp_path: Path) -> None:
    text = (ROOT / "configs" / "targets" / "copper-2027.yaml").read_text("utf-8")
    lines = [n for n in text.splitlines() if not n.startswith(("level:", "status:"))]
    path = tmp_path / "old.yaml"
    path.write_text("\n".join(lines).split("\nplans:")[0], "utf-8")
    with pytest.raises(ConfigError, match=r"older shape.*旧格式") as refused:
        read_target(path)
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize(
    ("hour", "day"), [(15, date(2025, 12, 31)), (16, date(2026, 1, 1)), (23, date(2026, 1, 1))]
)
def test_today_is_the_day_in_china(hour: int, day: date) -> None:
    """From 16:00 UTC on it is tomorrow there."""
    assert today(datetime(2025, 12, 31, hour, 30, tzinfo=UTC)) == day
