"""The statutory forms: exact headings in their order, and every cell as worked out by hand."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from reporting.views.growth import movement_table
from reporting.workbook.statutory import StatutoryFile, cell_text, write_statutory
from tests.fabricated import chain_of, copper_result, fabricated_result
from tests.movement_cases import (
    INDICATED,
    MEASURED,
    V24,
    V25,
    attribution_entry,
    quantities,
    rows,
    worked,
)
from tracking.ledger.entries import LedgerEntry
from tracking.movement.attribution import Attribution, Step
from tracking.movement.movement import add_classes, movements
from tracking.movement.statutory import StatutoryForm, statutory_forms, unit_of
from tracking.review.file import FACTORS

LEDGER = [
    "部位或时间", "矿石类型", "类别", "编码", "年初保有", "年初累计", "开采量", "损失量",
    "勘查增减", "重算增减", "年末保有", "年末累计", "备注",
]  # fmt: skip
ANNUAL = [
    "上年末保有", "开采量", "损失量", "勘查增减(±)", "重算增减(±)", "审批压覆量", "年末保有",
    "累计查明",
]  # fmt: skip
REGISTRY = {
    "mine_code": "540000001-001",
    "licence_kind": "mining",
    "licence_no": "C5400002011013210000000",
    "licensee": None,
    "county": {"zh": "某县", "en": "A county"},
    "discovered": None,
}


def forms() -> tuple[StatutoryForm, ...]:
    """The worked example's forms."""
    figures, splits = worked()
    told = [replace(e, content={**e.content, "registry": REGISTRY}) for e in figures]
    return statutory_forms(told, splits, "某铜矿")


def cells(form: StatutoryForm, item: str = "metal") -> list[list[str]]:
    """The quantities of a form's rows as they are written."""
    return [
        [cell_text(row, column) for column in form.columns if column.is_quantity]
        for row in form.rows
        if row.item == item
    ]


def test_the_ledger_has_its_columns_in_the_official_order() -> None:
    """台帐: the thirteen headings of the form; 压覆 only where something was overlain."""
    figures, splits = worked()
    (quiet, *_rest) = statutory_forms(figures[:2], splits, "某铜矿")
    assert [column.words[0] for column in quiet.columns] == LEDGER
    (form, *_rest) = forms()
    names = [column.words[0] for column in form.columns]
    assert names[names.index("重算增减") + 1] == "压覆量"
    assert [name for name in names if name != "压覆量"] == LEDGER
    assert [words[0] for words, _ in form.header] == [
        "矿区名称", "矿区-矿山编号", "组织机构代码", "采矿许可证号", "矿种", "资源储量单位"
    ]  # fmt: skip
    assert [value for _, value in form.header] == [
        "某铜矿", "540000001-001", "", "C5400002011013210000000", "铜 Cu（主矿产）",
        "矿石 千吨；金属 吨",
    ]  # fmt: skip
    assert form.mark == ("内部估算，未经评审备案", "Internal estimate, not reviewed or filed")


def test_the_ledger_of_three_vintages_by_hand() -> None:
    """Tonnes of copper of both intervals, classes and their statistical total."""
    (form, *_rest) = forms()
    assert cells(form) == [
        #  opening cumul.  mined  lost  expl. recalc overlain closing cumul.
        ["600", "650", "18", "2", "120", "0", "0", "700", "770"],
        ["400", "400", "4.5", "0.5", "55", "0", "0", "450", "455"],
        ["300", "300", "0", "0", "-50", "0", "0", "250", "250"],
        ["1300", "1350", "22.5", "2.5", "125", "0", "0", "1400", "1475"],
        ["700", "770", "14", "1", "20", "35", "0", "740", "825"],
        ["450", "455", "0", "0", "36", "32", "6", "512", "523"],
        ["250", "250", "0", "0", "14", "36", "0", "300", "300"],
        ["1400", "1475", "14", "1", "70", "103", "6", "1552", "1648"],
    ]
    assert cells(form, "ore")[0] == ["120", "130", "3.6", "0.4", "24", "0", "0", "140", "154"]
    words = [(row.class_words[0], row.code) for row in form.rows[:4]]
    assert words == [
        ("探明资源量", "TM"), ("控制资源量", "KZ"), ("推断资源量", "TD"), ("合计（统计口径）", "")
    ]  # fmt: skip
    assert form.rows[-1].remark[0] == "按台账归因分列"


def test_the_annual_table_has_one_form_a_period() -> None:
    """基础表: 上年末保有 to 累计查明, 压覆 in its own column always."""
    _, *annual = forms()
    assert [form.table for form in annual] == ["annual", "annual"]
    for form in annual:
        assert [c.words[0] for c in form.columns if c.is_quantity] == ANNUAL
    header = {words[0]: value for words, value in annual[1].header}
    assert header["统计期"] == "2025-12-31 至 2026-10-31"
    assert cells(annual[1])[1] == ["450", "0", "0", "36", "32", "6", "512", "523"]


def test_the_ledger_year_in_the_form() -> None:
    """年初 1000, 开采 20, 损失 2, 勘查 +60, 重算 −8: 年末保有 1030, 年末累计 = 年初累计 + 52."""
    (first,) = chain_of([copper_result(V24, {INDICATED: 1000})])
    identified = {"identified": first.content["statement"]}
    figures = [outside(1, V24, copper_t=1000, **identified), outside(2, V25, copper_t=1030)]
    (taken,) = chain_of(
        [copper_result(V25, {INDICATED: 1}, {INDICATED: 22}, lost=rows({INDICATED: 2}))]
    )
    period = {"start": "2025-01-01", "end": "2025-12-31"}
    record = replace(taken, number=3, kind="mining", content={**taken.content, **period})
    changes = {"depletion": -22, "drilling": 60, "method": -8}
    split = Attribution(
        opening=1,
        closing=2,
        order=FACTORS,
        reverse=False,
        steps=tuple(Step(name, quantities({INDICATED: t})) for name, t in changes.items()),
        mined_between=quantities({INDICATED: 22}),
        lost_between=quantities({INDICATED: 2}),
    )
    entry = attribution_entry(split, record, 4)
    (form, *_rest) = statutory_forms(figures, {(1, 2): entry}, "x", beside=[record])
    year = next(row for row in form.rows if (row.item, row.class_name) == ("metal", INDICATED))
    quantities_t = [cell_text(year, column) for column in form.columns if column.is_quantity]
    assert quantities_t == ["1000", "1000", "20", "2", "60", "-8", "1030", "1052"]
    assert int(quantities_t[-1]) - int(quantities_t[1]) == 52


def test_minerals_stand_in_the_order_of_their_role_with_ore_once() -> None:
    """主 → 共生 → 伴生; a by-product's ore is the main mineral's, and not counted again."""
    results = [fabricated_result(), fabricated_result(vintage=V25, scale=1.1)]
    figures = list(chain_of(results))
    roles = {"cu_pct": "main", "au_gpt": "co_product"}
    figures[1] = replace(figures[1], content={**figures[1].content, "roles": roles})
    found = [form for form in statutory_forms(figures, {}, "x") if form.table == "ledger"]
    elements = [form.element for form in found]
    assert elements == ["cu_pct", "au_gpt", "mo_pct", "re_ppm", "ag_gpt"]
    assert [any(row.item == "ore" for row in form.rows) for form in found] == [True] + [False] * 4
    named = [{words[0]: value for words, value in form.header} for form in found]
    assert [one["矿种"] for one in named[:3]] == [
        "铜 Cu（主矿产）", "金 Au（共生矿产）", "钼 Mo（伴生矿产）"
    ]  # fmt: skip
    assert [one["资源储量单位"] for one in named[:3]] == ["矿石 千吨；金属 吨", "千克", "吨"]


def test_every_row_foots_in_the_printed_decimals() -> None:
    """Read back as decimals: closing = opening − mined − lost + both changes − overlain."""
    results = [
        fabricated_result(),
        fabricated_result(vintage=V25, scale=1.0371, depletion_ore_t=3e6),
    ]
    for form in statutory_forms(chain_of(results), {}, "x", beside=()):
        for row in form.rows:
            at = {key: Decimal(row.amount(key)) for key in row.kg}
            closing = at["opening_kg"] - at["mined_kg"] - at["lost_kg"] + at["explored_kg"]
            closing += at["recalculated_kg"] - at["sterilized_kg"]
            assert closing == at["closing_kg"]
            added = at["explored_kg"] + at["recalculated_kg"]
            assert at["cumulative_closing_kg"] == at["cumulative_opening_kg"] + added
            assert all(Decimal(row.amount(key)) * row.unit.kg == row.kg[key] for key in row.kg)


def _by_products(judged: str) -> tuple[LedgerEntry, ...]:
    """Two vintages; rhenium's metal stands under indicated, gold is judged."""
    told = []
    for entry in chain_of([fabricated_result(), fabricated_result(vintage=V25, scale=1.1)]):
        statement = [
            {**row, "elements": {n: f for n, f in row["elements"].items() if n != "re_ppm"}}
            if row["class"] == MEASURED
            else row
            for row in entry.content["statement"]
        ]
        content = {**entry.content, "statement": statement, "judged": {"au_gpt": judged}}
        told.append(replace(entry, content=content))
    return tuple(told)


def test_content_below_its_threshold_is_in_no_form_and_said_to_be() -> None:
    """Judged at the closing; movement marks it, the main mineral's sum says what is left out."""
    for judged, there in (("EVALUATED", True), ("BELOW_THRESHOLD", False)):
        figures = _by_products(judged)
        forms = statutory_forms(figures, {}, "x")
        assert ("au_gpt" in {form.element for form in forms}) is there
        said = forms[0].rows[-1].remark
        assert ("Au：含量，非资源量" in said[0]) is not there
        assert ("Au: content, no resource" in said[1]) is not there
        gold = [line for line in movements(figures) if line.element == "au_gpt"]
        assert {line.is_content for line in gold} == {not there}


def test_the_page_marks_content_and_says_what_the_mark_means() -> None:
    """Gold's total carries §, and the note names gold; nothing of it where gold is a resource."""
    result = fabricated_result(vintage=V25, scale=1.1)
    support = tuple(
        replace(item, status="BELOW_THRESHOLD" if item.element == "au_gpt" else "EVALUATED")
        for item in result.statement.support
    )
    below = replace(result, statement=replace(result.statement, support=support))
    for judged, made, there in (("EVALUATED", result, False), ("BELOW_THRESHOLD", below, True)):
        table = movement_table(movements(_by_products(judged)), made, "movement")
        names = [row.cells[0].text.en for row in table.rows]
        assert any(name.startswith("Au §") for name in names) is there
        assert any("§ Au" in note.en for note in table.notes) is there


def test_metal_listed_under_a_lower_class_is_blank_and_not_zero() -> None:
    figures = _by_products("EVALUATED")
    form = next(f for f in statutory_forms(figures, {}, "x") if f.element == "re_ppm")
    measured, indicated, _inferred, total = form.rows
    assert set(measured.kg.values()) == {None}
    assert measured.amount("opening_kg") == ""
    assert "† 列入控制资源量" in measured.remark[0]
    assert indicated.kg["mined_kg"] == 0
    assert (total.kg["mined_kg"], "†" in total.remark[0]) == (0, False)


def test_an_unknown_loss_is_said() -> None:
    """Without a loss rate losses are within what was mined, and the remark says so."""
    figures = chain_of(
        [copper_result(V24, {MEASURED: 9}), copper_result(V25, {MEASURED: 8}, {MEASURED: 1})]
    )
    (form, *_rest) = statutory_forms(figures, {}, "x")
    remarks = {row.class_name: row.remark[0] for row in form.rows if row.item == "metal"}
    assert "损失率未知" in remarks[MEASURED]
    assert "损失率" not in remarks[INDICATED]


def outside(number: int, day: date, *, copper_t: float = 100, **content: object) -> LedgerEntry:
    """A filed figure of indicated copper."""
    (like,) = chain_of([copper_result(day, {INDICATED: copper_t})])
    stated = {**like.content, "data_hash": None, "plan_hash": None, "depletion": None, **content}
    stated |= {"mined": None}
    return replace(like, number=number, kind="outside", series="x", content=stated)


def test_reserves_and_low_grade_ore_are_listed_and_never_added() -> None:
    """储量 is part of the resource, 低品位 a stock of its own: the resource stays 100 t."""
    (row,) = rows({INDICATED: 60})
    figure = {"cu_pct": {"grade": 0.5, "metal_kg": 60_000}}
    reserve = {"class": "probable", "domain": "", "ore_kg": 12_000_000, "elements": figure}
    low = {**reserve, "class": INDICATED, "ore_kg": row.ore_t * 1000}
    figures = [outside(1, V24), outside(2, V25, reserves=[reserve], low_grade=[low])]
    (form, *_rest) = statutory_forms(figures, {}, "x", filed={2: "某储备字[2025]2号"})
    metal = [row for row in form.rows if row.item == "metal"]
    by_name = {(row.stock, row.class_name): row.kg["closing_kg"] for row in metal}
    assert by_name["industrial", "probable"] == 60_000
    assert by_name["industrial", "total"] == by_name["industrial", INDICATED] == 100_000
    assert by_name["low_grade", "total"] == 60_000
    first = metal[0]
    assert (first.class_name, first.code, first.amount("opening_kg")) == ("probable", "KX", "")
    assert first.amount("mined_kg") == ""
    assert form.mark[0] == "已评审备案 某储备字[2025]2号"
    (unfiled, *_rest) = statutory_forms(figures, {}, "x")
    assert unfiled.mark[1] == "After x, not reviewed or filed"


def test_one_figure_has_no_form() -> None:
    """Nothing moved yet."""
    assert statutory_forms(chain_of([copper_result(V24, {MEASURED: 1})]), {}, "x") == ()


def test_units_are_those_of_the_form() -> None:
    """Ore in kt, base metals in t, precious and dispersed ones in kg."""
    signs = [unit_of(name).words[1] for name in ("ore", "cu_pct", "mo_pct", "re_ppm", "au_gpt")]
    assert signs == ["kt", "t", "t", "kg", "kg"]


def file_of(synthetic: bool = False) -> StatutoryFile:
    """The worked example as a file's content."""
    lines = movements(*worked())
    days = {day for line in lines for day in (line.opening_vintage, line.closing_vintage)}
    made_up = frozenset((lines[0].deposit_id, day) for day in days if synthetic)
    orders = ("次序 / order",)
    return StatutoryFile(forms(), (*lines, *add_classes(lines)), orders, synthetic=made_up)


def test_the_workbook_holds_the_forms_as_numbers(tmp_path: Path) -> None:
    """Exact headings, real numbers, empty cells where the form has nothing, causes beneath."""
    path = write_statutory(tmp_path / "forms.xlsx", file_of(synthetic=True))
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == [
        "变动台帐 Ledger",
        "统计基础表 Annual",
        "变动归因 Causes",
        "说明 Notes",
    ]
    page = [[cell.value for cell in row] for row in book["变动台帐 Ledger"].iter_rows()]
    assert page[0][0] == "矿山资源储量变动台帐"
    assert "SYNTHETIC" in page[1][0]
    assert "未经评审备案" in page[1][0]
    assert [name for name in page[3] if name != "压覆量"] == LEDGER
    measured = next(row for row in page if row[1] == "全部 · 金属")
    assert measured[4:13] == [600, 650, 18, 2, 120, 0, 0, 700, 770]
    causes = [[cell.value for cell in row] for row in book["变动归因 Causes"].iter_rows()]
    kinds = causes[0].index("类型 加密（原范围内） Infill")
    assert causes[0][5] == "变动 Change (kg)"
    for row in causes[1:]:
        split = next(n for n, name in enumerate(causes[0]) if name.startswith("类型"))
        assert sum(row[6:split]) == row[5] == sum(row[split:])
    copper = [row for row in causes[1:] if row[3] == "铜 Cu"]
    assert [row[kinds] for row in copper[3:6]] == [13_000, 29_000, 8_000]
    notes = [row[0].value for row in book["说明 Notes"].iter_rows()]
    assert notes[-1] == "次序 / order"
    assert sum("核对" in note for note in notes) == 2


def test_a_part_of_a_year_is_marked_not_for_filing(tmp_path: Path) -> None:
    """The reason stands beside it; a whole calendar year has no such mark."""
    content = file_of()
    whole, part = (content.mark(form) for form in forms() if form.table == "annual")
    assert "非报送" not in whole
    assert "非报送：2025-12-31 – 2026-10-31 不是一个完整的统计年度" in part
    assert "not for filing" in part
    path = write_statutory(tmp_path / "forms.xlsx", content)
    page = openpyxl.load_workbook(path)["统计基础表 Annual"]
    told = [row[0].value for row in page.iter_rows() if "未经评审备案" in str(row[0].value)]
    assert [("非报送" in words) for words in told] == [False, True]


def test_the_flat_table_repeats_the_header_in_every_line(tmp_path: Path) -> None:
    """One line a row, exact decimals, readable by a spreadsheet."""
    path = write_statutory(tmp_path / "forms.csv", file_of())
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.DictReader(stream))
    ledger = [line for line in lines if line["表"] == "矿山资源储量变动台帐"]
    assert len(ledger) == 16
    assert {line["矿区-矿山编号"] for line in lines} == {"540000001-001"}
    indicated = next(
        line for line in ledger if line["类别"] == "控制资源量" and line["计量单位"] == "吨"
    )
    assert [indicated[name] for name in LEDGER[4:12]] == [
        "400", "400", "4.5", "0.5", "55", "0", "450", "455"
    ]  # fmt: skip


def test_other_files_are_not_written(tmp_path: Path) -> None:
    """Only what was asked for can be read as a form."""
    with pytest.raises(ValueError, match="xlsx or"):
        write_statutory(tmp_path / "forms.pdf", file_of())
