"""What the pages need is made beside the estimates, and nothing of it twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flows.room import ahead as room_ahead
from flows.room.ahead import Ahead
from flows.runtime import Workspace
from tests.fabricated import fabricated_result

CONFIGS = "configs/belts"


class _Pool:
    """Notes what it is given."""

    def __init__(self, *_: Any) -> None:
        self.jobs: list[Any] = []
        self.cancelled: bool | None = None

    def submit(self, function: Any, *words: Any) -> None:
        self.jobs.append((function.__name__, words[0]))

    def shutdown(self, *, wait: bool, cancel_futures: bool) -> None:
        assert wait
        self.cancelled = cancel_futures


@pytest.fixture
def ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ahead:
    pool = _Pool()
    monkeypatch.setattr(room_ahead, "ProcessPoolExecutor", lambda *_: pool)
    monkeypatch.setattr(room_ahead.os, "cpu_count", lambda: 2)
    monkeypatch.setattr(room_ahead, "tracked", lambda: False)
    return Ahead(CONFIGS, Workspace(tmp_path))


def _given(ahead: Ahead) -> list[str]:
    return [name for name, _of in getattr(ahead._pool, "jobs", [])]


def test_a_new_estimate_is_studied_and_its_files_made(
    ahead: Ahead, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = fabricated_result()
    monkeypatch.setattr(room_ahead, "missing_studies", lambda *_: ("domains",))
    with ahead:
        ahead.deposit(result)
    assert _given(ahead) == ["make_studies", "_files"]
    assert ahead._pool.cancelled is False  # type: ignore[union-attr]


def test_what_stands_starts_no_process(ahead: Ahead, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_ahead, "missing_studies", lambda *_: ())
    monkeypatch.setattr(room_ahead, "surveys_stand", lambda *_: True)
    with ahead:
        ahead.deposit(fabricated_result())
        ahead.belt("duobaoshan")
    assert ahead._pool is None


def test_maps_are_made_where_they_are_missing_and_an_unknown_belt_stops_nothing(
    ahead: Ahead,
) -> None:
    with ahead:
        ahead.belt("no-such-belt")
        ahead.belt("duobaoshan")
    assert _given(ahead) == ["map_surveys"]


def test_an_error_leaves_what_was_not_begun(ahead: Ahead) -> None:
    def fail() -> None:
        with ahead:
            ahead.belt("duobaoshan")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert ahead._pool.cancelled is True  # type: ignore[union-attr]
