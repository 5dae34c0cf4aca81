"""What tests do to a ledger whose figures they follow: enter, decide, file, look."""

from __future__ import annotations

import itertools
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.fabricated import copper_result
from tests.postgres_fixture import new_database
from tracking import Decision, Hold, Ledger
from tracking.forms.outside import OutsideFigure
from tracking.ledger.standing import Standing

NAMES = itertools.count()
DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
WHEN = date(2024, 12, 31)
LATER = date(2025, 12, 31)


def empty_database(request: pytest.FixtureRequest, folder: Path) -> str:
    """An empty database of the kind that ``request`` asks for; its URL."""
    if request.param == "sqlite":
        return f"sqlite:///{folder / 'ledger.db'}"
    server = request.getfixturevalue("postgres_server")
    return new_database(server, f"standing_{os.getpid()}_{next(NAMES)}")


def estimate(ledger: Ledger, tonnes: float, hold: Hold | None = None) -> int:
    """Enter an estimate of so much copper; returns its number."""
    return ledger.record(copper_result(WHEN, {"measured": tonnes}), "run", hold=hold).number


def review(ledger: Ledger, about: int, *states: str) -> None:
    """Take an entry through review states."""
    for to in states:
        ledger.decide(Decision(about, "review", to, "geologist", "because"), "run")


def advance(ledger: Ledger, about: int, *states: str, **more: Any) -> None:
    """Take an entry through filing states; ``more`` goes with the last one."""
    for to in states[:-1]:
        ledger.decide(Decision(about, "filing", to, "geologist", "because"), "run")
    last = Decision(about, "filing", states[-1], "geologist", "because", **more)
    ledger.decide(last, "run")


TO_FILED = ("reviewed", "submitted", "accepted", "supplement", "accepted", "review_passed", "filed")


def one(ledger: Ledger) -> Standing:
    """Where the only figure stands; the chain and the tables agree."""
    assert ledger.verify() == []
    found = ledger.standings("test-syn")
    assert len(found) == 1
    return found[0]


def pointers(ledger: Ledger) -> tuple[int | None, ...]:
    """Newest, usable, published and official entry of the only figure."""
    found = one(ledger)
    return found.newest, found.usable, found.published, found.official


def outside(
    kilograms: int, number: str | None = "黑矿储评字[2024]6号", **changes: Any
) -> OutsideFigure:
    """A filed figure of the same deposit and date, with whatever else a test changes."""
    row = {
        "class": "indicated",
        "domain": "all",
        "ore_kg": kilograms * 200,
        "elements": {"cu_pct": {"grade": 0.5, "metal_kg": kilograms}},
    }
    filing = {"state": "filed", "filed_date": "2025-03-01", "stat_year": None}
    content = {
        "kind": "outside",
        "series": number or "source:yearbook",
        "status": "filed report / 评审备案报告",
        "belt_id": "",
        "deposit_id": "test-syn",
        "vintage": WHEN.isoformat(),
        "scope": "deposit",
        "province": {"zh": "黑龙江", "en": "Heilongjiang"},
        "domestic": True,
        "elements": ["cu_pct"],
        "statement": [row],
        "filing": {**filing, "document_no": number},
    }
    replaces, reason = changes.pop("replaces", None), changes.pop("reason", None)
    return OutsideFigure({**content, **changes}, replaces, reason, by="clerk")
