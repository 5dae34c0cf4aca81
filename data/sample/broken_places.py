"""Defects of places: axes, zones, systems of coordinates and of heights."""

from __future__ import annotations

from broken_base import ZONE, Drop
from broken_cases import LOST_HOLE, UNKNOWN_HOLE, Planted, case, setting
from pyproj import Transformer

PLACES = "places"


# --- coordinates ---------------------------------------------------------------------------
SWAPPED = setting("swapped", PLACES, holes=4)


@case("coordinates", "easting and northing exchanged", SWAPPED)
def _swapped(d: Drop) -> Planted:
    frame = d.frame("collar")
    frame[["easting_m", "northing_m"]] = frame[["northing_m", "easting_m"]].to_numpy()
    return [d.seen("BN-COL-005", "collar")], (("BN-CNV-002", "collar"),)


@case("coordinates", "one row exchanged", setting("row-swapped", PLACES, holes=25, depth_m=30.0))
def _row_swapped(d: Drop) -> Planted:
    east, north = d.frame("collar").loc[3, ["easting_m", "northing_m"]]
    d.put("collar", 3, "easting_m", north)
    d.put("collar", 3, "northing_m", east)
    return [d.seen("BN-COL-029", "collar", 3)], UNKNOWN_HOLE


@case(
    "coordinates",
    "zone prefix missing in a row",
    setting("row-zone", PLACES, "chinese_tables", holes=25, depth_m=30.0),
)
def _row_zone(d: Drop) -> Planted:
    d.put("collar", 2, "easting_m", d.frame("collar").at[2, "easting_m"][2:])
    return [d.seen("BN-COL-007", "collar", 2)], LOST_HOLE


def _moved(
    kind: str,
    code: str,
    epsg: int | None,
    prefix: int = 0,
    places: int = 2,
    source: dict[str, object] | None = None,
    dialect: str = "leapfrog_csv",
    may: tuple[tuple[str, str], ...] = (),
) -> None:
    """All collars in another system than the configuration says, or the system stated wrongly."""
    drop = setting("place-" + "-".join(kind.replace("'", "").split()), PLACES, dialect, holes=4)

    def plant(d: Drop) -> Planted:
        d.source.update(source or {})
        if epsg is not None:
            turn = Transformer.from_crs(4540, epsg, always_xy=True)
            for i in range(4):
                shift = ZONE * 1e6 if dialect == "chinese_tables" else 0.0
                east = d.number("collar", i, "easting_m") - shift
                x, y = turn.transform(east, d.number("collar", i, "northing_m"))
                d.put("collar", i, "easting_m", f"{x + prefix * 1e6:.{places}f}")
                d.put("collar", i, "northing_m", f"{y:.{places}f}")
        return [d.seen(code, "collar")], may

    case("coordinates", kind, drop)(plant)


CONVENTION = (("BN-CNV-002", "collar"),)
_moved("Xi'an 1980 without parameters", "BN-CRS-002", None, source={"crs": "EPSG:2379"})
_moved("Beijing 1954 without parameters", "BN-CRS-002", None, source={"crs": "EPSG:2431"})
_moved("unknown coordinate system", "BN-CRS-001", None, source={"crs": "EPSG:99999"})
_moved("degrees for metres", "BN-CRS-010", 4490, places=6, may=CONVENTION)
_moved(
    "prefix of the neighbouring zone",
    "BN-CRS-012",
    4539,
    prefix=30,
    dialect="chinese_tables",
    may=(*CONVENTION, ("BN-COL-006", "collar")),
)
_moved("zone of the neighbour", "BN-CRS-013", 4539)
_moved("zone far away", "BN-CRS-015", 4543)
_moved("UTM of another zone for the national grid", "BN-CRS-015", 32645)
_moved("heights of 1956 without a shift", "BN-CRS-017", None, source={"heights": "yellow_sea_1956"})


@case("coordinates", "mine grid for the national one", setting("mine-grid", PLACES, holes=4))
def _mine_grid(d: Drop) -> Planted:
    for i in range(4):
        d.put("collar", i, "easting_m", f"{d.number('collar', i, 'easting_m') - 430000:.2f}")
        d.put("collar", i, "northing_m", f"{d.number('collar', i, 'northing_m') - 3220000:.2f}")
    return [d.seen("BN-CRS-011", "collar")], CONVENTION


@case("coordinates", "zone prefix that nobody configured", setting("prefixed", PLACES, holes=4))
def _prefixed(d: Drop) -> Planted:
    for i in range(4):
        d.put("collar", i, "easting_m", f"{d.number('collar', i, 'easting_m') + ZONE * 1e6:.2f}")
    return [d.seen("BN-COL-006", "collar")], CONVENTION


@case("coordinates", "coordinates in kilometres", setting("kilometres", PLACES, holes=4))
def _kilometres(d: Drop) -> Planted:
    for i in range(4):
        for column in ("easting_m", "northing_m"):
            d.put("collar", i, column, f"{d.number('collar', i, column) / 1000:.5f}")
    return [d.seen("BN-CRS-011", "collar")], CONVENTION
