"""What ``trace`` found, for a terminal: words in the reader's language, and quantities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flows.show import CLASS_WORDS, Voice
from reporting.rounding import printed
from reporting.units import TONNES, bilingual, domain_text, element_text, metal_display
from tracking.ledger.states import AXES

ORE = "ore"

WORDS = {
    "vault": ("资料库", "the vault"),
    "files": ("配置的文件", "the configured files"),
    "result": ("结果", "result"),
    "model_hash": ("模型", "model"),
    "plan_hash": ("方案", "plan"),
    "data_hash": ("数据", "data"),
    "newest": ("最新", "newest"),
    "usable": ("采用", "in use"),
    "published": ("已发布", "published"),
    "collar": ("孔口", "collar"),
    "survey": ("测斜", "survey"),
    "assay": ("化验", "assay"),
    "combined": ("组合分析", "combined assay"),
    "lithology": ("岩性", "lithology"),
    "density": ("体重", "density"),
    "refused": ("拒收", "refused"),
    "no_data": ("不是数据", "no data"),
    "unreadable": ("无法读取", "can't be read"),
    "reported": ("资源量", "resource"),
    "resource": ("资源量", "resource"),
    "low_grade": ("低品位", "low grade"),
    "reserves": ("储量", "reserve"),
    "retained": ("保有", "retained"),
    "identified": ("累计查明", "identified"),
    "unclassified": ("未分类", "not classified"),
    "xlsx": ("工作簿", "workbook"),
    "yaml": ("YAML 表", "YAML form"),
}
"""Names of keys; one that is not listed is shown as it is."""


def show_figure(voice: Voice, found: dict[str, Any]) -> None:
    """From an estimate to its entries, files and rows."""
    estimate = voice.word("内部估算", "internal estimate")
    figure = found["figure"]
    _line(voice, f"{found['deposit']} {found['vintage']}  {estimate}")
    _line(voice, f"  {_classes(voice, figure['element'], figure['metal_t'])}")
    _entries(voice, found)
    _line(voice, f"{_word(voice, 'result')}: {found['result']}")
    hashes = ("model_hash", "plan_hash", "data_hash")
    _line(voice, "  ".join(f"{_word(voice, key)} {found[key][:12]}" for key in hashes))
    if not found["data_unchanged"]:
        changed = ("配置的文件现已不是这些", "the configured files are others now")
        _line(voice, f"  {voice.word(*changed)}")
    for file in found["files"]:
        gone = "" if file["kept"] else f"  ✗ {voice.word('不在资料库', 'not in the vault')}"
        rows = file["assay_rows_used"]
        used = voice.word(f"化验 {rows} 行", f"{rows} assay rows") if rows else ""
        _line(voice, f"  {file['sha256'][:12]}  {file['file']}  {used}{gone}".rstrip())
    for one in found["tables"]:
        _table(voice, one)
    if "why" in found:
        _line(voice, _either(voice, found["why"]))
    if "block" in found:
        _block(voice, found["block"], found["figure"]["element"])
    voice.say("下一步: bornite verify", "next: bornite verify")


def show_filed(voice: Voice, found: dict[str, Any]) -> None:
    """From a figure from outside to its form and the cells that state it."""
    outside = voice.word("外部数据", "from outside")
    _line(voice, f"{found['deposit']} {found['vintage']}  {outside}  {found['series']}")
    _line(voice, f"  {_filing(voice, found)}")
    for (stock, part), rows in _by_part(found["figure"]["lines"]).items():
        words = f"{_word(voice, stock)} {_word(voice, part)}"
        for element, tonnes in rows.items():
            _line(voice, f"  {words}  {_classes(voice, element, tonnes)}")
    _entries(voice, {**found, "official": []})
    cited = [text for text in found["citation"].values() if text]
    _line(voice, f"{voice.word('引自', 'citation')}: {'; '.join(cited)}")
    form = found["form"]
    name = voice.word("登记表", "form")
    gone = "" if form["kept"] else f"  ✗ {voice.word('不在资料库', 'not in the vault')}"
    kind = _word(voice, form["format"]) if "format" in form else ""
    _line(voice, f"{name}: {form['sha256'][:12]} {kind} {form['vault']}{gone}")
    if form.get("otherwise"):
        said = ", ".join(form["otherwise"])
        _line(voice, f"  ✗ {voice.word('重读与台账不符', 'read again it says otherwise')}: {said}")
    for one in (*found["header"], *found["rows"]):
        _written(voice, one)
    if "why" in found:
        _line(voice, _either(voice, found["why"]))
    voice.say("下一步: bornite verify --rederive", "next: bornite verify --rederive")


def _filing(voice: Voice, found: dict[str, Any]) -> str:
    """Filing state with its number, date and year."""
    state = AXES["filing"][found["filing"]]
    parts = [voice.word(state.zh, state.en), found["document_no"], found["filed_date"]]
    if found["stat_year"]:
        parts.append(voice.word(f"入统 {found['stat_year']}", f"statistics {found['stat_year']}"))
    return "  ".join(part for part in parts if part)


def _by_part(lines: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Tonnes by (stock, part), element and class."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for line in lines:
        rows = found.setdefault((line["stock"], line["part"]), {})
        rows.setdefault(line["element"], {})[line["class"]] = line["kg"] / 1000
    return found


def _written(voice: Voice, one: dict[str, Any]) -> None:
    """One line of a form: its place, and what is written there."""
    line = voice.word(f"第 {one['row']} 行", f"row {one['row']}")
    place = line if one["sheet"] is None else f"[{one['sheet']}] {line}"
    cells = one["cells"].values() if "cells" in one else [one]
    said = ", ".join(f"{cell['column']} {cell['value']}" for cell in cells)
    _line(voice, f"  {place}: {said}")


def _table(voice: Voice, one: dict[str, Any]) -> None:
    """One table of one file: rows taken, of those in samples, and refused."""
    rows, used, refused = one["rows"], one["rows_in_samples"], one["rows_refused"]
    zh, en = [f"收 {rows} 行"], [f"{rows} rows"]
    if used is not None:
        zh.append(f"入样 {used}")
        en.append(f"{used} in samples")
    if refused:
        zh.append(f"拒收 {refused}")
        en.append(f"{refused} refused")
    place = f"{_place(one)}:{one['first_row']}-{one['last_row']}"
    said = voice.word("，".join(zh), ", ".join(en))
    _line(voice, f"  {_word(voice, one['table'])}  {place}  {said}")


def _block(voice: Voice, block: dict[str, Any], main: str) -> None:
    """Samples of a block with their rows."""
    domain = domain_text(block["domain"]) if block["domain"] else None
    name = _class(voice, block["class"].lower()) if block["class"] else "—"
    where = voice.word(domain.zh, domain.en) if domain else "—"
    head = voice.word("块体", "block")
    _line(voice, f"{head} {' '.join(str(i) for i in block['index'])}: {where}, {name}")
    ordered = sorted(block["elements"].items(), key=lambda item: item[0] != main)
    for element, one in ordered:
        again = voice.word("重解", "solved again")
        estimate, solved = _number(one["estimate"]), _number(one["solved_again"])
        _line(voice, f" {_element(voice, element)} {estimate} ({again} {solved})")
        for sample in one["samples"]:
            _line(
                voice,
                f"  {sample['hole_id']} {sample['from_m']}-{sample['to_m']} m  "
                f"{sample['grade']:g} × {_number(sample['weight'])}",
            )
            for row in sample["rows"]:
                value = _number(row["value"])
                table = _word(voice, row["table"])
                _line(voice, f"     {table} {_place(row)}:{row['row']} {value}")


def show_row(voice: Voice, found: dict[str, Any]) -> None:
    """From a row to the figures it touched."""
    for one in found["figures"]:
        _line(voice, f"{one['deposit']} {one['vintage']}: {one['file']} ({one['sha256'][:12]})")
        _entries(voice, one)
        if one["status"] != "accepted":
            rules = " ".join(
                f"{rule['code']} {rule['zh' if voice.zh else 'en']}"
                for rule in one.get("rules", [])
            )
            said = _either(voice, one.get("why", rules))
            _line(voice, f"  {_word(voice, one['status'])}: {said}")
            continue
        for table in one["tables"]:
            said = ", ".join(f"{name} {value}" for name, value in table["values"].items())
            _line(voice, f"  {_word(voice, table['table'])}: {said}")
        if "tile_count" in one:
            changed = _number(one["blocks_changed"])
            _line(
                voice,
                voice.word(
                    f"  样品 {one['sample_count']} 个, 瓦片 {one['tile_count']} 个, 数值改变的块体 "
                    f"{changed}",
                    f"  {one['sample_count']} samples, {one['tile_count']} tiles, {changed} blocks "
                    "with other numbers",
                ),
            )
        _weight(voice, one["weight_kg"] or {})
        if "why" in one:
            _line(voice, f"  {_either(voice, one['why'])}")


def _weight(voice: Voice, weight_kg: Mapping[str, Mapping[str, int]]) -> None:
    """What the figure has by the row, by element and class."""
    for name, by_class in weight_kg.items():
        tonnes = {c: kilograms / 1000 for c, kilograms in by_class.items() if kilograms}
        if tonnes:
            said = _classes(voice, name, tonnes, signed=True)
            _line(voice, f"  {voice.word('该行所占', 'due to the row')}: {said}")


def _entries(voice: Voice, found: dict[str, Any]) -> None:
    """Entries of the figure, and filed ones beside it."""
    for one in found["ledger"]:
        state = AXES["review"].get(one["review"])
        marks = [_word(voice, key) for key in ("newest", "usable", "published") if one[key]]
        if one["corrected_by"]:
            number = one["corrected_by"]
            marks.append(voice.word(f"已由第 {number} 条更正", f"taken back by entry {number}"))
        said = "、" if voice.zh else ", "
        review = voice.word(state.zh, state.en) if state else one["review"]
        number = voice.word(f"台账第 {one['number']} 条", f"ledger entry {one['number']}")
        _line(voice, f"  {number}: {said.join([review, *marks])}  {one['content_hash'][:12]}")
    for one in found["official"]:
        filing = AXES["filing"][one["filing"]]
        beside = voice.word(f"备案第 {one['number']} 条", f"filed entry {one['number']}")
        number = one["document_no"] or one["series"]
        _line(voice, f"  {beside}: {number} ({voice.word(filing.zh, filing.en)})")


def _classes(
    voice: Voice, element: str, tonnes: Mapping[str, float], *, signed: bool = False
) -> str:
    """Ore or metal by class, in its unit; classes are never added."""
    unit = TONNES if element == ORE else metal_display(element)
    parts = [
        f"{_class(voice, name)} "
        f"{printed(t, unit.decimals, scale=unit.scale, signed=signed)} {unit.sign}"
        for name, t in tonnes.items()
    ]
    return f"{_element(voice, element)}: {', '.join(parts)}"


def _element(voice: Voice, element: str) -> str:
    """Name of an element, or of ore."""
    if element == ORE:
        return voice.word("矿石", "ore")
    name = element_text(element)
    return voice.word(name.zh, name.en)


def _class(voice: Voice, name: str) -> str:
    """Name of a class."""
    return voice.word(*CLASS_WORDS[name]) if name in CLASS_WORDS else _word(voice, name)


def _word(voice: Voice, key: str) -> str:
    """A key's name in the reader's language."""
    return voice.word(*WORDS.get(key, (key, key)))


def _either(voice: Voice, words: str) -> str:
    """The reader's half of a message in both languages."""
    text = bilingual(words)
    return voice.word(text.zh, text.en)


def _place(one: dict[str, Any]) -> str:
    """A file, with its sheet where it has one."""
    return str(one["file"]) if one["sheet"] is None else f"{one['file']} [{one['sheet']}]"


def _number(value: float | None) -> str:
    """A number as short as it may be; a dash where there is none."""
    return "—" if value is None else f"{value:.6g}"


def _line(voice: Voice, text: str) -> None:
    """One line of the answer."""
    voice.out.print(text, markup=False, highlight=False, soft_wrap=True)
