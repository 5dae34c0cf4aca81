"""Contact analysis of holes made up: a jump, a ramp, one ground, third domains between."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from estimation.exploratory.contact import contact_profile, decide

PAIR = ("oxide", "sulphide")


def holes(shape: str, count: int = 40, noise: float = 0.03, seed: int = 1) -> pd.DataFrame:
    """Upright holes of 5 m composites with the contact at 60 m, grades by distance to it."""
    rng = np.random.default_rng(seed)
    depth = np.arange(0.0, 160.0, 5.0)
    signed = depth + 2.5 - 60.0
    grade = {
        "jump": np.where(signed < 0, 0.2, 0.6),
        "ramp": np.interp(signed, [-30.0, 30.0], [0.2, 0.6]),
        "level": np.full(depth.size, 0.4),
    }[shape]
    rows = []
    for i in range(count):
        rows.append(
            pd.DataFrame(
                {
                    "hole_id": f"H{i:02}",
                    "from_m": depth,
                    "to_m": depth + 5,
                    "easting_m": 50.0 * (i % 8),
                    "northing_m": 50.0 * (i // 8),
                    "elevation_m": 500.0 - depth - 2.5,
                    "domain": np.where(signed < 0, *PAIR),
                    "cu_pct": grade + rng.normal(0, noise, depth.size),
                }
            )
        )
    return pd.concat(rows, ignore_index=True)


def test_the_profile_is_the_mean_of_each_class() -> None:
    """Classes of one composite: means, counts and intervals by a plain groupby."""
    table = holes("ramp")
    found = contact_profile(table, "cu_pct", PAIR, 5.0, 50.0)
    assert found is not None
    signed = (table["from_m"] + 2.5 - 60).rename("d")
    near = signed.abs() <= 50
    group = table["cu_pct"][near].groupby(signed[near])
    assert found.distance_m.tolist() == sorted(signed[near].unique())
    assert found.n.tolist() == [40] * 20
    assert found.mean == pytest.approx(group.mean().to_numpy())
    assert found.half_width == pytest.approx((1.96 * group.std() / np.sqrt(40)).to_numpy())
    assert found.contacts == 40
    means = table.groupby("domain")["cu_pct"].mean()
    assert found.domain_means == pytest.approx((means["oxide"], means["sulphide"]))


def test_distance_in_space_is_to_the_nearest_sample_of_the_other() -> None:
    """Upright holes on a level contact: the same as down the hole, half a sample each side."""
    table = holes("jump")
    found = contact_profile(table, "cu_pct", PAIR, 5.0, 30.0, "space")
    assert found is not None
    # 5 m to the other side's first sample, 10 m, … 30 m; a class begins at its lower distance
    assert found.distance_m.tolist() == [-27.5, -22.5, -17.5, -12.5, -7.5, -2.5,
                                         7.5, 12.5, 17.5, 22.5, 27.5, 32.5]  # fmt: skip
    assert set(found.n.tolist()) == {40}
    assert found.contacts == 40


@pytest.mark.parametrize(
    ("shape", "kind"), [("jump", "hard"), ("ramp", "semi_soft"), ("level", "soft")]
)
def test_the_proposal_is_what_the_ground_is(shape: str, kind: str) -> None:
    """A jump of 0.4 is hard, a ramp over 60 m semi-soft over about 30 m, one ground is soft."""
    found = contact_profile(holes(shape), "cu_pct", PAIR, 5.0, 60.0)
    assert found is not None
    decision = decide(found)
    assert decision.kind == kind
    if kind == "hard":
        assert decision.jump == pytest.approx(0.4, abs=0.03)
    if kind == "semi_soft":
        assert decision.within_m is not None
        assert 15.0 <= decision.within_m <= 40.0
    assert decision.reason.zh != decision.reason.en


def test_a_domain_between_parts_the_contact() -> None:
    """Oxide, a dyke, sulphide: no contact down the hole; in space there is one."""
    table = holes("jump")
    table.loc[table["from_m"].between(55, 64), "domain"] = "dyke"
    assert contact_profile(table, "cu_pct", PAIR, 5.0, 50.0) is None
    space = contact_profile(table, "cu_pct", PAIR, 5.0, 50.0, "space")
    assert space is not None
    assert contact_profile(table, "cu_pct", ("oxide", "dyke"), 5.0, 50.0) is not None


def test_order_of_rows_and_of_domains_only_mirrors() -> None:
    """Shuffled rows give the same profile; domains swapped give its mirror image."""
    table = holes("ramp", count=12)
    found = contact_profile(table, "cu_pct", PAIR, 5.0, 40.0)
    mixed = contact_profile(table.sample(frac=1, random_state=3), "cu_pct", PAIR, 5.0, 40.0)
    swapped = contact_profile(table, "cu_pct", PAIR[::-1], 5.0, 40.0)
    assert found is not None
    assert mixed is not None
    assert swapped is not None
    assert mixed.mean == pytest.approx(found.mean)
    assert swapped.mean == pytest.approx(found.mean[::-1])
    assert swapped.distance_m == pytest.approx(-found.distance_m[::-1])


def test_few_samples_stay_hard_and_absent_domains_have_no_profile() -> None:
    """Three holes say too little; a blank element and an unknown domain say nothing."""
    few = contact_profile(holes("level", count=3), "cu_pct", PAIR, 5.0, 40.0)
    assert few is not None
    decision = decide(few)
    assert decision.kind == "hard"
    assert "too few" in decision.reason.en
    assert contact_profile(holes("jump").assign(cu_pct=np.nan), "cu_pct", PAIR, 5.0, 40.0) is None
    assert contact_profile(holes("jump"), "cu_pct", ("oxide", "vein"), 5.0, 40.0) is None
