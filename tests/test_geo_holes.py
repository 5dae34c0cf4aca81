"""Wedges and daughters that count as their parent's hole."""

from __future__ import annotations

import numpy as np

from geo.drillholes.holes import as_one_hole


def _hole(
    name: str, east_m: float, lean: float, count: int = 20
) -> tuple[list[str], list[list[float]]]:
    """A hole that leans ``lean`` metres east for each metre down, sampled every 5 m."""
    down = 5.0 * np.arange(count)
    return [name] * count, [[east_m + lean * d, 0.0, -d] for d in down]


def _together(*holes: tuple[list[str], list[list[float]]]) -> dict[str, str]:
    names = np.array([n for hole in holes for n in hole[0]], dtype=object)
    return as_one_hole(names, np.array([p for hole in holes for p in hole[1]]))


def test_daughters_beside_their_parent_are_its_hole() -> None:
    """A, B and a wedge W1 run along the parent; each counts to the first of the family."""
    found = _together(
        _hole("DH1", 0.0, 0.0), _hole("DH1A", 3.0, 0.0), _hole("DH1B", 4.0, 0.0, 8),
        _hole("ZK2", 500.0, 0.0), _hole("ZK2-W1", 500.0, 0.02),
    )  # fmt: skip
    assert found == {"DH1A": "DH1", "DH1B": "DH1", "ZK2-W1": "ZK2"}


def test_a_name_alone_or_a_shared_collar_makes_no_daughter() -> None:
    """A lettered hole 200 m away, a fan from one collar, and neighbours of other names."""
    assert _together(_hole("DH1", 0.0, 0.0), _hole("DH1A", 200.0, 0.0)) == {}
    assert _together(_hole("DH1E", 0.0, 1.0), _hole("DH1W", 0.0, -1.0)) == {}
    assert _together(_hole("DH1", 0.0, 0.0), _hole("DH2", 1.0, 0.0)) == {}


def test_where_the_parent_has_no_sample_daughters_share_one_hole() -> None:
    """Two redrilled holes of a parent that was never assayed."""
    assert _together(_hole("DH7A", 0.0, 0.0), _hole("DH7B", 2.0, 0.0)) == {"DH7B": "DH7A"}
