"""Defects of files, tables and drops, as bureaus hand them in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

from broken_base import Drop, Expected
from broken_cases import UNKNOWN_HOLE, Planted, case, setting
from openpyxl import load_workbook

FILES = "files"
BOOK = (("BN-TAB-003", "assay"), ("BN-TAB-004", "assay"))
"""What a workbook that can't be read gives for each of its sheets."""
Change = Callable[[bytes], bytes]


GAP = (("BN-INT-003", "assay"),)
"""A row that is refused on reading leaves a gap in its hole."""


# --- whole files ---------------------------------------------------------------------------
def _file(
    kind: str,
    change: Change,
    code: str,
    table: str = "assay",
    dialect: str = "leapfrog_csv",
    may: tuple[tuple[str, str], ...] = (),
    row: int | None = None,
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
_file(
    "bytes of no encoding",
    lambda b: b[:900] + b"\xff\xff\x81" + b[900:],
    "BN-TAB-003",
    dialect="chinese_tables",
)
_file("binary rubbish under a table's name", lambda b: bytes(range(256)) * 40, "BN-TAB-003")
_file("nothing in the file", lambda b: b"", "BN-TAB-003")
_file("header and no rows", lambda b: b.partition(b"\n")[0] + b"\n", "BN-TAB-016")
_file("no header", lambda b: b.partition(b"\n")[2], "BN-TAB-005")
_file("column missing", _without_column, "BN-TAB-006")
_file("heading misspelt", _header("from", "fomr"), "BN-TAB-006")
_file("heading twice", _header("Mo_pct", "Cu_pct"), "BN-TAB-007")
_file("unknown unit in a heading", _header("Au_gpt", "Au(oz/t)"), "BN-TAB-020")
_file(
    "feet in a heading",
    _header("from,to", "from(ft),to(ft)"),
    "BN-TAB-008",
    may=(("BN-CNV-002", "collar"),),
)
_file(
    "one element by two methods", _header("Cu_pct,Mo_pct", "Cu_OG46_pct,Cu_ICP61_pct"), "BN-TAB-023"
)
_file("unknown unit in parentheses", _header("Cu_pct", "Cu(lb/t)"), "BN-TAB-020")
_file(
    "web page under a workbook's name",
    lambda b: b"<html><body><table><tr><td>404</td></tr></table></body></html>",
    "BN-TAB-003",
    dialect="excel_workbook",
    may=BOOK,
)
_file(
    "workbook cut off", lambda b: b[: len(b) // 2], "BN-TAB-003", dialect="excel_workbook", may=BOOK
)
_file(
    "decimal commas throughout",
    _commas,
    "BN-TAB-011",
    row=2,
    may=(
        ("BN-TAB-011", "assay"),
        ("BN-TAB-010", "assay"),
        ("BN-TAB-090", "assay"),
        ("BN-TAB-016", "assay"),
        ("BN-CNV-002", "collar"),
        ("BN-CNV-002", "assay"),
    ),
)
_file(
    "row with a cell too many",
    _line(12, lambda s: s.replace(",", ",,", 1)),
    "BN-TAB-014",
    row=12,
    may=(("BN-TAB-010", "assay"), ("BN-TAB-017", "assay"), ("BN-INT-003", "assay")),
)
_file("totals below the table", lambda b: b + b"Total,0,120,,0.41,0.02,0.1,1.2\n", "BN-TAB-015")
_file(
    "thousands marks",
    _line(
        3, lambda s: s.replace(s.split(",")[1], f'"{s.split(",")[1][:3]},{s.split(",")[1][3:]}"')
    ),
    "BN-TAB-011",
    table="collar",
    row=3,
    may=UNKNOWN_HOLE,
)


_file(
    "header repeated inside the table",
    lambda b: b"\n".join([*b.split(b"\n")[:60], b.split(b"\n")[0][3:], *b.split(b"\n")[60:]]),
    "BN-TAB-010",
    row=61,
)
_file(
    "footnote below the table",
    lambda b: b + "注：样品由合成实验室测试\n".encode(),
    "BN-TAB-017",
    row=162,
)
_file(
    "unit inside a cell", _line(9, lambda s: s.replace(",", "m,", 2)), "BN-TAB-010", row=9, may=GAP
)
_file(
    "percent sign inside a cell",
    _line(9, lambda s: ",".join(c + "%" * (i == 4) for i, c in enumerate(s.split(",")))),
    "BN-TAB-010",
    row=9,
    may=GAP,
)


@case("files", "table delivered twice", setting("file-twice", FILES, holes=4))
def _delivered_twice(d: Drop) -> Planted:
    d.after.append(
        lambda f: (f / "assay_copy.csv").write_bytes((f / "assay.csv").read_bytes()) and None
    )
    copy = f"{d.name}/assay_copy.csv"
    d.files.append({"path": copy, "table": "assay"})
    return [Expected("BN-INT-010", copy, 2)], (("BN-INT-010", copy), ("BN-TAB-090", copy))


@case("files", "file not delivered", setting("file-absent", FILES, holes=4))
def _absent(d: Drop) -> Planted:
    d.after.append(lambda folder: (folder / "assay.csv").unlink())
    return [d.seen("BN-TAB-001", "assay")], ()


# --- workbooks -----------------------------------------------------------------------------
def _book(
    kind: str,
    change: Callable[[object], None],
    code: str,
    row: int | None = None,
    table: str = "assay",
    may: tuple[tuple[str, str], ...] = (),
) -> None:
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
_book(
    "formula error in a workbook",
    _set("E9", "#DIV/0!"),
    "BN-TAB-010",
    row=9,
    may=(("BN-INT-003", "assay"),),
)
_book("text in a depth", _set("C11", "约12"), "BN-TAB-010", row=11, may=(("BN-INT-003", "assay"),))


# --- configuration -------------------------------------------------------------------------
def _asked(
    kind: str,
    code: str,
    source: dict[str, object],
    table: str = "assay",
    dialect: str = "leapfrog_csv",
    may: tuple[tuple[str, str], ...] = (),
) -> None:
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
def _zeros(d: Drop) -> Planted:
    old = d.hole(0)
    for table in ("collar", "survey"):
        frame = d.frame(table)
        frame.loc[frame["hole_id"] == old, "hole_id"] = "0801"
    frame = d.frame("assay")
    frame.loc[frame["hole_id"] == old, "hole_id"] = "801"
    return [d.seen("BN-INT-006", "assay", 0)], (("BN-COL-009", "collar"),)


# --- drops ---------------------------------------------------------------------------------
DROPS = setting("drops", "strangers", holes=4)
OUTSIDE = setting("drops-outside", "inbox", holes=4)


@case("inbox", "file in transfer", DROPS)
def _partial(d: Drop) -> Planted:
    d.bytes_["assay_2.csv.part"] = b"ID,from,to\nSYN"
    return [Expected("BN-INB-002", f"{d.name}/assay_2.csv.part")], ()


@case("inbox", "file that nobody named", DROPS)
def _stranger(d: Drop) -> Planted:
    d.bytes_["collar(1).csv"] = b"ID,X,Y,Z\n"
    return [Expected("BN-INB-003", f"{d.name}/collar(1).csv")], ()


@case("inbox", "path out of the folder", OUTSIDE)
def _outside(d: Drop) -> Planted:
    d.sheets["assay"].path = f"{d.name}/../../../secret.csv"
    return [Expected("BN-INB-004", d.file("assay"))], ()


@case("inbox", "link out of the folder", setting("drops-link", "inbox", holes=4))
def _link(d: Drop) -> Planted:
    def change(folder: Path) -> None:
        (folder / "assay.csv").unlink()
        (folder / "assay.csv").symlink_to("/etc/hostname")

    d.after.append(change)
    return [d.seen("BN-INB-004", "assay")], ()


def _archived(
    kind: str, pack: Callable[[zipfile.ZipFile, bytes], None], code: str = "BN-INB-006"
) -> None:
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
