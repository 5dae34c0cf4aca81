"""A query of PostgreSQL as a source: values, places; read-only, timed, silent of secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.formats import open_sheets
from geo.formats.database import write_snapshot
from geo.rules import rules
from geo.tables.sheets import UnreadableError
from tests.postgres_fixture import new_database, postgres_server  # noqa: F401

HEAD = "-- database_url_from: TEST_SOURCE_URL\n-- timeout_s: {seconds}\n"


def query_file(folder: Path, query: str, seconds: float = 20.0) -> Path:
    """An ``.sql`` source."""
    path = folder / "source.sql"
    path.write_text(HEAD.format(seconds=seconds) + query, "utf-8")
    return path


def refusal(path: Path) -> UnreadableError:
    """The refusal of a source."""
    with pytest.raises(UnreadableError) as caught:
        open_sheets(path)
    rule = rules()[caught.value.code]
    assert rule.zh.format(**caught.value.words)
    assert rule.en.format(**caught.value.words)
    return caught.value


@pytest.fixture(scope="module")
def database(postgres_server: Path) -> str:  # noqa: F811
    """A database with collars: exact decimals, NULLs, a large number, EWKB as PostGIS gives it."""
    import psycopg

    url = new_database(postgres_server, "source")
    with psycopg.connect(url) as link:
        link.execute(
            "CREATE TABLE collar (hole_id text, depth numeric, drilled date, key bigint, geom text)"
        )
        rows = [
            ("钻1", "120.35", "2025-06-30", 2**60 + 1, _point(500000.25, 3320113.5, 4510.0)),
            ("B", None, None, 7, None),
        ]
        for row in rows:
            link.execute("INSERT INTO collar VALUES (%s, %s, %s, %s, %s)", row)
    return url


def _point(x: float, y: float, z: float) -> str:
    """EWKB of a point with EPSG:4540, in hexadecimal."""
    import shapely

    point = shapely.set_srid(shapely.Point(x, y, z), 4540)
    return str(shapely.to_wkb(point, hex=True, include_srid=True))


@pytest.mark.postgres
def test_a_query_is_a_sheet(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decimals as numbers, dates in ISO, whole numbers beyond float64 as their digits."""
    monkeypatch.setenv("TEST_SOURCE_URL", database)
    path = query_file(tmp_path, "SELECT hole_id, depth, drilled, key FROM collar ORDER BY key DESC")
    (sheet,) = open_sheets(path)
    assert sheet.names == ("hole_id", "depth", "drilled", "key")
    values = [column.to_pylist() for column in sheet.columns]
    assert values == [
        ["钻1", "B"], [120.35, None], ["2025-06-30", ""], [str(2**60 + 1), "7"]
    ]  # fmt: skip
    write_snapshot(sheet, tmp_path / "kept.parquet")
    (kept,) = open_sheets(tmp_path / "kept.parquet")
    assert [column.to_pylist() for column in kept.columns] == values


@pytest.mark.postgres
def test_places_become_coordinates(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EWKB gives easting, northing, elevation and the system."""
    monkeypatch.setenv("TEST_SOURCE_URL", database)
    import geo.formats.database as module

    # without PostGIS the server reports a domain as its base type: call text columns geometry
    monkeypatch.setattr(module, "GEOMETRIES", ("text",))
    path = query_file(tmp_path, "SELECT geom FROM collar ORDER BY key DESC")
    (sheet,) = open_sheets(path)
    assert sheet.names == ("easting", "northing", "elevation")
    assert sheet.crs == "EPSG:4540"
    rows = [column.to_pylist() for column in sheet.columns]
    assert rows == [[500000.25, None], [3320113.5, None], [4510.0, None]]


@pytest.mark.postgres
def test_the_source_can_only_read_and_only_so_long(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing and waiting are refused by the server, two statements before it is asked."""
    monkeypatch.setenv("TEST_SOURCE_URL", database)
    import psycopg

    with psycopg.connect(database) as link:
        link.execute(
            "CREATE OR REPLACE FUNCTION spoil() RETURNS int LANGUAGE sql AS"
            " 'DELETE FROM collar RETURNING 1'"
        )
    found = refusal(query_file(tmp_path, "SELECT spoil()"))
    assert found.code == "BN-FMT-015"
    assert "read-only" in found.words["detail"]
    found = refusal(query_file(tmp_path, "SELECT pg_sleep(30)", seconds=0.2))
    assert found.code == "BN-FMT-015"
    assert "timeout" in found.words["detail"]
    assert refusal(query_file(tmp_path, "SELECT 1; COMMIT; DELETE FROM collar")).code == (
        "BN-FMT-016"
    )
    assert refusal(query_file(tmp_path, "SELECT nothing FROM nowhere")).code == "BN-FMT-015"
    with psycopg.connect(database) as link:
        assert link.execute("SELECT count(*) FROM collar").fetchone() == (2,)


def test_trouble_never_shows_the_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unset, unreachable, or nonsense: the name of the variable is all that is said."""
    path = query_file(tmp_path, "SELECT 1")
    monkeypatch.delenv("TEST_SOURCE_URL", raising=False)
    found = refusal(path)
    assert (found.code, found.words) == ("BN-FMT-013", {"name": "TEST_SOURCE_URL"})
    for url in ("postgresql://me:hunter2@127.0.0.1:1/db", "hunter2 is no url"):
        monkeypatch.setenv("TEST_SOURCE_URL", url)
        found = refusal(path)
        assert found.code == "BN-FMT-014"
        assert "hunter2" not in str(found)
    (tmp_path / "bare.sql").write_text("SELECT 1", "utf-8")
    assert refusal(tmp_path / "bare.sql").code == "BN-FMT-016"


def test_shapes_that_are_no_points_or_of_two_systems_are_refused() -> None:
    """A line has no one place; two SRIDs would mix coordinates."""
    import shapely

    from geo.formats.database import _shape_columns

    line = str(shapely.to_wkb(shapely.LineString([(0, 0), (1, 1)]), hex=True))
    with pytest.raises(UnreadableError) as caught:
        _shape_columns([line], ["geom"], None)
    assert (caught.value.code, caught.value.words) == ("BN-FMT-017", {"found": "LineString"})
    other = shapely.set_srid(shapely.Point(1, 2), 4527)
    pair = [_point(1.0, 2.0, 3.0), str(shapely.to_wkb(other, hex=True, include_srid=True))]
    with pytest.raises(UnreadableError) as caught:
        _shape_columns(pair, ["geom"], None)
    assert (caught.value.code, caught.value.words) == ("BN-FMT-018", {"found": "4527, 4540"})
