"""Judging a night's figure: what changed against the figure before it, and by which limit it waits.

Works on ledger contents and nothing else, so that anybody can judge the same pair again. The
references are the usable figure of the same effective date (or of the date before, where this one
is new) and the published one, so that many small steps don't pass where their sum would not; what
makes a filing compulsory is judged against the last filed figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from estimation.byproducts.standards import size_class
from tracking.forms.outside import stated_kg
from tracking.ledger.entries import LedgerEntry
from tracking.movement.quantities import Quantities, industrial_kg, mined_up_to_kg, rows_kg
from tracking.review.file import Limits

Content = Mapping[str, Any]

PART_WORDS = {
    "metal": ("累计查明金属量", "identified metal"),
    "filed": ("金属量较最近备案数", "metal against the last filed figure"),
    "unexplained": ("金属量变化缺少新数据解释", "metal changed with few new data"),
    "extent": ("分类体积", "classified volume"),
    "mean": ("平均品位", "mean grade"),
}
"""What a limit looks at, in words."""

BY_ACCOUNT = "mined_by_account"
"""Key under which a content that is judged has what was mined up to it, kilograms."""

SIZES = {"small": "小型", "medium": "中型", "large": "大型"}
"""Size classes (资源量规模), smallest first."""


@dataclass(frozen=True)
class Measure:
    """One comparison with its limit: what it was, what it is, and whether that may pass."""

    limit: str
    """metal, filed, unexplained, lost_rows, extent, or mean: keys of ``configs/review.yaml``."""
    subject: str
    """An element's column, ``holes``, ``composites``, ``samples <element>``, or ``volume``."""
    before: float | None
    after: float | None
    """Tonnes of metal, cubic metres, kilograms of metal in a tonne (mean), or a count."""
    change: float | None
    """Per cent, signed (a count for holes); None from nothing."""
    allowed: float
    """The limit, as configured: per cent either way, or a count."""
    against: int
    """Number of the ledger entry compared with."""
    passes: bool
    zh: str
    en: str

    def as_json(self) -> dict[str, Any]:
        """As a decision in the ledger keeps it."""
        return asdict(self)


@dataclass(frozen=True)
class Judgement:
    """A figure beside its reference: every comparison made, and what else is not the same."""

    references: tuple[int, ...]
    """Entries compared with; none for the first figure of a deposit: nothing to judge."""
    filed: int | None
    """Last filed figure; None where none is in the ledger."""
    measures: tuple[Measure, ...] = ()
    circumstances: tuple[tuple[str, str], ...] = ()
    """(zh, en) of what changed beside the figures: data, plan, engine, cut-off."""

    @property
    def beyond(self) -> tuple[Measure, ...]:
        """Measures beyond their limit: the figure waits where there is one."""
        return tuple(measure for measure in self.measures if not measure.passes)

    def limits(self) -> list[dict[str, Any]]:
        """What a ``held`` decision names: the limits passed, by how much, and the circumstances."""
        around = [{"zh": zh, "en": en} for zh, en in self.circumstances]
        return [{**measure.as_json(), "circumstances": around} for measure in self.beyond]

    @property
    def reason(self) -> str:
        """One line, ``Chinese / English``."""
        found = [*((m.zh, m.en) for m in self.beyond), *self.circumstances]
        return f"{'；'.join(zh for zh, _ in found)} / {'; '.join(en for _, en in found)}"


def reference_of(figures: Iterable[LedgerEntry], content: Content) -> LedgerEntry | None:
    """The one of our figures to compare with: of the same effective date, else the one before."""
    vintage = content["vintage"]
    earlier = [
        entry
        for entry in figures
        if entry.series == content.get("series", entry.series)
        and entry.deposit_id == content["deposit_id"]
        and entry.vintage.isoformat() <= vintage
    ]
    return max(earlier, key=lambda entry: (entry.vintage, entry.number), default=None)


def last_filed(official: Iterable[LedgerEntry], content: Content) -> LedgerEntry | None:
    """The newest official figure of the same deposit that isn't of a later effective date."""
    earlier = [
        entry
        for entry in official
        if entry.deposit_id == content["deposit_id"]
        and entry.vintage.isoformat() <= content["vintage"]
    ]
    return max(earlier, key=lambda entry: (entry.vintage, entry.number), default=None)


def judge(
    content: Content,
    references: Iterable[LedgerEntry | None],
    filed: LedgerEntry | None,
    limits: Limits,
    history: Iterable[LedgerEntry] = (),
) -> Judgement:
    """Compare a new estimate's ``content`` with its references and with the last filed figure.

    Nothing is judged against what is None. Quantities at the reporting cut-off of each; volumes
    and means at the lowest cut-off that both state. ``history``: the deposit's usable estimates,
    by whose depletion identified metal (累计查明) is counted.
    """
    history = tuple(history)
    content = _accounted(content, history)
    known = list({e.number: _as_accounted(e, history) for e in references if e}.values())
    filed = None if filed is None else _as_accounted(filed, history)
    measures: list[Measure] = []
    for reference in known:
        for way in (_metal, _unexplained, _lost_rows, _extent, _mean):
            measures += way(content, reference, limits)
    if filed is not None:
        measures += _filed(content, filed, limits)
    return Judgement(
        tuple(reference.number for reference in known),
        None if filed is None else filed.number,
        tuple(measures),
        _circumstances(content, known[0].content) if known else (),
    )


def _metal(content: Content, reference: LedgerEntry, limits: Limits) -> Iterable[Measure]:
    """Change of identified metal of every element that both state."""
    if limits.metal is None:
        return
    main = content["main_element"]
    for element in _shared(content, reference.content):
        allowed = limits.metal.main_pct if element == main else limits.metal.other_pct
        pair = [identified_t(c, element) for c in (reference.content, content)]
        yield _change("metal", element, pair, allowed, reference, from_nothing=element != main)


def _unexplained(content: Content, reference: LedgerEntry, limits: Limits) -> Iterable[Measure]:
    """A change of main metal with too few new data behind it."""
    limit, main = limits.unexplained, content["main_element"]
    if limit is None or main not in _shared(content, reference.content):
        return
    counts = [int(c["composites"]) for c in (reference.content, content)]
    new_pct = 100 * abs(counts[1] - counts[0]) / counts[0] if counts[0] else 100.0
    if new_pct >= limit.new_data_pct:
        return
    pair = [identified_t(c, main) for c in (reference.content, content)]
    found = _change("unexplained", main, pair, limit.change_pct, reference)
    said = f"（新数据 {new_pct:.1f} %）", f" (new data {new_pct:.1f} %)"
    yield Measure(**{**asdict(found), "zh": found.zh + said[0], "en": found.en + said[1]})


def _lost_rows(content: Content, reference: LedgerEntry, limits: Limits) -> Iterable[Measure]:
    """Holes, composites, samples and elements that stood behind the reference and are gone."""
    limit, before = limits.lost_rows, reference.content
    if limit is None:
        return
    lost = int(before["holes"]) - int(content["holes"])
    holes = ("holes", "钻孔", "holes")
    yield _lost(holes, [before["holes"], content["holes"]], reference, lost, limit.holes)
    counts = {("composites", "组合样", "composites"): [c["composites"] for c in (before, content)]}
    for element in _shared(content, before):
        name = f"samples {element}", f"{symbol(element)} 样品", f"{symbol(element)} samples"
        counts[name] = [_samples(c, element) for c in (before, content)]
    for subject, (was, now) in counts.items():
        share = 100 * (was - now) / was if was else 0.0
        yield _lost(subject, [was, now], reference, share, limit.samples_pct)
    for element in before["elements"]:
        if element not in content["elements"]:
            sign = symbol(element)
            zh, en = _against((f"{sign} 不再估算", f"{sign} is no longer estimated"), reference)
            yield Measure("lost_rows", element, 1, 0, -1, 0, reference.number, False, zh, en)


def _lost(
    subject: tuple[str, str, str],
    pair: list[int],
    reference: LedgerEntry,
    lost: float,
    allowed: float,
) -> Measure:
    """One count of data before and after; ``lost`` is held against ``allowed``."""
    (name, zh, en), (was, now) = subject, pair
    limit = f"{allowed:g} %" if name != "holes" else f"{allowed:g}"
    words = (
        f"{zh} {was:,} → {now:,}（至多减少 {limit}）",
        f"{en} {was:,} → {now:,} (at most {limit} fewer)",
    )
    zh, en = _against(words, reference)
    passes = lost <= allowed
    change = round(-float(lost), 6) + 0.0
    number = reference.number
    return Measure("lost_rows", name, was, now, change, allowed, number, passes, zh, en)


def _extent(content: Content, reference: LedgerEntry, limits: Limits) -> Iterable[Measure]:
    """Change of the classified volume; what was mined by then counts with it."""
    cutoff = _lowest_shared(content, reference.content)
    if limits.extent is None or cutoff is None:
        return
    pair = [_volume_m3(c, cutoff) for c in (reference.content, content)]
    yield _change("extent", "volume", pair, limits.extent.volume_pct, reference)


def _mean(content: Content, reference: LedgerEntry, limits: Limits) -> Iterable[Measure]:
    """Shift of mean grades."""
    cutoff = _lowest_shared(content, reference.content)
    if limits.mean is None or cutoff is None:
        return
    for element in _shared(content, reference.content):
        own = element == content["main_element"]
        allowed = limits.mean.main_pct if own else limits.mean.other_pct
        pair = [_mean_kg_per_t(c, element, cutoff) for c in (reference.content, content)]
        if None not in pair:  # blank is not zero
            yield _change("mean", element, pair, allowed, reference)


def _filed(content: Content, filed: LedgerEntry, limits: Limits) -> Iterable[Measure]:
    """What makes a filing compulsory: a large change, or reaching medium size."""
    limit, main = limits.filed, content["main_element"]
    pair = _beside_filed(content, filed.content, main)
    if limit is None or pair is None:  # switched off, or the filing doesn't state this element
        return
    yield _change("filed", main, pair, limit.change_pct, filed)
    sizes = [size_class(main, tonnes) for tonnes in pair]
    if limit.reaches_medium and sizes[0] and sizes[1] and sizes[0].name == "small":
        words = (
            f"{symbol(main)} 规模 小型 → {SIZES[sizes[1].name]}（达到中型须备案）",
            f"{symbol(main)} size small → {sizes[1].name} (medium calls for a filing)",
        )
        zh, en = _against(words, filed)
        reached = sizes[1].name != "small"
        before, after = pair
        yield Measure("filed", "size", before, after, None, 0, filed.number, not reached, zh, en)


def _beside_filed(content: Content, filed: Content, main: str) -> list[float] | None:
    """Tonnes of main metal, filed and now: identified where the filing states it, else retained.

    A filing's low-grade ore stands beside its resource, so ours is taken out of the estimate.
    """
    if filed.get("kind") != "outside":
        own = [identified_t(c, main) for c in (filed, content)]
        return own if main in filed["elements"] else None
    own_t = _over_classes_t(industrial_kg(content), main)
    stated = stated_kg(filed, main, "identified")
    if stated is not None:
        return [stated / 1000, own_t + _over_classes_t(_mined_kg(content), main)]
    stated = stated_kg(filed, main)
    return None if stated is None else [stated / 1000, own_t]


def _change(
    limit: str,
    subject: str,
    pair: list[Any],
    allowed: float,
    reference: LedgerEntry,
    *,
    from_nothing: bool = False,
) -> Measure:
    """A relative change held against ``allowed`` per cent; ``from_nothing`` lets a new one pass."""
    before, after = pair
    change = round(100 * (after / before - 1), 6) + 0.0 if before else (0.0 if not after else None)
    passes = from_nothing if change is None else abs(change) <= allowed
    about = f"{symbol(subject)} " if subject != "volume" else ""
    by_zh = "从无到有" if change is None else f"{change:+.1f} %"
    by_en = "from nothing" if change is None else f"{change:+.1f} %"
    zh, en = PART_WORDS[limit]
    words = (
        f"{about}{zh} {by_zh}（限 ±{allowed:g} %）",
        f"{about}{en} {by_en} (limit ±{allowed:g} %)",
    )
    zh, en = _against(words, reference)
    was, now = (round(float(value), 6) + 0.0 for value in pair)
    return Measure(limit, subject, was, now, change, allowed, reference.number, passes, zh, en)


def _against(words: tuple[str, str], entry: LedgerEntry) -> tuple[str, str]:
    """Words with what was compared with."""
    zh, en = words
    where = f"№ {entry.number}, {entry.vintage}"
    return f"{zh}，对照 {where}", f"{en}, against {where}"


def _circumstances(content: Content, before: Content) -> tuple[tuple[str, str], ...]:
    """What changed beside the figures, that a reviewer asks for first."""
    same_date = content["vintage"] == before["vintage"]
    found = []
    if content["reporting_cutoff"] != before["reporting_cutoff"]:
        span = f"{before['reporting_cutoff']:g} → {content['reporting_cutoff']:g}"
        found.append((f"工业指标调整：边界品位 {span}", f"cut-off changed: {span}"))
    if content["plan_hash"] != before["plan_hash"]:
        found.append(("方案已改", "the plan changed"))
    if content["engine_version"] != before["engine_version"]:
        found.append(("程序已更新", "the program changed"))
    if content["data_hash"] != before["data_hash"]:
        grown = [int(content[n]) - int(before[n]) for n in ("holes", "composites")]
        zh = f"钻孔 {grown[0]:+,}，组合样 {grown[1]:+,}"
        en = f"holes {grown[0]:+,}, composites {grown[1]:+,}"
        found.append((f"数据有变（{zh}）", f"the data changed ({en})"))
    if same_date and not found:
        found.append(("数据、方案、程序未变", "data, plan and program are the same"))
    return tuple(found)


def identified_t(content: Content, element: str) -> float:
    """Tonnes of metal retained and mined, classes added, at the reporting cut-off."""
    parts = (rows_kg(content, "statement"), _mined_kg(content))
    return sum(_over_classes_t(part, element) for part in parts)


def _accounted(content: Content, history: Iterable[LedgerEntry]) -> Content:
    """A content with what was mined up to it by the account."""
    return {**content, BY_ACCOUNT: mined_up_to_kg(content, history)}


def _as_accounted(entry: LedgerEntry, history: Iterable[LedgerEntry]) -> LedgerEntry:
    return replace(entry, content=dict(_accounted(entry.content, history)))


def _mined_kg(content: Content) -> Quantities:
    """Mined up to a figure that is judged."""
    by_account: Quantities = content[BY_ACCOUNT]
    return by_account


def _over_classes_t(held: Quantities, element: str) -> float:
    """Tonnes of one element's metal, classes added."""
    return sum(amount for (name, _), amount in held.items() if name == element) / 1000


def _volume_m3(content: Content, cutoff: float) -> float:
    """Classified volume above a cut-off, with what was mined."""
    rows = [row for row in content["statement"] if row["cutoff"] == cutoff]
    return float(sum(row["volume_m3"] for row in [*rows, *content["mined"]]))


def _mean_kg_per_t(content: Content, element: str, cutoff: float) -> float | None:
    """Kilograms of metal in a tonne of evaluated ore above a cut-off; None where none is."""
    rows = [row for row in content["statement"] if row["cutoff"] == cutoff]
    parts = [row["elements"][element] for row in rows if element in row["elements"]]
    ore = sum(part["evaluated_ore_kg"] for part in parts)
    return 1000 * sum(part["metal_kg"] for part in parts) / ore if ore else None


def _lowest_shared(content: Content, before: Content) -> float | None:
    """The lowest cut-off that both contents state; None where they share none."""
    pair = [{row["cutoff"] for row in c["statement"]} for c in (content, before)]
    shared: set[float] = pair[0] & pair[1]
    return min(shared, default=None)


def _shared(content: Content, before: Content) -> list[str]:
    """Elements that both contents state, in the order of the new one."""
    return [element for element in content["elements"] if element in before["elements"]]


def _samples(content: Content, element: str) -> int:
    """Samples behind an element."""
    return sum(int(s["samples"]) for s in content["support"] if s["element"] == element)


def symbol(element: str) -> str:
    """``cu_pct`` -> ``Cu``."""
    return element.split("_")[0].capitalize()
