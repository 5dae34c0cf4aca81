"""What a check says of the shared public data, count for count, against independent counts."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import shared_defects
from benchmarks.shared_defects import FOLDERS, Defect, checked
from benchmarks.shared_defects_list import DEFECTS
from geo.tables.table import read_table
from tests.conftest import make_conventions

Count = Callable[[Path], int]


@pytest.fixture(autouse=True)
def _here(shared_data: Path) -> None:
    """Skip without the shared data."""


def table(file: str, **options: object) -> Callable[[Path], pd.DataFrame]:
    """A file as pandas reads it."""
    return lambda folder: pd.read_csv(folder / file, **options)  # type: ignore[call-overload]


def size(file: str) -> Count:
    """Rows that pandas reads."""
    return lambda folder: len(table(file)(folder))


def matching(file: str, test: Callable[[pd.DataFrame], pd.Series]) -> Count:
    """Rows (or cells) of which ``test`` is true."""
    return lambda folder: int(np.asarray(test(table(file)(folder))).sum())


def blank(file: str, column: str) -> Count:
    """Blank cells of a column."""
    return matching(file, lambda t: t[column].isna())


def equal(file: str, column: str, value: float) -> Count:
    """Cells of a column that are ``value``."""
    return matching(file, lambda t: t[column] == value)


def intervals(file: str, hole: str, top: str, bottom: str) -> Callable[[Path], pd.DataFrame]:
    """Intervals by hole and depth, with ``before``: the deepest end above."""

    def read(folder: Path) -> pd.DataFrame:
        frame = table(file)(folder).sort_values([hole, top, bottom], kind="stable")
        frame = frame.rename(columns={hole: "hole", top: "top", bottom: "bottom"})
        deepest = frame.groupby("hole")["bottom"].cummax()
        return frame.assign(before=deepest.groupby(frame["hole"]).shift())

    return read


def overlaps(file: str, *names: str) -> Count:
    """Intervals that begin above the end of an earlier one."""
    read = intervals(file, *names)
    return lambda folder: int((read(folder).eval("top < before - 1e-6")).sum())


def gaps(file: str, *names: str) -> Count:
    """Intervals that begin below the end of all above."""
    read = intervals(file, *names)
    return lambda folder: int((read(folder).eval("top > before + 1e-6")).sum())


def deeper(assay: str, survey: str, names: tuple[str, str, str], sentinel: float) -> Count:
    """Holes whose last interval ends below the last real station."""

    def count(folder: Path) -> int:
        hole, at, bottom = names
        stations = table(survey, dtype={hole: str})(folder)
        last = stations[stations[at] < sentinel].groupby(hole)[at].max()
        ends = table(assay, dtype={hole: str})(folder).groupby(hole)[bottom].max()
        return int((ends > last.reindex(ends.index)).sum())

    return count


def absent(file: str, other: str) -> Count:
    """Holes of ``file`` that ``other`` doesn't know."""

    def count(folder: Path) -> int:
        holes = set(table(file)(folder)["hole_ID"])
        return len(holes - set(table(other)(folder)["hole_ID"]))

    return count


def begins_below(file: str, column: str) -> Count:
    """Holes whose first row in ``file`` is below 0."""
    return lambda f: int((table(file)(f).groupby("hole_ID")[column].min() > 0).sum())


def lost(file: str) -> Count:
    """Cells with U+FFFD."""

    def count(folder: Path) -> int:
        frame = table(file, dtype=str, keep_default_na=False)(folder)
        return int(sum(frame[c].str.contains("\ufffd").sum() for c in frame))

    return count


def lines(file: str, test: str, *, holds: bool = True) -> Count:
    """Lines of a text in which the pattern is found (or isn't)."""

    def count(folder: Path) -> int:
        text = (folder / file).read_text("utf-8-sig").splitlines()
        return sum(bool(re.search(test, line)) is holds for line in text)

    return count


def als(file: str) -> Count:
    """Rows of a laboratory sheet with a result: a number or a limit in the last third."""

    def count(folder: Path) -> int:
        frame = table(file, dtype=str, header=None, keep_default_na=False)(folder)
        results = frame.iloc[:, 2 * frame.shape[1] // 3 :]
        number = results.apply(lambda c: c.str.fullmatch(r"[<>]?\d+(\.\d+)?"))
        return int(number.any(axis=1).sum())

    return count


def blanks(file: str) -> Count:
    """Blank cells of all columns of numbers."""
    return lambda f: int(table(file)(f).select_dtypes("number").isna().to_numpy().sum())


def negatives(file: str) -> Count:
    """Negative numbers in columns of which most cells are filled."""

    def count(folder: Path) -> int:
        numbers = table(file)(folder).select_dtypes("number")
        return int((numbers.loc[:, numbers.notna().mean() > 0.5] < 0).to_numpy().sum())

    return count


def located(file: str, column: str, value: float) -> Count:
    """Cells of ``value`` in rows that have a longitude."""
    return matching(file, lambda t: (t[column] == value) & t["longitude"].notna())


def measured(pattern: str) -> Count:
    """Files of which the read-me's measurements say ``pattern``."""
    return lambda f: len(
        re.findall(rf"^- `[^`]+`:.*{pattern}", (f / "README.md").read_text(), re.M)
    )


def named(pattern: str) -> Count:
    """Files of a name."""
    return lambda folder: len(list(folder.glob(pattern)))


def sheet_rows(name: str, *, without: int | None = None) -> Count:
    """Rows below the eight of the template's header; only those with a blank cell ``without``."""

    def count(folder: Path) -> int:
        import openpyxl

        book = openpyxl.load_workbook(
            folder / "gsq_submission_template_example.xlsx", data_only=True
        )
        rows = [r for r in book[name].iter_rows(min_row=9, values_only=True) if any(r)]
        return sum(without is None or r[without] is None for r in rows)

    return count


HOLE_04 = ("HOLEID", "FROM", "TO")
HOLE_06 = ("hole_ID", "depth_from", "depth_to")
ORES = "|".join(("Ag", "As", "Bi", "K", "S", "Sc", "Co_INAA", "Nd_INAA"))
COUNTED: dict[str, Count] = {
    "01 holes with the sentinel depth 90000": equal("survey_BABBITT.csv", "AT", 90000),
    "01 survey rows set aside for it": equal("survey_BABBITT.csv", "AT", 90000),
    "01 holes sampled below their last real station": deeper(
        "assay_BABBITT.csv", "survey_BABBITT.csv", ("BHID", "AT", "TO"), 9e4
    ),
    "01 Cu not assayed (blank)": blank("assay_BABBITT.csv", "CU"),
    "01 Ni not assayed (blank)": blank("assay_BABBITT.csv", "NI"),
    "01 Cu exactly 0": equal("assay_BABBITT.csv", "CU", 0),
    "01 Ni exactly 0": equal("assay_BABBITT.csv", "NI", 0),
    "01 overlaps": overlaps("assay_BABBITT.csv", "BHID", "FROM", "TO"),
    "01 gaps": gaps("assay_BABBITT.csv", "BHID", "FROM", "TO"),
    "04 gaps (cut-off already applied)": gaps("assay.csv", *HOLE_04),
    "04 holes sampled below their last station": deeper(
        "assay.csv", "survey.csv", ("HOLEID", "AT", "TO"), 9e4
    ),
    "06 holes without survey": absent("collar.csv", "survey.csv"),
    "06 holes without assay": absent("collar.csv", "assay.csv"),
    "06 holes without a station at 0": begins_below("survey.csv", "depth"),
    "06 duplicated survey depths": matching(
        "survey.csv", lambda t: t.duplicated(["hole_ID", "depth"])
    ),
    "06 overlaps": lambda f: overlaps("assay.csv", *HOLE_06)(f) - 1,  # see the remark
    "06 gaps": gaps("assay.csv", *HOLE_06),
    "06 holes not sampled from 0": begins_below("assay.csv", "depth_from"),
    "06 Cu 0 for below detection": equal("assay.csv", "Cu_ppm", 0),
    "06 Mo 0 for below detection": equal("assay.csv", "Mo_ppm", 0),
    "06 Ag 0 for below detection": equal("assay.csv", "Ag_ppm", 0),
    "06 Au 0 for below detection": equal("assay.csv", "Au_ppm", 0),
    "06 Au negative": matching("assay.csv", lambda t: t["Au_ppm"] < 0),
    "06 Ag negative": matching("assay.csv", lambda t: t["Ag_ppm"] < 0),
    "06 Cu not assayed (blank)": blank("assay.csv", "Cu_ppm"),
    "06 rows without Re": blank("assay.csv", "Re_ppm"),
    "06 cells of remarks with lost characters": lost("gswa_geology_raw.csv"),
    "07 rows of An1-Core.csv": als("An1-Core.csv"),
    "07 rows of An6-Grap.csv": als("An6-Grap.csv"),
    "07 rows of An6_Chip.csv": als("An6_Chip.csv"),
    "07 rows of An7_Chip.csv": als("An7_Chip.csv"),
    "07 rows of An7_Grap.csv": als("An7_Grap.csv"),
    "07 blanks in the core": lines("An1-Core.csv", "(?i)blank"),
    "07 duplicates in the core": lines("An1-Core.csv", "(?i)dupl"),
    "07 blanks among the chips": lines("An6_Chip.csv", "(?i)blank"),
    "13 pairs told by order and RS code": matching("ad.test.csv", lambda t: t["RS"] == 8),
    "14 negative values in the field duplicates": negatives("CHorFieldDUP.csv"),
    "14 missing values in the field duplicates": blanks("CHorFieldDUP.csv"),
    "14 missing values in the analytical duplicates": blanks("CHorANADUP.csv"),
    "14 determinations of one value in the standard": lambda f: int(
        (table("CHorSTANDARD.csv")(f).iloc[:, 2:].nunique() == 1).sum()
    ),
    "15 Meuse, all: cadmium 0": equal("meuse_all.csv", "cadmium", 0),
    "16 media in one table": lambda f: table("gjovik.csv")(f)["MAT"].nunique(),
    "16 O-horizon rows without longitude": blank("trondelagO.csv", "longitude"),
    "16 Re at half its limit, 0.0005 (O)": located("trondelagO.csv", "Re", 0.0005),
    "16 Au at half its limit, 0.00025 (O)": located("trondelagO.csv", "Au", 0.00025),
    "17 contents of 0": lambda f: int(
        (table("chorizonDL.csv")(f).filter(regex=rf"^({ORES})$") == 0).to_numpy().sum()
    ),
    "23 cells of sources with lost characters": lost("deposits_ages_no_grades.csv"),
    "24 Landsat bands in EPSG:32622": measured("CRS EPSG:32622"),
    "24 Sentinel bands, EPSG:32719 by an attribute": named("sentinel2_*.nc"),
    "25 rasters": measured("(band\\(s\\)|NetCDF)"),
    "25 rotated or sheared": measured("ROTATED"),
    "25 every pixel nodata": measured("masked 100.0%"),
    "25 no CRS": measured("CRS none"),
    "25 complex integers": measured("complex_int16"),
    "25 RPC or GCP without transform": measured("(gcps [1-9]|rpcs True)"),
    "25 south-up": lambda f: measured("south-up")(f) - measured("(gcps [1-9]|rpcs True)")(f),
    "30 collars below 8 header rows": sheet_rows("DRILLHOLE_LOCATION"),
    "30 densities below 8 header rows": sheet_rows("DRILLHOLE_SAMPLE"),
    "30 pXRF rows below 8 header rows": sheet_rows("SAMPLE_PXRF"),
    "30 of those, without coordinates": sheet_rows("SAMPLE_PXRF", without=5),
}
"""Defect -> its number, counted without any code of ours."""


@pytest.mark.shared
@pytest.mark.parametrize("defect", DEFECTS, ids=lambda d: d.name)
def test_every_stated_defect_is_told_count_for_count(defect: Defect, shared_data: Path) -> None:
    ours = defect.told.count(checked(defect.folder))
    folder = shared_data / FOLDERS[defect.folder]
    if defect.name in COUNTED:
        assert ours == COUNTED[defect.name](folder)
    if defect.stated is None:
        assert defect.name in COUNTED or ours > 0
    elif not defect.remark:
        assert ours == defect.stated
    assert defect.remark or defect.stated in (None, ours)


@pytest.mark.shared
def test_every_independent_count_belongs_to_a_defect() -> None:
    assert set(COUNTED) <= {defect.name for defect in DEFECTS}
    assert {defect.folder for defect in DEFECTS} == set(FOLDERS)


@pytest.mark.shared
def test_remarks_where_a_read_me_is_inexact(shared_data: Path) -> None:
    kola = shared_data / FOLDERS["14"]
    assert (table("CHorSTANDARD.csv")(kola)["Mo"] == 0.1).all()
    assert equal("CHorANADUP.csv", "A1_Mo", 0.1)(kola) == 41
    assert equal("CHorFieldDUP.csv", "F1_Mo", 0.1)(kola) == 39
    pairs = table("CHorFieldDUP.csv")(kola).select_dtypes("number")
    assert (pairs < 0).to_numpy().sum() == (pairs == -9999).to_numpy().sum() == 34
    gswa = shared_data / FOLDERS["06"]
    assert overlaps("assay.csv", *HOLE_06)(gswa) == 2
    refused = [f for f in checked("06").findings if f.code == "BN-ASY-001"]
    below = intervals("assay.csv", *HOLE_06)(gswa).query("top < before - 1e-6")
    assert {f.row for f in refused} <= set(below.index + 2)


@pytest.mark.shared
def test_every_raster_is_as_large_as_its_read_me_measured(shared_data: Path) -> None:
    text = (shared_data / FOLDERS["25"] / "README.md").read_text()
    stated = re.findall(r"^- `([^`]+)`: (\w+), (\d+) band\(s\) (\d+)x(\d+)", text, re.MULTILINE)
    facts = checked("25").as_json()["rasters"]
    assert len(stated) == 25
    for file, driver, bands, width, height in stated:
        alpha = any(
            f.file == file and f.code == "BN-RAS-021" and "alpha" in f.message_en
            for f in checked("25").findings
        )
        expected = f"{driver} {width} × {height}, {int(bands) - alpha} band(s)"
        assert expected in facts[file], file


@pytest.mark.shared
def test_sarig_long_and_wide_tables_say_the_same(shared_data: Path) -> None:
    """The wide table lost the units: its 740 is ppm, which is why its iron is refused."""
    folder = shared_data / FOLDERS["30"]
    name = "sarig_long_format.csv"
    long = read_table(folder / name, "laboratory", conventions=make_conventions(), name=name).frame
    by_sample = long.set_index(long["sample_id"].astype(int))
    wide = pd.read_csv(folder / "sarig_wide_1.csv").set_index("SAMPLE_NO")
    assert by_sample["au_gpt"].dropna().to_dict() == wide["Au"].dropna().to_dict()
    iron = by_sample["fe_pct"].reindex(wide.index).to_dict()
    assert iron[9022] == wide["Fe"][9022]
    assert iron[10906] == wide["Fe"][10906] / 10000
    third = pd.read_csv(folder / "sarig_wide_3.csv").set_index("SAMPLE_NO")
    assert by_sample["feo_pct"].dropna().to_dict() == third["FeO"].dropna().to_dict()


@pytest.mark.shared
def test_the_page_is_what_the_check_gives() -> None:
    assert shared_defects.PAGE.read_text("utf-8") == shared_defects.page()
