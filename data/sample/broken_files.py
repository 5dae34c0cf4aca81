"""Defects of files, tables, coordinate systems and drops, as bureaus hand them in."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

from broken_base import ZONE, Drop, Expected
from broken_cases import LOST_HOLE, Planted, case, cell, setting
from openpyxl import load_workbook
from pyproj import Transformer

FILES, PLACES = "files", "places"
Change = Callable[[bytes], bytes]


# --- whole files ---------------------------------------------------------------------------
def _file(
    kind: str, change: Change, code: str, table: str = "assay", dialect: str = "leapfrog_csv",
    may: tuple[tuple[str, str], ...] = (), row: int | None = None,
) -> None:
    """A table's file as written, its bytes changed; a deposit of its own."""
    drop = setting("file-" + "-".join(kind.replace(",", "").split()), FILES, dialect, holes=4)

    def plant(d: Drop) -> Planted:
        path = d.file(table)

        def edit(folder: Path) -> None:
            target = folder.parent / path
            target.write_bytes(change(target.read_bytes()))

        d.after.append(edit)
        return [Expected(code, path, row, d.sheets[table].sheet)], may

    case("files", kind, drop)(plant)


def _header(old: str, new: str, encoding: str = "utf-8") -> Change:
    """The header line with one word replaced."""

    def change(content: bytes) -> bytes:
        head, _, rest = content.partition(b"\n")
        return head.replace(old.encode(encoding), new.encode(encoding)) + b"\n" + rest

    return change


def _line(number: int, change: Callable[[str], str], encoding: str = "utf-8") -> Change:
    """One line (from 1) changed."""

    def edit(content: bytes) -> bytes:
        lines = content.decode(encoding).split("\n")
        lines[number - 1] = change(lines[number - 1])
        return "\n".join(lines).encode(encoding)

    return edit


def _mojibake(content: bytes) -> bytes:
    """Read as UTF-8 with replacement and saved: what was Chinese is lost."""
    return content.decode("utf-8", "replace").encode("utf-8")


def _without_column(content: bytes, position: int = 2) -> bytes:
    """One column taken out."""
    rows = [line.split(",") for line in content.decode("utf-8").splitlines()]
    return "\n".join(",".join(r[:position] + r[position + 1 :]) for r in rows).encode()


def _commas(content: bytes) -> bytes:
    """As a spreadsheet of a country with decimal commas saves it."""
    text = content.decode("utf-8").replace(",", ";").replace(".", ",")
    return text.encode("utf-8")


_file("Chinese lost by a wrong encoding", _mojibake, "BN-TAB-003", dialect="chinese_tables")
_file("bytes of no encoding", lambda b: b[:900] + b"\xff\xff\x81" + b[900:], "BN-TAB-003", dialect="chinese_tables")
_file("binary rubbish under a table's name", lambda b: bytes(range(256)) * 40, "BN-TAB-003")
_file("nothing in the file", lambda b: b"", "BN-TAB-003")
_file("header and no rows", lambda b: b.partition(b"\n")[0] + b"\n", "BN-TAB-016")
_file("no header", lambda b: b.partition(b"\n")[2], "BN-TAB-005")
_file("column missing", _without_column, "BN-TAB-006")
_file("heading misspelt", _header("from", "fomr"), "BN-TAB-006")
_file("heading twice", _header("Mo_pct", "Cu_pct"), "BN-TAB-007")
_file("unknown unit in a heading", _header("Au_gpt", "Au(oz/t)"), "BN-TAB-020")
_file("feet in a heading", _header("from,to", "from(ft),to(ft)"), "BN-TAB-008")
_file("one element by two methods", _header("Cu_pct,Mo_pct", "Cu_OG46_pct,Cu_ICP61_pct"), "BN-TAB-023")
_file("web page under a workbook's name", lambda b: b"<html><body><table><tr><td>404</td></tr></table></body></html>", "BN-TAB-003", dialect="excel_workbook")
_file("workbook cut off", lambda b: b[: len(b) // 2], "BN-TAB-003", dialect="excel_workbook")
_file("decimal commas throughout", _commas, "BN-TAB-011", row=2, may=(("BN-TAB-011", "assay"), ("BN-TAB-090", "assay"), ("BN-TAB-016", "assay"), ("BN-CNV-002", "collar"), ("BN-CNV-002", "assay")))
_file("row with a cell too many", _line(12, lambda s: s.replace(",", ",,", 1)), "BN-TAB-014", row=12, may=(("BN-TAB-017", "assay"),))
_file("totals below the table", lambda b: b + b"Total,0,120,,0.41,0.02,0.1,1.2\n", "BN-TAB-015")
_file("thousands marks", _line(3, lambda s: s.replace(s.split(",")[1], f'"{s.split(",")[1][:3]},{s.split(",")[1][3:]}"')), "BN-TAB-011", table="collar", row=3, may=LOST_HOLE)


@case("files", "file not delivered", setting("file-absent", FILES, holes=4))
def absent(d: Drop) -> Planted:
    d.after.append(lambda folder: (folder / "assay.csv").unlink())
    return [d.seen("BN-TAB-001", "assay")], ()


# --- workbooks -----------------------------------------------------------------------------
def _book(kind: str, change: Callable[[object], None], code: str, row: int | None = None, table: str = "assay", may: tuple[tuple[str, str], ...] = ()) -> None:
    """A workbook edited with openpyxl; a deposit of its own."""
    drop = setting("book-" + "-".join(kind.split()), FILES, "excel_workbook", holes=4)

    def plant(d: Drop) -> Planted:
        sheet = d.sheets[table]

        def edit(folder: Path) -> None:
            path = folder.parent / sheet.path
            book = load_workbook(path)
            change(book[sheet.sheet])
            book.save(path)

        d.after.append(edit)
        return [Expected(code, sheet.path, row, sheet.sheet)], may

    case("files", kind, drop)(plant)


def _set(place: str, value: object) -> Callable[[object], None]:
    """One cell of a sheet."""

    def change(page: object) -> None:
        page[place] = value  # type: ignore[index]

    return change


def _hide(page: object) -> None:
    """Some rows hidden by a filter."""
    for row in range(20, 26):
        page.row_dimensions[row].hidden = True  # type: ignore[attr-defined]


_book("sheet renamed", lambda page: setattr(page, "title", "化验2"), "BN-TAB-004")
_book("units row says ounces", _set("G2", "oz/t"), "BN-TAB-020")
_book("hidden rows", _hide, "BN-TAB-031")
_book("formula error in a workbook", _set("E9", "#DIV/0!"), "BN-TAB-010", row=9)
_book("text in a depth", _set("C11", "约12"), "BN-TAB-010", row=11)


# --- configuration -------------------------------------------------------------------------
def _asked(kind: str, code: str, source: dict[str, object], table: str = "assay", dialect: str = "leapfrog_csv", may: tuple[tuple[str, str], ...] = ()) -> None:
    """The deposit's block changed: what a hurried person writes there."""
    drop = setting("config-" + "-".join(kind.split()), FILES, dialect, holes=4)

    def plant(d: Drop) -> Planted:
        d.source.update(source)
        return [d.seen(code, table)], may

    case("files", kind, drop)(plant)


_asked("unit of the configuration against the heading", "BN-TAB-008", {"units": {"cu_pct": "ppm"}})
_asked("column named that no table has", "BN-TAB-021", {"columns": {"Cu_pct": "kupfer"}})

# --- ids -----------------------------------------------------------------------------------
IDS = setting("ids", FILES, holes=4)


@case("files", "leading zeros lost from hole ids", IDS)
def zeros(d: Drop) -> Planted:
    old = d.hole(0)
    for table in ("collar", "survey"):
        frame = d.frame(table)
        frame.loc[frame["hole_id"] == old, "hole_id"] = "0801"
    frame = d.frame("assay")
    frame.loc[frame["hole_id"] == old, "hole_id"] = "801"
    return [d.seen("BN-INT-006", "assay", d.at("assay", 0, 0) if False else 0)], (
        ("BN-COL-009", "collar"),
    )


# --- coordinates ---------------------------------------------------------------------------
SWAPPED = setting("swapped", PLACES, holes=4)
ROWS = setting("places-rows", PLACES, "chinese_tables", holes=10, depth_m=60.0)


@case("coordinates", "easting and northing exchanged", SWAPPED)
def swapped(d: Drop) -> Planted:
    frame = d.frame("collar")
    frame[["easting_m", "northing_m"]] = frame[["northing_m", "easting_m"]].to_numpy()
    return [d.seen("BN-COL-005", "collar")], (("BN-CNV-002", "collar"),)


@case("coordinates", "one row exchanged", setting("row-swapped", PLACES, holes=25, depth_m=30.0))
def row_swapped(d: Drop) -> Planted:
    east, north = d.frame("collar").loc[3, ["easting_m", "northing_m"]]
    d.put("collar", 3, "easting_m", north)
    d.put("collar", 3, "northing_m", east)
    return [d.seen("BN-CRS-014", "collar", 3)], LOST_HOLE


@case("coordinates", "zone prefix missing in a row", setting("row-zone", PLACES, "chinese_tables", holes=25, depth_m=30.0))
def row_zone(d: Drop) -> Planted:
    d.put("collar", 2, "easting_m", d.frame("collar").at[2, "easting_m"][2:])
    d.frame("collar")
    return [d.seen("BN-COL-007", "collar", 2)], LOST_HOLE


def _moved(kind: str, code: str, epsg: int | None, prefix: int = 0, places: int = 2, source: dict[str, object] | None = None, dialect: str = "leapfrog_csv", may: tuple[tuple[str, str], ...] = ()) -> None:
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
_moved("prefix of the neighbouring zone", "BN-CRS-012", 4539, prefix=30, dialect="chinese_tables", may=(*CONVENTION, ("BN-COL-006", "collar")))
_moved("six-degree eastings for three-degree ones", "BN-CRS-013", 4543, may=CONVENTION)
_moved("heights of 1956 without a shift", "BN-CRS-017", None, source={"heights": "yellow_sea_1956"})


@case("coordinates", "mine grid for the national one", setting("mine-grid", PLACES, holes=4))
def mine_grid(d: Drop) -> Planted:
    for i in range(4):
        d.put("collar", i, "easting_m", f"{d.number('collar', i, 'easting_m') - 430000:.2f}")
        d.put("collar", i, "northing_m", f"{d.number('collar', i, 'northing_m') - 3220000:.2f}")
    return [d.seen("BN-CRS-011", "collar")], CONVENTION


@case("coordinates", "zone prefix that nobody configured", setting("prefixed", PLACES, holes=4))
def prefixed(d: Drop) -> Planted:
    for i in range(4):
        d.put("collar", i, "easting_m", f"{d.number('collar', i, 'easting_m') + ZONE * 1e6:.2f}")
    return [d.seen("BN-COL-006", "collar")], CONVENTION


# --- drops ---------------------------------------------------------------------------------
DROPS = setting("drops", "inbox", holes=4)
OUTSIDE = setting("drops-outside", "inbox", holes=4)


@case("inbox", "file in transfer", DROPS)
def partial(d: Drop) -> Planted:
    d.bytes_["assay_2.csv.part"] = b"ID,from,to\nSYN"
    return [Expected("BN-INB-002", f"{d.name}/assay_2.csv.part")], ()


@case("inbox", "file that nobody named", DROPS)
def stranger(d: Drop) -> Planted:
    d.bytes_["collar(1).csv"] = b"ID,X,Y,Z\n"
    return [Expected("BN-INB-003", f"{d.name}/collar(1).csv")], ()


@case("inbox", "path out of the folder", OUTSIDE)
def outside(d: Drop) -> Planted:
    d.sheets["assay"].path = f"{d.name}/../../../secret.csv"
    return [Expected("BN-INB-004", d.file("assay"))], ()


@case("inbox", "link out of the folder", setting("drops-link", "inbox", holes=4))
def link(d: Drop) -> Planted:
    def change(folder: Path) -> None:
        (folder / "assay.csv").unlink()
        os.symlink("/etc/hostname", folder / "assay.csv")

    d.after.append(change)
    return [d.seen("BN-INB-004", "assay")], ()


def _archived(kind: str, pack: Callable[[zipfile.ZipFile, bytes], None], code: str = "BN-INB-006") -> None:
    """The assays inside an archive that can't be trusted."""
    drop = setting("archive-" + "-".join(kind.split()), "inbox", holes=4)

    def plant(d: Drop) -> Planted:
        def change(folder: Path) -> None:
            content = (folder / "assay.csv").read_bytes()
            (folder / "assay.csv").unlink()
            stream = io.BytesIO()
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
                pack(packed, content)
            (folder / "drop.zip").write_bytes(stream.getvalue())

        d.after.append(change)
        sheet = d.sheets.pop("assay")
        d.after.insert(0, lambda folder: None)
        d.files.append({"path": f"{d.name}/drop.zip/assay.csv", "table": "assay"})
        d.bytes_["assay.csv"] = _csv(sheet.frame)
        return [Expected(code, f"{d.name}/drop.zip/assay.csv")], ()

    case("inbox", kind, drop)(plant)


def _csv(frame: object) -> bytes:
    """A table as CSV."""
    return frame.to_csv(index=False).encode()  # type: ignore[attr-defined]


def _bomb(packed: zipfile.ZipFile, content: bytes) -> None:
    packed.writestr("assay.csv", content + b"0" * 40_000_000)


def _climbing(packed: zipfile.ZipFile, content: bytes) -> None:
    packed.writestr("assay.csv", content)
    packed.writestr("../../evil.csv", b"x")


_archived("archive bomb", _bomb)
_archived("archive member that climbs out", _climbing)
_archived("archive without the member", lambda packed, content: packed.writestr("a.csv", content))
_ = cell, ROWS
