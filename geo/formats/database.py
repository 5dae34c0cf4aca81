"""Drill-hole tables from PostgreSQL or PostGIS: one query is one sheet.

A source is an ``.sql`` file that begins with two comments: the *name* of an environment variable
that holds the database's URL (never the URL itself), and how long the query may run::

    -- database_url_from: BUREAU_DATABASE_URL
    -- timeout_s: 300
    SELECT hole_id, geom, depth_m FROM collar

The query runs in a read-only transaction. Columns of the type ``geometry`` or ``geography``
become easting, northing and elevation; nothing of the URL is ever printed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import PositiveFloat, ValidationError

from geo.config import StrictModel
from geo.formats.columns import Named, coordinate_names, make_sheet, numbers, plain_column, texts
from geo.formats.guard import Budget, refusing
from geo.tables.sheets import Sheet, UnreadableError

FETCH_ROWS = 10_000
GEOMETRIES = ("geometry", "geography")
NUMERIC = (16, 20, 21, 23, 700, 701, 1700)
"""Types by object id: bool, int8, int2, int4, float4, float8, numeric."""

_SETTING = re.compile(
    r"^--[ \t]*(database_url_from|timeout_s)[ \t]*:[ \t]*(\S+)[ \t]*$", re.MULTILINE
)
_COMMENT = re.compile(r"^--.*$", re.MULTILINE)
_SECRET = re.compile(r"[a-z][a-z0-9+.-]{0,40}://\S+|password=\S+", re.IGNORECASE)


class DatabaseQuery(StrictModel):
    """One query of a database as a source of a table."""

    database_url_from: str
    """Name of the environment variable that holds the URL."""
    query: str
    """One SELECT."""
    timeout_s: PositiveFloat
    """The server stops the query after so long."""


@refusing("database query")
def read(path: Path) -> list[Sheet]:
    """The result of the query that an ``.sql`` file holds, as one sheet.

    Raises
    ------
    UnreadableError
        The file is no query (BN-FMT-016), the variable is not set (BN-FMT-013), the server can't
        be reached (BN-FMT-014), or it refuses or stops the query (BN-FMT-015).
    """
    return [run_query(parse_query(path.read_bytes()))]


def parse_query(data: bytes) -> DatabaseQuery:
    """The query of an ``.sql`` file with its two leading comments.

    Raises
    ------
    UnreadableError
        A comment is missing or wrong, or there is not just one statement (BN-FMT-016).
    """
    try:
        text = data.decode("utf-8-sig")
        settings = dict(_SETTING.findall(text))
        query = _COMMENT.sub("", text).strip().rstrip(";").strip()
        source = DatabaseQuery.model_validate({**settings, "query": query}, strict=False)
    except (ValidationError, UnicodeDecodeError) as error:
        words = " ".join(str(error).split())[:160]
        raise UnreadableError("BN-FMT-016", detail=_hidden(words)) from None
    if not source.query or ";" in source.query:  # a second one could leave the transaction
        raise UnreadableError("BN-FMT-016", detail="one statement / 只能有一条语句")
    return source


def run_query(source: DatabaseQuery) -> Sheet:
    """Run a query; see :func:`read` for what it raises."""
    import psycopg

    url = os.environ.get(source.database_url_from)
    if not url:
        raise UnreadableError("BN-FMT-013", name=source.database_url_from)
    try:
        link = psycopg.connect(url, connect_timeout=15)
    except (psycopg.Error, ValueError) as error:
        raise UnreadableError("BN-FMT-014", detail=_kind_of(error)) from None
    try:
        with link:
            link.read_only = True
            limit_ms = str(round(source.timeout_s * 1000))
            link.execute("SELECT set_config('statement_timeout', %s, true)", (limit_ms,))
            return _sheet(link, source.query)
    except psycopg.Error as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else _kind_of(error)
        raise UnreadableError("BN-FMT-015", detail=_hidden(first)[:160]) from None


def _sheet(link: Any, query: str) -> Sheet:
    """Fetch the query's rows through a cursor on the server."""
    shapes = {
        row[0]
        for row in link.execute(
            "SELECT oid FROM pg_type WHERE typname = ANY(%s)", (list(GEOMETRIES),)
        )
    }
    with link.cursor(name="bornite_source") as cursor:
        cursor.itersize = FETCH_ROWS
        cursor.execute(query)
        fields = [(column.name, column.type_code) for column in cursor.description or ()]
        parts: list[list[list[Any]]] = [[] for _ in fields]
        for rows in _batches(cursor, len(fields)):
            for part, cells in zip(parts, zip(*rows, strict=True), strict=True):
                part.append(list(cells))
    columns: list[Named] = []
    crs = None
    for (name, kind), part in zip(fields, parts, strict=True):
        values = [value for batch in part for value in batch]
        if kind in shapes:
            found, crs = _shape_columns(values, [n for n, _ in fields], crs)
            columns += found
        else:
            columns.append((name, _column(kind, values)))
    return make_sheet(None, columns, "postgresql", crs=crs)


def _batches(cursor: Any, width: int) -> Iterator[list[tuple[Any, ...]]]:
    """Rows in batches, counted."""
    budget = Budget()
    while rows := cursor.fetchmany(FETCH_ROWS):
        budget.take_cells(len(rows), width)
        yield rows


def _column(kind: int, values: list[Any]) -> pa.Array:
    """One column of the result; whole numbers, floats and decimals as float64."""
    if kind in NUMERIC and kind != 16:
        if all(isinstance(v, int) for v in values if v is not None):
            return plain_column(pa.array(values, type=pa.int64()))
        return numbers([None if v is None else float(v) for v in values])
    return texts(v.isoformat() if hasattr(v, "isoformat") else v for v in values)


def _shape_columns(
    values: Sequence[str | None], taken: Sequence[str], crs: str | None
) -> tuple[list[Named], str | None]:
    """Coordinates of points in hexadecimal (E)WKB, and the system they name."""
    import shapely

    shapes = shapely.from_wkb(np.array(values, dtype=object))
    known = shapes[~shapely.is_missing(shapes)]
    if (shapely.get_type_id(known) != 0).any():
        raise UnreadableError("BN-FMT-017", found=str(known[0].geom_type))
    codes = {int(code) for code in shapely.get_srid(known)} - {0}
    if len(codes) > 1:
        raise UnreadableError("BN-FMT-018", found=", ".join(map(str, sorted(codes))))
    axes = [shapely.get_x(shapes), shapely.get_y(shapes), shapely.get_z(shapes)]
    names = coordinate_names(taken)
    found = [(name, numbers(axis)) for name, axis in zip(names, axes, strict=True)]
    if found[2][1].null_count == len(values):
        found = found[:2]
    return found, (f"EPSG:{codes.pop()}" if codes else crs)


def write_snapshot(sheet: Sheet, path: Path) -> None:
    """Keep a query's result as Parquet: an original like any file, with a digest of its own."""
    table = pa.table(dict(zip(sheet.names or (), sheet.columns, strict=True)))
    table = table.replace_schema_metadata({"crs": sheet.crs or ""})
    pq.write_table(table, path, write_page_checksum=True)


def _kind_of(error: Exception) -> str:
    """What kind of trouble, without the server's words (they may repeat the URL)."""
    return type(error).__name__


def _hidden(text: str) -> str:
    """The text with anything that looks like a URL or a password taken out."""
    return _SECRET.sub("***", text)
