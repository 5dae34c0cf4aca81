"""Combined samples are linked to their basic samples and weighed against them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest

from geo.drillholes.combined import link_members, mass_balance
from tests.test_geo_checks_seeded import Tables, make, refused


def with_composite(own: float = 0.42, members: float = 0.42, **cells) -> Tables:
    """ZK0001 from 10 to 20 m (five samples of 2 m) as one composite K1."""
    tables = make()
    tables.assay.loc[5:9, "cu_pct"] = members
    row = {"hole_id": "ZK0001", "from_m": 10.0, "to_m": 20.0, "sample_id": "K1", "cu_pct": own}
    tables.combined = pd.DataFrame([{**row, "re_ppm": 0.3, **cells}])
    return tables


def listed(*samples: str, composite: str = "K1") -> pd.DataFrame:
    return pd.DataFrame({"composite_id": composite, "sample_id": list(samples)})


MEMBERS = ("S0005", "S0006", "S0007", "S0008", "S0009")


def codes(tables: Tables) -> Counter[str]:
    return Counter(f.code for f in tables.check().findings if f.code.startswith("BN-CMB"))


def test_the_worked_pair_is_a_warning_and_no_error():
    """Composite 0.50 % against members of 0.42 %: RD 8.70 %, Y_C at 0.46 % is 8.19 %."""
    tables = with_composite(0.50, 0.42)
    links = link_members(tables.combined, tables.assay, None)
    (pair,) = mass_balance(tables.combined, tables.assay, links, "cu_pct").itertuples()
    assert pair.members == pytest.approx(0.42)
    assert pair.rd_pct == pytest.approx(100 * 0.08 / 0.92)
    assert round(pair.rd_pct, 2) == 8.70
    assert round(pair.limit_pct, 2) == 8.19
    checked = tables.check()
    (found,) = [f for f in checked.findings if f.code.startswith("BN-CMB")]
    assert (found.code, found.severity) == ("BN-CMB-006", "warning")
    assert "8.70 %" in found.message_en
    assert "8.19 %" in found.message_zh
    assert checked.refused.empty


def test_a_pair_beyond_twice_the_limit_is_refused():
    tables = with_composite(0.70, 0.42)
    assert codes(tables) == {"BN-CMB-007": 1}
    assert refused(tables.check(), "BN-CMB-007") == [("combined", 2)]
    assert codes(with_composite(0.45, 0.42)) == {}


def test_members_are_the_samples_inside_or_those_of_the_list():
    tables = with_composite()
    inside = link_members(tables.combined, tables.assay, None)
    assert inside["sample"].tolist() == [5, 6, 7, 8, 9]
    assert not inside["listed"].any()
    names = listed("S0005", "S0300", "S0999")
    links = link_members(tables.combined, tables.assay, names)
    assert links["sample"].tolist() == [5, 300, -1]
    assert links["weight_m"].tolist()[:2] == [2.0, 2.0]
    weighed = names.assign(length_m=[1.5, np.nan, 1.0])
    links = link_members(tables.combined, tables.assay, weighed)
    assert links["weight_m"].tolist() == [1.5, 2.0, 1.0]


def test_sample_numbers_of_each_hole_are_told_apart_by_the_list_s_hole():
    tables = with_composite()
    tables.assay["sample_id"] = np.tile([f"H{i}" for i in range(50)], 10)
    names = listed("H3", "H4").assign(hole_id="ZK0002")
    assert link_members(tables.combined, tables.assay, names)["sample"].tolist() == [53, 54]


def test_the_length_of_listed_members_is_the_composite_s_within_a_hundredth():
    tables = with_composite()
    tables.members = listed(*MEMBERS)
    assert codes(tables) == {}
    tables.members = listed(*MEMBERS[:-1])
    assert codes(tables) == {"BN-CMB-001": 1}
    assert refused(tables.check(), "BN-CMB-001") == [("combined", 2)]
    tables.members = listed(*MEMBERS[:-1])
    tables.combined["length_m"] = 8.0
    assert codes(tables) == {}


def test_without_a_list_a_short_sum_is_noted_only():
    tables = with_composite()
    tables.assay = tables.assay.drop(index=7)
    assert codes(tables) == {"BN-CMB-002": 1}
    assert tables.check().refused.empty
    tables.assay = tables.assay.drop(index=[5, 6, 8, 9])
    assert codes(tables) == {"BN-CMB-009": 1}


def test_a_member_that_is_no_sample_and_one_in_two_composites_are_refused():
    tables = with_composite()
    tables.members = listed(*MEMBERS[:-1], "S0999")
    assert codes(tables) == {"BN-CMB-005": 1}
    other = {"hole_id": "ZK0001", "from_m": 20.0, "to_m": 22.0, "sample_id": "K2", "re_ppm": 0.1}
    tables.combined = pd.concat([tables.combined, pd.DataFrame([other])], ignore_index=True)
    tables.members = pd.concat([listed(*MEMBERS), listed("S0009", composite="K2")])
    assert codes(tables) == {"BN-CMB-004": 2}


def test_members_of_two_ore_bodies_and_lists_of_unknown_composites_are_named():
    tables = with_composite()
    tables.assay["ore_id"] = np.where(tables.assay.index < 8, "I", "II")
    (found,) = [f for f in tables.check().findings if f.code == "BN-CMB-003"]
    assert "I, II" in found.message_en
    tables = with_composite()
    tables.members = listed("S0005", composite="K9")
    (found,) = [f for f in tables.check().findings if f.code == "BN-CMB-008"]
    assert (found.file, "K9" in found.message_zh) == ("members.csv", True)
