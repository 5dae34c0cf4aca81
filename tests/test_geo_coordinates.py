"""Coordinates are judged by their numbers; legacy datums need parameters that hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyproj import CRS, Transformer

from geo import coordinates as co
from geo.config import DatumShift, DrillholeSources, HeightShift
from geo.crs import transform
from geo.datum import shift_datum
from geo.drillholes.placing import place_collars
from geo.findings import DataError
from tests.conftest import make_conventions

QULONG = (91.594, 29.625)


@pytest.mark.parametrize(
    ("code", "east", "north"),
    [
        ("EPSG:4519", 31363826, 3279371),
        ("EPSG:4518", 30654384, 3279607),
        ("EPSG:4494", 16363826, 3279371),
    ],
)
def test_qulong_lies_where_three_zones_put_it(code: str, east: float, north: float) -> None:
    x, y = transform("EPSG:4490", code, [QULONG[0]], [QULONG[1]])
    assert (round(x[0]), round(y[0])) == (east, north)


def test_swapped_columns_give_the_same_point_and_are_told() -> None:
    """X north first, then the columns exchanged: one point, the second with the easting first."""
    rows = co.classify([3279371, 31363826], [31363826, 3279371])
    assert rows.east.tolist() == [363826, 363826]
    assert rows.north.tolist() == [3279371, 3279371]
    assert rows.zone.tolist() == [31, 31]
    assert rows.first_is_east.tolist() == [False, True]


def test_ranges_tell_degrees_zones_and_mine_grids_apart() -> None:
    first = [91.594, 29.625, 500123.0, 8277.0, np.nan, 24500000.0, 3.3e6]
    second = [29.625, 91.594, 3320113.0, 24349.7, 3e6, 3e6, 3.4e6]
    rows = co.classify(first, second)
    kinds = [co.GEOGRAPHIC, co.GEOGRAPHIC, co.PLAIN, co.LOCAL, co.UNKNOWN, co.UNKNOWN, co.UNKNOWN]
    assert rows.kind.tolist() == kinds
    assert rows.first_is_east[:3].tolist() == [True, False, True]


def test_a_file_speaks_by_majority_and_lists_the_rest() -> None:
    east = np.full(100, 39500000.0)
    north = np.full(100, 3320113.0)
    east[[3, 7]], north[[3, 7]] = north[[3, 7]], east[[3, 7]].copy()
    verdict = co.judge(co.classify(east, north))
    assert (verdict.kind, verdict.zone, verdict.first_is_east) == (co.PREFIXED, 39, True)
    assert verdict.sure
    assert verdict.minority.tolist() == [3, 7]


@pytest.mark.parametrize(("latitude", "width_m"), [(18.0, 158872), (42.0, 124278), (54.0, 98360)])
def test_half_widths_of_three_degree_zones(latitude: float, width_m: float) -> None:
    """Published half widths of a zone of three degrees."""
    north = transform("EPSG:4490", "EPSG:4548", [117.0], [latitude])[1]
    assert co.half_width_m(north, 3)[0] == pytest.approx(width_m, abs=2)


def test_every_zone_code_is_the_zone_proj_knows() -> None:
    """All 2 x 11 + 2 x 21 CGCS2000 zones: name, central meridian and false easting."""
    for zone in (*range(13, 24), *range(25, 46)):
        for prefixed in (True, False):
            crs = CRS(co.zone_code(zone, prefixed=prefixed))
            assert co.zone_of(crs) == (zone, prefixed)
            meridian = 6 * zone - 3 if zone < 24 else 3 * zone
            x, _ = transform("EPSG:4490", crs, [float(meridian)], [30.0])
            assert x[0] == pytest.approx(5e5 + zone * 1e6 * prefixed, abs=1e-3)
    with pytest.raises(ValueError, match="24"):
        co.zone_code(24, prefixed=True)


@pytest.mark.parametrize(
    "text", ["29°37′30″", "29 37 30", "29:37:30", "N29°37'30\"", "29度37分30秒", "29.625"]
)
def test_degrees_minutes_and_seconds_are_one_angle(text: str) -> None:
    assert co.read_dms([text])[0] == pytest.approx(29.625, abs=1e-12)


def test_sixty_minutes_are_no_angle_and_south_is_negative() -> None:
    got = co.read_dms(["29°61′00″", "29°10′60″", "31°30′S", "abc"])
    assert np.isnan(got[[0, 1, 3]]).all()
    assert got[2] == -31.5


def test_packed_degrees_unpack_and_are_told_only_from_many_rows() -> None:
    assert co.unpack_dms([29.3730, 91.35384, -0.3])[0] == pytest.approx(29.625, abs=1e-9)
    assert co.unpack_dms([91.35384])[0] == pytest.approx(91 + 35 / 60 + 38.4 / 3600, abs=1e-9)
    packed = [f"29.{m:02d}{s:02d}" for m, s in zip(range(0, 60, 2), range(0, 60, 2), strict=True)]
    assert co.may_be_packed(packed)
    assert not co.may_be_packed(packed[:10])
    assert not co.may_be_packed([*packed, "29.7500"])


# --- legacy datums -------------------------------------------------------------------------------

SEVEN = {"tx_m": 12.5, "ty_m": -150.25, "tz_m": -70.125, "rx_arcsec": 1.2, "ry_arcsec": -0.8,
         "rz_arcsec": 2.5, "scale_ppm": -3.2}  # fmt: skip


def helmert(convention: str, lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Krasovsky (Beijing 1954) to GRS80 by seven parameters, written out in numpy."""

    def axes(a: float, rf: float) -> tuple[float, float]:
        f = 1 / rf
        return a, f * (2 - f)

    a, e2 = axes(6378245.0, 298.3)
    phi, lam = np.radians(lat), np.radians(lon)
    n = a / np.sqrt(1 - e2 * np.sin(phi) ** 2)
    xyz = np.array(
        [n * np.cos(phi) * np.cos(lam), n * np.cos(phi) * np.sin(lam), n * (1 - e2) * np.sin(phi)]
    )
    r = np.radians(np.array([SEVEN[f"r{i}_arcsec"] for i in "xyz"]) / 3600)
    r = r if convention == "position_vector" else -r
    turn = np.array([[1, -r[2], r[1]], [r[2], 1, -r[0]], [-r[1], r[0], 1]])
    shift = np.array([SEVEN[f"t{i}_m"] for i in "xyz"])
    x, y, z = shift[:, None] + (1 + SEVEN["scale_ppm"] * 1e-6) * turn @ xyz
    a, e2 = axes(6378137.0, 298.257222101)
    p, phi = np.hypot(x, y), np.arctan2(z, np.hypot(x, y))
    for _ in range(10):
        n = a / np.sqrt(1 - e2 * np.sin(phi) ** 2)
        phi = np.arctan2(z + n * e2 * np.sin(phi), p)
    return np.degrees(np.arctan2(y, x)), np.degrees(phi)


def write_parameters(folder: Path, convention: str) -> Path:
    lines = [f"{key}: {value}" for key, value in SEVEN.items()]
    path = folder / "seven.yaml"
    path.write_text("\n".join([*lines, f"convention: {convention}"]), "utf-8")
    return path


PLACES = np.array([91.2, 91.6, 92.1]), np.array([29.4, 29.6, 29.9])


@pytest.mark.parametrize("convention", ["position_vector", "coordinate_frame"])
def test_seven_parameters_shift_as_the_formula_says(tmp_path: Path, convention: str) -> None:
    """Beijing 1954 zone 31 to CGCS2000: the pipeline equals Helmert's formula to a millimetre."""
    east, north = Transformer.from_crs("EPSG:4214", "EPSG:2428", always_xy=True).transform(*PLACES)
    wanted = transform("EPSG:4490", "EPSG:4540", *helmert(convention, *PLACES))
    shift = DatumShift(source="EPSG:2428", parameters=str(write_parameters(tmp_path, convention)),
                       citation="test")  # fmt: skip
    got = shift_datum(shift, CRS("EPSG:4540"), east, north, tmp_path, "collar.csv")
    assert np.abs(np.array([got.east, got.north]) - np.array(wanted)).max() < 1.5e-3
    assert [f.code for f in got.findings] == ["BN-CRS-007"]


def test_common_points_refuse_the_wrong_rotation_convention(tmp_path: Path) -> None:
    """Three points known in both systems pass the right convention and stop the other."""
    east, north = Transformer.from_crs("EPSG:4214", "EPSG:2428", always_xy=True).transform(*PLACES)
    to = transform("EPSG:4490", "EPSG:4540", *helmert("coordinate_frame", *PLACES))
    control = pd.DataFrame({"east_from": east, "north_from": north, "east_to": to[0],
                            "north_to": to[1]})  # fmt: skip
    control.to_csv(tmp_path / "control.csv", index=False)
    for convention, code in (("coordinate_frame", None), ("position_vector", "BN-CRS-006")):
        path = str(write_parameters(tmp_path, convention))
        points = str(tmp_path / "control.csv")
        shift = DatumShift(source="EPSG:2428", parameters=path, control=points, citation="test")
        if code is None:
            made = shift_datum(shift, CRS("EPSG:4540"), east, north, tmp_path, "c")
            assert [f.code for f in made.findings] == ["BN-CRS-007", "BN-CRS-008"]
            continue
        with pytest.raises(DataError) as error:
            shift_datum(shift, CRS("EPSG:4540"), east, north, tmp_path, "c")
        assert [f.code for f in error.value.findings] == [code]


def test_parameters_without_a_convention_are_refused(tmp_path: Path) -> None:
    path = write_parameters(tmp_path, "either")
    shift = DatumShift(source="EPSG:2428", parameters=str(path), citation="test")
    with pytest.raises(DataError) as error:
        shift_datum(shift, CRS("EPSG:4540"), np.array([5e5]), np.array([3.3e6]), tmp_path, "c")
    assert [f.code for f in error.value.findings] == ["BN-CRS-005"]


# --- placing -------------------------------------------------------------------------------------


def collars(east: list[float], north: list[float], height: float = 100.0) -> pd.DataFrame:
    count = len(east)
    return pd.DataFrame(
        {
            "hole_id": [f"ZK{i}" for i in range(count)],
            "easting_m": np.array(east, dtype=float),
            "northing_m": np.array(north, dtype=float),
            "elevation_m": np.full(count, height),
            "file": "collar.csv",
            "sheet": "",
            "row": np.arange(2, count + 2),
        }
    )


def placed(frame: pd.DataFrame, belt: str, tmp_path: Path, prefix: int | None = None, **more):
    sources = DrillholeSources(
        root=".", campaigns=(), conventions=make_conventions(zone_prefix=prefix), **more
    )
    return place_collars(frame, sources, belt, tmp_path)


NEAR = [500000.0 + 10 * i for i in range(40)], [3320000.0 + 10 * i for i in range(40)]


def codes(result) -> list[str]:
    return [f.code for f in result.findings]


def test_clean_collars_of_the_belts_own_system_fire_nothing(tmp_path: Path) -> None:
    got = placed(collars(*NEAR), "EPSG:4548", tmp_path)
    assert codes(got) == []
    assert got.collar["easting_m"].tolist() == NEAR[0]
    got = placed(collars([39e6 + x for x in NEAR[0]], NEAR[1]), "EPSG:4548", tmp_path, prefix=39)
    assert codes(got) == []


def test_degrees_under_a_projected_system_wait_until_their_own_is_named(tmp_path: Path) -> None:
    lon, lat = transform("EPSG:4548", "EPSG:4490", *NEAR)
    frame = collars(lon.tolist(), lat.tolist())
    assert codes(placed(frame.copy(), "EPSG:4548", tmp_path)) == ["BN-CRS-010"]
    got = placed(frame.copy(), "EPSG:4548", tmp_path, crs="EPSG:4490")
    assert codes(got) == ["BN-CRS-009"]
    assert np.allclose(got.collar["easting_m"], NEAR[0], atol=1e-3)
    assert np.allclose(got.collar["northing_m"], NEAR[1], atol=1e-3)


@pytest.mark.parametrize(
    ("east", "north", "prefix", "code"),
    [
        ([8000.0 + i for i in range(30)], [2000.0 + i for i in range(30)], None, "BN-CRS-011"),
        ([40e6 + x for x in NEAR[0]], NEAR[1], 40, "BN-CRS-012"),
        ([780000.0 + i for i in range(30)], NEAR[1][:30], None, "BN-CRS-013"),
    ],
)
def test_a_file_of_another_system_waits(east, north, prefix, code, tmp_path: Path) -> None:
    """A mine grid, another zone's prefix, and six-degree eastings under a three-degree zone."""
    assert codes(placed(collars(east, north), "EPSG:4548", tmp_path, prefix=prefix)) == [code]


def test_rows_unlike_their_file_are_refused_and_named(tmp_path: Path) -> None:
    east, north = list(NEAR[0]), list(NEAR[1])
    east[5], north[5] = 91.6, 29.6
    got = placed(collars(east, north), "EPSG:4548", tmp_path)
    assert codes(got) == ["BN-CRS-014"]
    assert got.refused["row"].tolist() == [7]
    assert len(got.collar) == 39


@pytest.mark.parametrize("crs", [None, "EPSG:4549"])
def test_a_few_rows_with_x_and_y_exchanged_are_refused_and_the_rest_goes_on(
    crs: str | None, tmp_path: Path
) -> None:
    """Six rows of forty, as they are and before a transformation; half the rows are no minority."""
    east, north = map(np.array, NEAR)
    few = np.arange(0, 36, 6)
    east[few], north[few] = north[few], east[few].copy()
    got = placed(collars(east.tolist(), north.tolist()), "EPSG:4548", tmp_path, crs=crs)
    told = [f for f in got.findings if f.code == "BN-COL-029"]
    assert [f.row for f in told] == (few + 2).tolist()
    assert "X and Y exchanged in this row" in told[0].message_en
    assert got.refused["row"].tolist() == (few + 2).tolist()
    assert len(got.collar) == 34
    half = np.arange(40) % 2 == 0
    east, north = (np.where(half, *NEAR), np.where(half, *NEAR[::-1]))
    got = placed(collars(east.tolist(), north.tolist()), "EPSG:4548", tmp_path)
    assert "BN-COL-029" not in codes(got)


@pytest.mark.parametrize("belt", ["EPSG:4540", "EPSG:32646"])
def test_collars_far_outside_the_belts_zone_are_warned_about(belt: str, tmp_path: Path) -> None:
    """Zone 32 (96 E) under zone 31 (93 E) is 290 km off; 10 km over the edge is not far."""
    far = placed(collars(*NEAR), belt, tmp_path, crs="EPSG:4541")
    if belt == "EPSG:32646":  # six degrees around 93 E: half width 291 km
        assert "BN-CRS-021" not in codes(far)
        far = placed(collars(*NEAR), belt, tmp_path, crs="EPSG:4542")
    (told,) = [f for f in far.findings if f.code == "BN-CRS-021"]
    assert told.severity == "warning"
    assert "40 collars" in told.message_en
    assert len(far.collar) == 40
    edge = 500000.0 - co.half_width_m([NEAR[1][0]], 3)[0] - 10_000
    near = placed(collars([edge], NEAR[1][:1]), "EPSG:4541", tmp_path, crs="EPSG:4540")
    assert "BN-CRS-021" in codes(near)
    edge = 500000.0 + co.half_width_m([NEAR[1][0]], 3)[0] - 10_000
    near = placed(collars([edge], NEAR[1][:1]), "EPSG:4541", tmp_path, crs="EPSG:4540")
    assert "BN-CRS-021" not in codes(near)


def test_utm_and_wgs84_collars_come_to_the_belts_zone(tmp_path: Path) -> None:
    """UTM 50N has the central meridian 117 too: scaled by 0.9996."""
    frame = collars([500000.0 + 100], [3320000.0 * 0.9996])
    got = placed(frame, "EPSG:4548", tmp_path, crs="EPSG:32650")
    assert codes(got) == ["BN-CRS-004", "BN-CRS-009"]
    assert got.collar["easting_m"][0] == pytest.approx(500000 + 100 / 0.9996, abs=0.01)
    assert got.sources.crs is None


def test_collars_outside_the_area_of_their_system_wait_or_go(tmp_path: Path) -> None:
    far = collars([5e5] * 5, [-3e6] * 5)
    assert codes(placed(far, "EPSG:32650", tmp_path)) == ["BN-CRS-015"]
    one = collars([5e5] * 39 + [5e5], [3.3e6] * 39 + [-3e6])
    got = placed(one, "EPSG:32650", tmp_path)
    assert codes(got) == ["BN-CRS-016"]
    assert got.refused["row"].tolist() == [41]


def test_legacy_collars_need_parameters_outside_the_repository(tmp_path: Path) -> None:
    frame = collars([400000.0], [3280000.0])
    got = placed(frame, "EPSG:4540", tmp_path, crs="EPSG:2428")
    assert codes(got) == ["BN-CRS-002"]
    inside = DatumShift(source="EPSG:2428", parameters="configs/seven.yaml", citation="x")
    root = Path(__file__).resolve().parent.parent
    sources = DrillholeSources(
        root=".", campaigns=(), conventions=make_conventions(), crs="EPSG:2428", datum_shift=inside
    )
    assert codes(place_collars(frame, sources, "EPSG:4540", root)) == ["BN-CRS-020"]
    path = str(write_parameters(tmp_path, "position_vector"))
    shift = DatumShift(source="EPSG:2428", parameters=path, citation="x")
    got = placed(frame, "EPSG:4540", tmp_path, crs="EPSG:2428", datum_shift=shift)
    assert codes(got) == ["BN-CRS-007"]
    assert 20 < abs(got.collar["easting_m"][0] - 400000) < 300


def test_heights_of_another_system_need_a_shift(tmp_path: Path) -> None:
    frame = collars([500000.0], [3320000.0], height=4500.0)
    assert codes(placed(frame, "EPSG:4548", tmp_path, heights="ellipsoidal")) == ["BN-CRS-017"]
    shift = HeightShift(source="yellow_sea_1956", offset_m=-0.029, citation="unverified")
    got = placed(frame, "EPSG:4548", tmp_path, heights="yellow_sea_1956", height_shift=shift)
    assert codes(got) == ["BN-CRS-018"]
    assert got.collar["elevation_m"][0] == pytest.approx(4499.971)


def test_a_belt_system_with_the_zone_in_its_eastings_is_refused(tmp_path: Path) -> None:
    got = placed(collars(*NEAR), "EPSG:4527", tmp_path)
    assert codes(got) == ["BN-CRS-019"]
    assert "EPSG:4548" in got.findings[0].fix_en
