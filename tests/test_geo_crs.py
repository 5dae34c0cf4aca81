"""Known coordinate systems are exact; legacy and unknown ones are refused by name."""

from __future__ import annotations

import pytest

from geo.crs import check_crs, transform
from geo.findings import DataError


@pytest.mark.parametrize(
    ("code", "easting"),
    [("EPSG:4527", 39500000.0), ("EPSG:4548", 500000.0), ("EPSG:4498", 20500000.0)],
)
def test_the_reference_point_lies_where_the_standard_puts_it(code, easting):
    """Longitude 117, latitude 30 in CGCS2000."""
    x, y = transform("EPSG:4490", code, [117.0], [30.0])
    assert x[0] == pytest.approx(easting, abs=5e-4)
    assert y[0] == pytest.approx(3320113.398, abs=5e-4)


@pytest.mark.parametrize("code", ["EPSG:4610", "EPSG:2349", "EPSG:4214", "EPSG:21413", "EPSG:2401"])
def test_legacy_datums_are_refused(code):
    with pytest.raises(DataError) as error:
        check_crs(code)
    assert [f.code for f in error.value.findings] == ["BN-CRS-002"]


@pytest.mark.parametrize("text", ["EPSG:999999", "gauss", ""])
def test_an_unknown_system_is_refused(text):
    with pytest.raises(DataError) as error:
        check_crs(text)
    assert [f.code for f in error.value.findings] == ["BN-CRS-001"]


def test_a_pair_without_an_exact_operation_is_refused():
    """NAD27 in Cuba and CGCS2000 have nothing but a ballpark between them."""
    with pytest.raises(DataError) as error:
        transform("EPSG:4267", "EPSG:4490", [117.0], [30.0])
    assert [f.code for f in error.value.findings] == ["BN-CRS-003"]


def test_a_mine_grid_is_only_itself():
    assert check_crs("local") is None
    x, y = transform("local", "local", [1.5], [2.5])
    assert (x[0], y[0]) == (1.5, 2.5)
    with pytest.raises(DataError):
        transform("local", "EPSG:4490", [1.5], [2.5])


def test_wgs84_and_cgcs2000_are_taken_as_one():
    x, y = transform("EPSG:4326", "EPSG:4548", [117.0], [30.0])
    assert x[0] == pytest.approx(500000.0, abs=1.0)
    assert y[0] == pytest.approx(3320113.398, abs=1.0)
