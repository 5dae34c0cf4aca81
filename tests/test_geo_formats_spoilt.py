"""Lost characters: a warning in remarks, a refusal in headings, ids, codes and numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.check_folder import check_folder
from geo.config import DrillholeSources
from geo.drillholes.reading import read_drillholes
from geo.formats import open_sheets
from geo.tables.sheets import UnreadableError

ASSAY = (
    "BHID,FROM,TO,CU_PCT,NOTES\nA1,0,2,0.5,py\nA1,2,4,0.6,\n"
    "A2,0,3,0.3,vein 5\ufffd\nA2,3,6,0.2,锟斤拷\n"
)


def written(folder: Path, text: str) -> Path:
    """A text in UTF-8."""
    path = folder / "assay.csv"
    path.write_text(text, "utf-8")
    return path


def test_lost_characters_of_a_remark_are_counted(
    tmp_path: Path, deposit: Callable[..., DrillholeSources]
) -> None:
    (sheet,) = open_sheets(written(tmp_path, ASSAY))
    assert sheet.spoilt == 2
    reading = read_drillholes(deposit(assay=ASSAY), tmp_path, "local")
    told = [f for f in reading.findings if f.code == "BN-TAB-040"]
    assert [(f.file, f.value, f.severity) for f in told] == [("assay.csv", "2", "warning")]
    assert [b.accepted for b in reading.balances if b.file == "assay.csv"] == [4]


def test_a_big_text_is_looked_at_to_its_end(tmp_path: Path) -> None:
    rows = "".join(f"A{i},0,2,0.5,granite\n" for i in range(40000))
    (sheet,) = open_sheets(
        written(tmp_path, f"BHID,FROM,TO,CU_PCT,NOTES\n{rows}Z9,0,2,0.1,\ufffd\n")
    )
    assert (sheet.spoilt, len(sheet)) == (1, 40002)


@pytest.mark.parametrize(
    ("text", "row"),
    [
        (ASSAY.replace("CU_PCT", "CU_\ufffd"), 1),
        (ASSAY.replace("A2,0", "\ufffd2,0"), 4),
        (ASSAY.replace("0.6", "0.\ufffd"), 3),
        (
            ASSAY.replace("NOTES", "WEIGHED").replace("py", "1.5").replace("2,4,0.6,", "2,4,0.6,2"),
            4,
        ),
        (ASSAY.replace("NOTES", "LITHO"), 4),
    ],
    ids=["heading", "id", "number", "unknown numbers", "code"],
)
def test_lost_characters_that_matter_refuse_the_file(tmp_path: Path, text: str, row: int) -> None:
    with pytest.raises(UnreadableError) as caught:
        open_sheets(written(tmp_path, text.replace("锟斤拷", "2")))
    assert caught.value.code == "BN-TAB-003"
    assert f"row {row}" in caught.value.words["detail"]


def test_words_of_remarks_are_not_taken_for_cells(tmp_path: Path) -> None:
    text = 'NameDeposit,"Copper grade","Gold grade",Comments\nA,0.5,0.1,"says ""rich"""\n'
    (sheet,) = open_sheets(written(tmp_path, text))
    assert sheet.separator == "comma"
    assert sheet.head(2)[1] == ["A", "0.5", "0.1", 'says "rich"']


def test_a_stray_quotation_mark_is_refused_by_its_line(tmp_path: Path) -> None:
    text = ASSAY.replace("py", '"py" 3 "').replace("\ufffd", "").replace("锟斤拷", "")
    with pytest.raises(UnreadableError) as caught:
        open_sheets(written(tmp_path, text))
    assert caught.value.code == "BN-TAB-003"
    assert "line 2" in caught.value.words["detail"]


def test_a_check_names_files_of_objects_that_are_broken(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "broken.omf", "w") as archive:
        archive.writestr("index.json.gz", b"no gzip")
    check = check_folder(tmp_path)
    assert [t.kind for t in check.draft.files] == ["unreadable"]
    (found,) = check.findings
    assert found.code.startswith("BN-FMT-")
    assert found.file == "broken.omf"


def test_a_check_tells_of_tables_that_it_sets_aside(tmp_path: Path) -> None:
    (tmp_path / "collar.csv").write_text("BHID,X,Y,Z,DEPTH\nA1,1000,2000,300,100\n")
    (tmp_path / "survey.csv").write_text("BHID,AT,AZ,DIP\nB7,12m,90,60\nB7,20,90,60\n")
    check = check_folder(tmp_path)
    told = [(f.row, f.value) for f in check.findings if f.code == "BN-TAB-010"]
    assert told == [(2, "12m")]
