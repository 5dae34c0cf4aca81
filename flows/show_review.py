"""The ledger, decisions and comparisons on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table

from estimation.differences import Differences
from flows.compare import Compared
from flows.ledger_lines import Account, Line, Part, main_of
from flows.review import Decided, HeldFigure, state_words
from flows.show import Voice
from flows.show_diff import show_differences
from flows.track import Tracked
from reporting.rounding import printed
from reporting.units import symbol
from tracking import INTERNAL, LedgerEntry
from tracking.forms.class_codes import conversion_words

MARKS = {"held": "!", "withdrawn": "×", "rolled_back": "×", "published": "✓", "approved": "✓"}
"""Sign before a review state, so that it isn't told by its word alone."""

KINDS = {
    "estimate": ("内部估算", "estimate"),
    "outside": ("外部数据", "outside"),
    "decision": ("决定", "decision"),
    "mining": ("开采记录", "mining"),
    "attribution": ("变动归因", "attribution"),
    "correction": ("更正", "correction"),
}
"""What an entry's kind is called."""


def show_account(voice: Voice, found: Account, more: str) -> None:
    """Figures and their states, then what waits, with the commands that release it."""
    if found.entries:
        voice.out.print(_entries_table(voice, found.entries))
    elif found.lines:
        voice.out.print(_figures_table(voice, found.lines))
    if not found.lines:
        voice.say("没有数字", "no figures")
    for problem in found.problems:
        voice.say(f"台账有问题: {problem}", f"the ledger has a problem: {problem}")
    say_held(voice, found.held, more)
    number, head = found.head
    voice.say(f"末条 № {number} {head[:12]}", f"head № {number} {head[:12]}")
    voice.say(f"下一步: bornite verify{more}", f"next: bornite verify{more}")


def say_held(voice: Voice, held: Iterable[HeldFigure], more: str) -> None:
    """Each figure that waits: by which limits, by how much, what is used, what releases it."""
    for one in held:
        words, instead = one.words, one.instead
        commands = "\n  ".join(f"{command}{more}" for command in one.commands)
        voice.say(
            f"待审 {one.name}（№ {one.number}）：{words.zh}；{instead.zh}\n  {commands}",
            f"held {one.name} (№ {one.number}): {words.en}; {instead.en}\n  {commands}",
        )


def say_tracked(voice: Voice, tracked: Tracked, more: str) -> None:
    """What is wrong with the chain, what could not be entered, and what waits."""
    for problem in (*tracked.problems, *tracked.refused):
        voice.say(f"台账: {problem}", f"ledger: {problem}")
    for words in tracked.remarks:
        voice.say(words.zh, words.en)
    say_held(voice, tracked.held, more)
    for one in tracked.taken_out:
        used = f"第 {one.usable} 条" if one.usable else "无"
        instead = f"entry {one.usable} is used" if one.usable else "no figure of it is used"
        voice.say(
            f"已撤下 {one.name}：{one.words.zh}；现用：{used}",
            f"taken out of use {one.name}: {one.words.en}; {instead}",
        )
    voice.say(f"台账: 写入 {tracked.recorded} 条", f"ledger: {tracked.recorded} entries written")


def say_decided(voice: Voice, done: Decided, more: str) -> None:
    """What a decision did, and what comes next."""
    name = f"{done.figure.deposit_id} {done.figure.vintage}"
    state = state_words(done.axis, done.state)
    if not done.steps:
        voice.say(
            f"{name}: 第 {done.about} 条已是“{state.zh}”，未写入",
            f"{name}: entry {done.about} is {state.en} already, nothing was entered",
        )
    else:
        numbers = ", ".join(str(step.number) for step in done.steps)
        voice.say(
            f"{name}: 第 {done.about} 条 → {state.zh}（台账 № {numbers}）",
            f"{name}: entry {done.about} is {state.en} now (ledger № {numbers})",
        )
    for words in done.remarks:
        voice.say(words.zh, words.en)
    usable = done.figure.usable
    if usable is None:
        voice.say("该期现无可用数字", "no figure of this date can be used now")
    elif usable != done.about:
        voice.say(f"现用第 {usable} 条", f"entry {usable} is used")
    follow = {"approved": f"publish {name}", "held": f"approve {name} --reason REASON"}
    command = f"bornite {follow.get(done.state, 'report')}{more}"
    voice.say(f"下一步: {command}", f"next: {command}")


ROLES = {
    "newest": ("最新", "newest"),
    "usable": ("在用", "used"),
    "published": ("发布", "published"),
    "official": ("官方", "official"),
}
"""What an entry counts for in its figure."""


def _figures_table(voice: Voice, lines: Sequence[Line]) -> Table:
    """One row for each entry that a figure points at: what is filed stands beside a newer draft."""
    table = Table(title=voice.word("台账", "Ledger"))
    left = (("矿床", "Deposit"), ("基准日", "As of"), ("来源", "Series"), ("审核", "Review"))
    for zh, en in (*left, ("备案", "Filing")):
        table.add_column(voice.word(zh, en), overflow="fold", no_wrap=zh in ("矿床", "基准日"))
    for zh, en in (("主元素 保有 t", "Main, retained t"), ("边界品位", "Cut-off"), ("№", "№")):
        table.add_column(voice.word(zh, en), justify="right")
    table.add_column(voice.word("作为", "Counts as"), overflow="fold")
    for line in lines:
        figure = line.figure
        series = voice.word("内部", "internal") if figure.series == "internal" else figure.series
        for part in line.parts:
            place = (figure.deposit_id, figure.vintage.isoformat(), series)
            table.add_row(*place, *_part_cells(voice, part, outside=figure.series != INTERNAL))
    told = voice.word(
        "保有为合计（统计口径），不含储量；只有已备案的数字是官方数字",
        "retained: classes added (statistical basis), no reserves; only filed figures are official",
    )
    old = [
        f"{line.figure.deposit_id} {line.figure.vintage} № {part.number}: "
        f"{voice.word('类别', 'classes')} {voice.word(*part.converted)}"
        for line in lines
        for part in line.parts
        if part.converted is not None
    ]
    table.caption = "\n".join((told, *old))
    return table


def _review(voice: Voice, part: Part, *, outside: bool) -> str:
    """Where an entry stands in the house; one from outside is no draft of ours."""
    if outside and part.review == "draft":
        return "  —"
    review = state_words("review", part.review)
    return f"{MARKS.get(part.review, ' ')} {voice.word(review.zh, review.en)}"


def _part_cells(voice: Voice, part: Part, *, outside: bool) -> tuple[str, ...]:
    """States, metal, cut-off, number and use of one entry."""
    filing = state_words("filing", part.filing)
    metal = printed(part.retained_t, 0)
    return (
        _review(voice, part, outside=outside),
        f"{voice.word(filing.zh, filing.en)} {part.document_no or ''}".strip(),
        f"{symbol(part.main_element)} {metal}" if part.main_element else metal,
        "—" if part.cutoff is None else f"{part.cutoff:g} {part.cutoff_unit}",
        str(part.number),
        voice.word("、", ", ").join(voice.word(*ROLES[role]) for role in part.roles),
    )


def _entries_table(voice: Voice, entries: Iterable[LedgerEntry]) -> Table:
    """One row for each entry, oldest first."""
    table = Table(title=voice.word("台账条目", "Ledger entries"))
    for zh, en in (("№", "№"), ("类", "Kind"), ("矿床", "Deposit"), ("基准日", "As of"),
                   ("内容", "What"), ("时间 UTC", "Time UTC"), ("运行", "Run")):  # fmt: skip
        table.add_column(voice.word(zh, en), overflow="fold")
    for entry in entries:
        table.add_row(
            str(entry.number),
            voice.word(*KINDS[entry.kind]),
            entry.deposit_id,
            entry.vintage.isoformat(),
            _said(voice, entry),
            entry.recorded_at[:16].replace("T", " "),
            entry.run_id,
        )
    return table


def _said(voice: Voice, entry: LedgerEntry) -> str:
    """What an entry says, in a few words."""
    content = entry.content
    if entry.kind == "decision":
        pair = (state_words(content["axis"], content[end]) for end in ("from", "to"))
        before, after = (voice.word(word.zh, word.en) for word in pair)
        why = f": {content['reason']}" if content["reason"] else ""
        return f"№ {content['about']} {before} → {after}, {content['by']}{why}"
    if entry.kind == "correction":
        return f"№ {content['about']} ×, {content['by']}: {content['reason']}"
    main, tonnes = main_of(entry)
    if main is None:
        return "" if entry.series == "internal" else entry.series
    old = conversion_words(content)
    metal = f"{symbol(main)} {printed(tonnes, 0)} t" + (f", {voice.word(*old)}" if old else "")
    return metal if entry.series == "internal" else f"{metal}, {entry.series}"


def show_compared(voice: Voice, names: tuple[str, str], found: list[Compared], more: str) -> None:
    """One row for each deposit; one deposit alone is shown whole."""
    whole = [one for one in found if one.differences is not None]
    if len(found) == 1 and whole:
        assert whole[0].differences is not None  # chosen so
        show_differences(voice, whole[0].differences)
    else:
        voice.out.print(_compared_table(voice, names, found))
        example = next((one.deposit_id for one in whole), None)
        if example is not None:
            command = f"bornite compare {names[0]} {names[1]} --deposit {example}{more}"
            voice.say(f"逐项: {command}", f"item by item: {command}")
    for one in found:
        if one.remark is not None:
            voice.say(f"{one.deposit_id}: {one.remark.zh}", f"{one.deposit_id}: {one.remark.en}")


def _compared_table(voice: Voice, names: tuple[str, str], found: list[Compared]) -> Table:
    """Main metal before and after, and how much of data, plan, program and verdicts differs."""
    table = Table(title=f"{names[0]} → {names[1]}")
    left = (("矿床", "Deposit"), ("之前", "Before"), ("之后", "After"), ("主元素", "Main"))
    for zh, en in left:
        table.add_column(voice.word(zh, en), no_wrap=True)
    for zh, en in (("保有 t", "Retained t"), ("变化 t", "Change t"), ("%", "%")):
        table.add_column(voice.word(zh, en), justify="right", no_wrap=True)
    table.add_column(voice.word("不同之处", "What differs"), overflow="fold")
    for one in found:
        sides = [
            "—" if s is None else f"{s.vintage}{f' № {s.entry}' if s.entry else ''}"
            for s in (one.before, one.after)
        ]
        if one.differences is None or one.main_element is None:
            after = printed(one.main[1], 0)
            table.add_row(
                one.deposit_id, *sides, symbol(one.main_element or "—"), after, *["—"] * 3
            )
            continue
        before_t, after_t = one.main
        moved_t = None if before_t is None or after_t is None else after_t - before_t
        moved_pct = 100 * moved_t / before_t if moved_t is not None and before_t else None
        table.add_row(
            one.deposit_id,
            *sides,
            symbol(one.main_element),
            printed(after_t, 0),
            printed(moved_t, 0, signed=True),
            printed(moved_pct, 2, signed=True),
            _differing(voice, one.differences),
        )
    table.caption = voice.word(
        "主元素金属量为合计（统计口径）", "main metal: classes added (statistical basis)"
    )
    return table


def _differing(voice: Voice, found: Differences) -> str:
    """How many files, keys of the plan and verdicts are not the same, and whether the program."""
    parts = (
        (found.data, "个文件", "files"),
        (found.plan, "项方案", "plan keys"),
        (found.checks, "项检验", "verdicts"),
    )
    words = [f"{len(some)} {voice.word(zh, en)}" for some, zh, en in parts if some]
    words += [voice.word("程序", "program")] * bool(found.code)
    return voice.word("，", ", ").join(words) or voice.word("无", "nothing")
