"""What ``trace`` and ``verify`` found, for a terminal."""

from __future__ import annotations

from typing import Any

from flows.show import Voice

FIGURE = ("deposit", "vintage", "figure", "result", "model_hash", "plan_hash", "data_hash")
"""Keys of a trace that are shown as they are."""


def show_figure(voice: Voice, found: dict[str, Any]) -> None:
    """From a figure to its entries, files and rows."""
    for key in FIGURE:
        _line(voice, f"{key}: {found[key]}")
    for one in found["ledger"]:
        _line(voice, f"ledger: {_entry(one)}")
    for one in found["official"]:
        _line(voice, f"official: {one['number']} {one['document_no']} ({one['filing']})")
    for file in found["files"]:
        gone = "" if file["kept"] else "  ✗"
        _line(
            voice,
            f"  {file['sha256'][:12]}  {file['assay_rows_used']:>6}  {file['file']}{gone}",
        )
    for one in found["tables"]:
        used = "" if one["rows_in_samples"] is None else f" → {one['rows_in_samples']}"
        place = one["file"] if one["sheet"] is None else f"{one['file']} [{one['sheet']}]"
        _line(
            voice,
            f"  {one['table']:<10} {one['rows']:>7}{used}  {place}:"
            f"{one['first_row']}-{one['last_row']}",
        )
    if "why" in found:
        _line(voice, found["why"])
    if "block" in found:
        _block(voice, found["block"])
    voice.say("下一步: bornite verify", "next: bornite verify")


def _block(voice: Voice, block: dict[str, Any]) -> None:
    """Samples of a block with their rows."""
    _line(voice, f"block {block['index']}: {block['domain']} {block['class']}")
    for element, one in block["elements"].items():
        _line(voice, f" {element} = {one['estimate']} ({one['solved_again']})")
        for sample in one["samples"]:
            _line(
                voice,
                f"  {sample['hole_id']} {sample['from_m']}-{sample['to_m']} m  "
                f"{sample['grade']:g} × {_number(sample['weight'])}",
            )
            for row in sample["rows"]:
                place = row["file"] if row["sheet"] is None else f"{row['file']} [{row['sheet']}]"
                _line(voice, f"     {row['table']} {place}:{row['row']} {_number(row['value'])}")


def show_row(voice: Voice, found: dict[str, Any]) -> None:
    """From a row to the figures it touched."""
    for one in found["figures"]:
        _line(voice, f"{one['deposit']} {one['vintage']}: {one['file']} ({one['sha256'][:12]})")
        for entry in one["ledger"]:
            _line(voice, f"  ledger: {_entry(entry)}")
        for entry in one["official"]:
            _line(voice, f"  official: {entry['number']} {entry['document_no']}")
        if one["status"] != "accepted":
            rules = " ".join(
                f"{rule['code']} {rule['zh' if voice.zh else 'en']}"
                for rule in one.get("rules", [])
            )
            _line(voice, f"  {one['status']}: {one.get('why', rules)}")
            continue
        for table in one["tables"]:
            said = ", ".join(f"{name} {value}" for name, value in table["values"].items())
            _line(voice, f"  {table['table']}: {said}")
        if "tile_count" in one:
            voice.say(
                f"  样品 {one['sample_count']} 个, 瓦片 {one['tile_count']} 个, 数值改变的块体 "
                f"{_number(one['blocks_changed'])}",
                f"  {one['sample_count']} samples, {one['tile_count']} tiles, "
                f"{_number(one['blocks_changed'])} blocks with other numbers",
            )
        for name, by_class in (one["weight_kg"] or {}).items():
            if any(by_class.values()):
                _line(voice, f"  {name}: {by_class} kg")
        if "why" in one:
            _line(voice, f"  {one['why']}")


def show_proof(voice: Voice, found: dict[str, Any], problems: list[str]) -> None:
    """What was proved, and what does not stand."""
    for words in (*problems, *found["notes"]):
        _line(voice, words)
    entries, proved = found["head"]["number"], found["tiles_proved"]
    voice.say(
        f"台账 {entries} 条, 读瓦片 {found['tiles_read']} 个、文件 {found['files_read']} 个, "
        f"重算 {proved} 瓦片, 问题 {len(problems)} 个",
        f"{entries} ledger entries, {found['tiles_read']} tiles and {found['files_read']} files "
        f"read, {proved} tiles computed anew, {len(problems)} problems",
    )
    voice.say("下一步: bornite report", "next: bornite report")


def _entry(one: dict[str, Any]) -> str:
    """An entry of the ledger in one line."""
    marks = [name for name in ("newest", "usable", "published") if one[name]]
    return f"{one['number']} {one['review']} ({', '.join(marks)}) {one['content_hash'][:12]}"


def _number(value: float | None) -> str:
    """A number as short as it may be; a dash where there is none."""
    return "-" if value is None else f"{value:.6g}"


def _line(voice: Voice, text: str) -> None:
    """One line of the answer."""
    voice.out.print(text, markup=False)
