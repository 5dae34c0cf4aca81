"""The public build holds no drill-hole, no exact place and no file, in any byte of it."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from estimation.belts import Belt
from geo.config import Names
from geo.findings import Finding
from reporting import SiteReport, build_site, build_sites, write_workbook
from reporting.documents.printed import printed_documents
from reporting.figures.store import FigureStore
from reporting.site.room import BUREAU, PUBLIC, Room, shown_to
from reporting.site.withheld import leaks, refusal_of, telling
from reporting.units import Text
from tests.browser_fixture import fabricated_report, sample_belts
from tests.public_scan import found_in, places, scan, texts

HOLE = "ZKSENT-0417"
FILE = "2031/SENTINEL孔口.xlsx"
SHEET = "SENTSHEET-7"
EASTING, NORTHING = 487_653.21, 3_291_847.36
MOVED = "+77.6 % against entry 4123, № 4123 is used meanwhile"
NAMES = (HOLE, "SENTINEL", SHEET, "77.6", "4123")
EMPTY = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10" viewBox="0 0 10 10"/>'
BUREAUS_ALONE = {
    "section",
    "plan",
    "model_plate",
    "copper_map",
    "raster_map",
    "survey_map",
    "domain_section",
    "validation_section",
    "neighbourhood",
}
"""Drawings that show where something lies."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> SiteReport:
    """A belt whose files, sheets, holes and places are all marked."""
    folder = tmp_path_factory.mktemp("report")
    plain = fabricated_report(folder, tuple(_marked(belt) for belt in sample_belts()[:1]))
    finding = Finding(
        "BN-INT-002",
        "error",
        FILE,
        f"{HOLE} 孔重叠",
        f"hole {HOLE} overlaps",
        "核对",
        f"look at {HOLE}",
        row=41_777,
        sheet=SHEET,
        value=HOLE,
        column="from_m",
    )
    deposits = [deposit.id for belt in plain.belts for deposit in belt.deposits]
    said = {"domain": "east", "zh": f"{FILE} 不能使用", "en": f"{FILE} can't be used"}
    told = {"files": {FILE: "0" * 64}, "holes": [HOLE], "left_out": [said]}
    return replace(
        plain,
        figures={key: _moved(folder, path, key[0]) for key, path in plain.figures.items()},
        findings={belt.id: (finding,) for belt in plain.belts},
        withheld=(HOLE, FILE, SHEET),
        held={
            **dict.fromkeys((deposits[0], FILE), Text(f"{FILE}：坏", f"{FILE}: bad")),
            _figure(plain): Text(MOVED, MOVED),
        },
        results={
            name: tuple(replace(one, extras={**one.extras, **told}) for one in plain.results[name])
            for name in deposits
        },
    )


def _figure(report: SiteReport) -> str:
    """Name of a figure that waits for a person."""
    deposit = report.belts[0].deposits[0]
    return f"{deposit.id} {max(deposit.vintages)}"


def _marked(belt: Belt) -> Belt:
    """The belt, its files and sheets under marked names, its map at a marked corner."""

    def renamed(block: Any) -> Any:
        if isinstance(block, dict):
            return {
                key: FILE
                if key == "path"
                else SHEET
                if key == "sheet" and value
                else renamed(value)
                for key, value in block.items()
            }
        return [renamed(one) for one in block] if isinstance(block, list) else block

    return Belt.model_validate(renamed(belt.model_dump(mode="json")))


def _moved(folder: Path, path: Path, deposit: str) -> Path:
    """The deposit's figure arrays, moved to the marked place."""
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    for name in ("section_x_m", "plan_x_m"):
        arrays[name] = arrays[name] + EASTING if name in arrays else np.array([EASTING])
    arrays["plan_y_m"] = arrays["plan_y_m"] + NORTHING
    arrays["collars"] = arrays["collars"] + (EASTING, NORTHING)
    arrays["section_y_m"] = np.float64(NORTHING)
    target = folder / f"{deposit}-moved.npz"
    np.savez_compressed(target, **arrays)
    return target


@pytest.fixture(scope="module")
def forbidden(report: SiteReport) -> frozenset[str]:
    """Every number that would say where something is."""
    grids = [belt.map_grid for belt in report.belts if belt.map_grid]
    corners = [value for grid in grids for value in grid.origin_m]
    collars = [
        value
        for path in report.figures.values()
        for name in ("collars", "section_y_m")
        for value in np.atleast_1d(np.load(path)[name]).ravel()
    ]
    return places([EASTING, NORTHING, *corners, *collars])


@pytest.fixture(scope="module")
def drawn() -> list[tuple[str, str]]:
    """What the public build asked to have drawn: (drawing, its parameters)."""
    return []


@pytest.fixture(scope="module")
def public(
    report: SiteReport,
    drawn: list[tuple[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The public site alone, every figure that it asks for noted."""

    def noted(_store: FigureStore, drawing: str, _source: Path | None, parameters: Any) -> str:
        drawn.append((drawing, json.dumps(parameters, ensure_ascii=False, default=str)))
        return EMPTY  # words of a figure are drawn as paths: what it was asked to say is scanned

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FigureStore, "svg", noted)
        patch.setattr("os.cpu_count", lambda: 1)  # or other processes would draw unnoticed
        return build_site(report, tmp_path_factory.mktemp("public") / "site", PUBLIC).folder


def test_nothing_withheld_is_in_any_byte(public: Path, forbidden: frozenset[str]) -> None:
    assert scan(public, NAMES, forbidden) == []
    assert sum(1 for _ in texts(public)) > 20


def test_what_is_held_or_left_out_is_told_without_its_file(
    report: SiteReport, public: Path
) -> None:
    deposit = next(iter(report.held))
    page = (public / "deposits" / f"{deposit}.html").read_text("utf-8")
    assert f"<bdi>{deposit}</bdi>: <bdi>" in page
    assert f"<bdi>{_figure(report)}</bdi>: <bdi>" in page
    assert f"{deposit}: some ground or samples" in page


def test_targets_that_are_examples_are_not_for_the_public(report: SiteReport) -> None:
    (one,) = report.progress
    example = replace(one, target=one.target.model_copy(update={"status": "example"}))
    told = replace(report, progress=(one, example))
    assert one.target.status != "example"
    assert shown_to(told, PUBLIC).progress == (one,)
    assert shown_to(told, BUREAU).progress == (one, example)


def test_nothing_drawn_says_where_anything_lies(
    public: Path, drawn: list[tuple[str, str]], forbidden: frozenset[str]
) -> None:
    assert public.is_dir()
    assert {name for name, _ in drawn} & BUREAUS_ALONE == set()
    said = [one for name, words in drawn for one in found_in(name, words, NAMES, forbidden)]
    assert said == []
    assert len(drawn) > 4


def test_the_bureau_s_build_does_hold_it(
    report: SiteReport, forbidden: frozenset[str], tmp_path: Path
) -> None:
    """Or the scan would show nothing: what is withheld was there to be withheld."""
    bare = replace(report, figures={}, belt_maps={})
    said = "\n".join(scan(build_site(bare, tmp_path / "site").folder, NAMES, forbidden))
    assert HOLE in said
    assert "SENTINEL" in said


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", f"<p>孔{HOLE}见矿</p>"),
        ("page.html", "<td data-v='487653.21'>—</td>"),
        ("page.html", "<td>3,291,847.4</td>"),
        ("page.html", "<p>3291847</p>"),
        ("page.html", "<!-- /home/someone/x -->"),
        ("page.html", "<p>D:\\data</p>"),
        ("page.html", '<img src="data:image/svg+xml;charset=utf-8,%3Ctext%3EZKSENT-0417">'),
        ("page.html", '<img src="data:text/plain;base64,WktTRU5ULTA0MTc=">'),
        ("table.csv", f"file\n{FILE}\n"),
        (f"{SHEET}.csv", "a\n"),
    ],
)
def test_the_scan_finds_what_is_planted(
    name: str, content: str, forbidden: frozenset[str], tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    assert scan(tmp_path, NAMES, forbidden) != []


def test_the_scan_opens_what_is_packed(tmp_path: Path, forbidden: frozenset[str]) -> None:
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/sharedStrings.xml", f"<t>{HOLE}</t>")
    assert HOLE not in (tmp_path / "book.xlsx").read_bytes().decode("latin-1")
    assert len(scan(tmp_path, NAMES, forbidden)) == 1
    (tmp_path / "picture.bin").write_bytes(b"x")
    with pytest.raises(AssertionError, match="teach the scan"):
        scan(tmp_path, NAMES, forbidden)


def test_a_public_site_that_leaks_is_not_swapped_in(report: SiteReport, tmp_path: Path) -> None:
    folders = {BUREAU: tmp_path / "site", PUBLIC: tmp_path / "site-public"}
    bare = replace(report, figures={}, belt_maps={}, run_id="first")
    before = build_sites(bare, folders)[1].index.read_bytes()
    belt = bare.belts[0]
    name = Names(zh=f"矿带（{HOLE}）", en=f"belt of {HOLE}")
    leaking = replace(bare, belts=(belt.model_copy(update={"name": name}),), run_id="second")
    bureau, public = build_sites(leaking, folders)
    assert bureau.refused is None
    assert public.refused is not None
    assert HOLE in public.refused.en
    assert ".html" in public.refused.zh
    assert public.pages == ()
    assert (folders[PUBLIC] / "index.html").read_bytes() == before
    assert HOLE in (folders[BUREAU] / "index.html").read_text("utf-8")  # the bureau's is new
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".site-figures",
        "site",
        "site-public",
    ]
    allowed = bare.settings.public.model_copy(update={"allowed": (HOLE,)})
    settings = bare.settings.model_copy(update={"public": allowed})
    build_sites(replace(leaking, settings=settings), folders)
    assert HOLE in (folders[PUBLIC] / "index.html").read_text("utf-8")


def test_a_name_of_several_words_is_found(tmp_path: Path) -> None:
    names = ("Drill holes 2031.xlsx", "ZK 01", "R&D-7", "孔口 (2).csv")
    (tmp_path / "a.html").write_text("<p>see Drill holes 2031.xlsx, 见ZK 01孔</p>", "utf-8")
    (tmp_path / "b.html").write_text("<p>R&amp;D-7; x/孔口 (2).csv</p>", "utf-8")
    (tmp_path / "c.html").write_text("<p>ZK 010, AZK 01, R&amp;D-70</p>", "utf-8")
    assert [page for page, _ in leaks(tmp_path, telling(names))] == ["a.html"] * 2 + ["b.html"] * 2


def test_a_site_whose_withheld_names_are_unknown_is_refused(tmp_path: Path) -> None:
    said = refusal_of(tmp_path, Text("坏表", "bad table"), ())
    assert said is not None
    assert "bad table" in said.en


def test_a_name_in_a_workbook_s_cell_or_a_document_is_found(
    report: SiteReport, tmp_path: Path
) -> None:
    """As the build writes both; a cell's own place (B10) is no name of a hole."""
    belt = report.belts[0].model_copy(update={"name": Names(zh=f"带{HOLE}", en="belt")})
    told = replace(report, belts=(belt,), figures={}, belt_maps={})
    (tmp_path / "downloads").mkdir()
    write_workbook(told, tmp_path / "downloads" / "book.xlsx", PUBLIC)
    room = Room(told, FigureStore(tmp_path / "figures"), PUBLIC)
    for document in printed_documents(room, belt.id):
        document.write(tmp_path / "downloads" / f"belt.{document.language}.pdf")
    found = list(leaks(tmp_path, telling((HOLE, "B1000", "sheet1.xml"))))
    assert found == [("downloads/belt.zh.pdf", HOLE), ("downloads/book.xlsx", HOLE)]


def test_what_can_be_told_from_ordinary_words(tmp_path: Path) -> None:
    names = ("101", "A1", "钻孔", "collar", "ZK-01", "孔口.csv", "a/b.tif", "Sheet1", "1.5")
    assert telling(names) == {"ZK-01", "孔口.csv", "a/b.tif", "Sheet1"}
    (tmp_path / "a.html").write_text(
        '<bdi>ZK-01</bdi> 见ZK-01孔 <b title="x/孔口.csv">y</b> ZK-010', "utf-8"
    )
    (tmp_path / "b.html").write_text('ZK-010 <img src="data:image/png;base64,ZK-01">', "utf-8")
    assert list(leaks(tmp_path, telling(names))) == [("a.html", "ZK-01"), ("a.html", "孔口.csv")]
