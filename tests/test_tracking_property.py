"""Whatever is done to a ledger, in whatever order: the chain holds, and what stands follows.

The expectation is the plain model of ``tests.ledger_play``.
"""

from __future__ import annotations

import itertools
import os
import random
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ledger_play import FILING, OPERATIONS, REVIEW, play
from tests.postgres_fixture import new_database, postgres_server  # noqa: F401
from tracking import Ledger

NAMES = itertools.count()
STEP = st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 997), st.integers(0, 997))
STEPS = st.integers(1, 200).flatmap(lambda n: st.lists(STEP, min_size=n, max_size=n))


def test_long_sequences_go_everywhere(tmp_path: Path) -> None:
    """Three times 200 random operations reach every kind of entry and every state decided on."""
    reached, kinds = set(), set()
    for seed in range(3):
        rng = random.Random(seed)
        steps = [
            (rng.choice(OPERATIONS), rng.randrange(998), rng.randrange(998)) for _ in range(200)
        ]
        url = f"sqlite:///{tmp_path / f'{seed}.db'}"
        play(url, steps)
        with Ledger(url) as ledger:
            entries = ledger.entries()
        kinds |= {entry.kind for entry in entries}
        decided = [entry.content for entry in entries if entry.kind == "decision"]
        reached |= {(content["axis"], content["to"]) for content in decided}
    assert kinds == {"estimate", "outside", "decision", "mining", "correction"}
    review = {("review", to) for moves in REVIEW.values() for to in moves}
    filing = {("filing", to) for moves in FILING.values() for to in moves}
    assert reached == review | filing


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
@given(STEPS)
def test_any_sequence_keeps_chain_identities_and_state(steps: list[tuple[str, int, int]]) -> None:
    """On SQLite, 1 to 200 operations."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if os.access(memory, os.W_OK) else None))
    try:
        play(f"sqlite:///{folder / 'ledger.db'}", steps)
    finally:
        shutil.rmtree(folder)


@pytest.mark.postgres
def test_long_sequences_keep_them_on_postgresql(postgres_server: Path) -> None:  # noqa: F811
    """On PostgreSQL, a few long ones."""

    @settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(STEPS.filter(lambda steps: len(steps) > 20))
    def run(steps: list[tuple[str, int, int]]) -> None:
        play(new_database(postgres_server, f"property_{os.getpid()}_{next(NAMES)}"), steps)

    run()
