"""The page of quality control: pass rates, failed batches, tables and charts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from geo.files import write_whole
from geo.qaqc import BatchFailure, BlankSeries, PairSeries, QaqcReading, StandardSeries
from geo.qaqc.limits import known_element, limits, words
from geo.rules import rules
from reporting.figures.store import FigureStore, Plate
from reporting.rounding import BLANK, printed
from reporting.site.frame import same, working_page
from reporting.site.templating import render_page
from reporting.units import Text
from reporting.views.findings import rule_lines_of

CHARTS = 16
"""So many charts of one kind are drawn, metals and failures first; the tables hold every series."""
LEAST = 3
"""A chart of fewer determinations shows nothing that the table doesn't."""
ROWS = 200
"""So many rows of one table are shown; the command's JSON holds every one."""
BASIS = {
    "certificate": Text("证书值", "certificate"),
    "own_mean": Text("自身均值", "own mean"),
    "too_few": Text("次数不足", "too few"),
    "near_detection": Text("近检出限", "near detection"),
    "no_variance": Text("值全同", "one value"),
}


def write_qaqc_page(
    readings: Sequence[tuple[Text, QaqcReading]],
    title: Text,
    made_at: datetime,
    folder: Path,
    *,
    synthetic: bool,
) -> Path:
    """Write one self-contained page on the quality control of several deposits or folders.

    ``readings`` gives each deposit's name and reading, ``made_at`` is aware, ``synthetic`` says
    that a program made the data. Figures are drawn once and kept in ``.figures`` beside the page.
    Returns the page's path.
    """
    store = FigureStore(folder / ".figures")
    parts = [qaqc_view(name, reading, store) for name, reading in readings]
    page = folder / "index.html"
    folder.mkdir(parents=True, exist_ok=True)
    about = working_page(title, made_at, synthetic=synthetic)
    text = render_page("qaqc", {"page": about, "parts": parts})
    write_whole(page, text.encode("utf-8"))
    store.prune()
    return page


def qaqc_view(name: Text, reading: QaqcReading, store: FigureStore) -> dict[str, Any]:
    """What the template needs to know of one reading."""
    standards = _first(reading.standards, lambda s: bool(s.rejected.any()))
    blanks = _first(reading.blanks, lambda s: bool(s.rejected.any()))
    pairs = _first(reading.pairs, lambda s: s.passed is False)
    charted = [s for s in standards if s.judged and len(s.frame) >= LEAST]
    drawn = [s for s in blanks if s.limit is not None and len(s.frame) >= LEAST]
    seen = [s for s in pairs if s.n >= LEAST and s.varies]
    return {
        "name": name,
        "empty": not (standards or blanks or pairs),
        "cards": _cards(reading),
        "failures": [_failure(f) for f in reading.failures[:ROWS]],
        "holds": reading.holds,
        "standards": [_standard_row(s) for s in standards[:ROWS]],
        "blanks": [_blank_row(s) for s in blanks[:ROWS]],
        "pairs": [_pair_row(s) for s in pairs[:ROWS]],
        "insertion": [_insertion(r) for r in reading.insertion],
        "standard_plates": [_shewhart(s, store) for s in charted[:CHARTS]],
        "blank_plates": [_blank_plate(s, store) for s in drawn[:CHARTS]],
        "pair_plates": [_pair_plate(s, store) for s in seen[:CHARTS]],
        "not_drawn": sum(max(0, len(x) - CHARTS) for x in (charted, drawn, seen)),
        "rules": rule_lines_of(reading.findings),
        "sources": _sources(),
    }


def significant(value: float | None) -> str:
    """A number with four significant digits, fixed point; a dash where there is none."""
    if value is None or not np.isfinite(value):
        return BLANK
    places = 0 if value == 0 else 3 - int(np.floor(np.log10(abs(value))))
    text = printed(float(value), max(0, min(places, 9)))
    return text.rstrip("0").rstrip(".") if "." in text else text


def _first(series: Sequence[Any], failed: Callable[[Any], bool]) -> list[Any]:
    """Series in the order of showing: failed metals, metals, failed others, others."""
    metals = set(words("metals"))
    return sorted(series, key=lambda s: (known_element(s.element) not in metals, not failed(s)))


def _kind(kind: str) -> Text:
    """Name of a kind of control."""
    name = words("names")[kind]
    return Text(name["zh"], name["en"])


def _cards(reading: QaqcReading) -> list[dict[str, Any]]:
    """One card for each kind: pass rate and number of control samples."""
    rates = reading.pass_rates
    count = reading.controls.count
    return [
        {
            "kind": kind,
            "title": _kind(kind),
            "rate": printed(rates.get(kind), 1),
            "judged": rates.get(kind) is not None,
            "count": f"{count[kind]:,}",
        }
        for kind in words("names")
        if count.get(kind)
    ]


def _failure(failure: BatchFailure) -> dict[str, Any]:
    """A failed batch and its rule."""
    rule = rules()[failure.code]
    kind = words("names").get(failure.what)
    what = Text(kind["zh"], kind["en"]) if kind else same(failure.what)
    return {
        "batch": failure.batch,
        "laboratory": "" if failure.laboratory == failure.batch else failure.laboratory,
        "what": what,
        "element": failure.element,
        "code": failure.code,
        "rule": RULE_WORDS[rule.code],
        "count": f"{failure.count:,} / {failure.total:,}",
    }


RULE_WORDS = {
    "BN-QAQ-003": Text("标样超出 ±3s", "standard beyond 3 s"),
    "BN-QAQ-006": Text("标样超出 Y_B", "standard beyond Y_B"),
    "BN-QAQ-007": Text("空白超限", "blank above its limit"),
    "BN-QAQ-009": Text("HARD 合格率不足", "too few pairs within HARD"),
    "BN-QAQ-010": Text("合格率不足（DZ/T 0130）", "too few pairs within DZ/T 0130"),
    "BN-QAQ-024": Text("标样同侧连续两次超出 ±2s", "two standards beyond 2 s on one side"),
}


def _named(element: str, unit: str) -> str:
    """A determination with its unit, where that is known."""
    return f"{element} ({unit})" if unit else element


def _standard_row(s: StandardSeries) -> dict[str, Any]:
    """One series of standards in the table."""
    judged = s.judged and len(s.frame) > 0
    return {
        "material": s.material,
        "laboratory": s.laboratory,
        "element": _named(s.element, s.unit),
        "n": f"{len(s.frame):,}",
        "mean": significant(float(s.values.mean()) if len(s.frame) else None),
        "rsd": printed(s.rsd_pct, 1),
        "value": significant(s.value),
        "bias": printed(s.bias_pct, 1, signed=True),
        "limit": printed(s.limit_pct, 2),
        "basis": BASIS[s.basis],
        "warned": f"{int(s.warned.sum()):,}" if judged else BLANK,
        "failed": f"{int(s.rejected.sum()):,}" if judged else BLANK,
        "rate": printed(s.pass_pct, 1),
    }


def _blank_row(s: BlankSeries) -> dict[str, Any]:
    """One series of blanks in the table."""
    return {
        "laboratory": s.laboratory,
        "element": _named(s.element, s.unit),
        "n": f"{len(s.frame):,}",
        "most": significant(float(s.values.max())),
        "detection": significant(s.detection_limit),
        "limit": significant(s.limit),
        "failed": BLANK if s.limit is None else f"{int(s.rejected.sum()):,}",
        "after": BLANK if s.limit is None else f"{int(s.after_high.sum()):,}",
        "rate": printed(s.pass_pct, 1),
    }


def _pair_row(s: PairSeries) -> dict[str, Any]:
    """One series of pairs in the table."""
    axis, t = s.axis, s.t
    return {
        "kind": _kind(s.kind),
        "laboratory": s.laboratory,
        "element": _named(s.element, s.unit),
        "n": f"{s.n:,}",
        "below": f"{s.both_below:,} / {s.one_below:,}",
        "cv": printed(s.cv_avr_pct, 1),
        "hard": printed(s.hard_pass_pct, 1),
        "rate": printed(s.limit_pass_pct, 1),
        "slope": BLANK if axis is None else printed(axis.slope, 3),
        "interval": BLANK if axis is None else f"{printed(axis.low, 3)} – {printed(axis.high, 3)}",
        "p": BLANK if t is None else printed(t.p, 3),
        "verdict": _verdict(s),
    }


def _verdict(s: PairSeries) -> tuple[str, Text]:
    """Verdict on a series of pairs: style and word."""
    if s.passed is None:
        return "", Text("未评定", "not judged")
    if not s.passed:
        return "fail", Text("× 不合格", "× fail")
    if s.biased:
        return "marginal", Text("△ 有偏差", "△ biased")
    return "pass", Text("✓ 合格", "✓ pass")


def _insertion(rate: Any) -> tuple[Text, Text]:
    """An insertion rate as a fact."""
    title = Text("全部质控样", "all controls") if rate.kind == "controls" else _kind(rate.kind)
    share, wanted = printed(rate.share_pct, 1), printed(rate.wanted_pct, 0)
    return (
        Text(f"{title.zh}插入率", f"Rate of {title.en}"),
        Text(f"{share} %（要求 {wanted} %）", f"{share} % ({wanted} % wanted)"),
    )


def _shewhart(s: StandardSeries, store: FigureStore) -> Plate:
    """The Shewhart chart of a series."""
    parameters = {
        "values": s.values.tolist(),
        "centre": s.centre,
        "sd": s.sd if s.basis in ("certificate", "own_mean") else 0.0,
        "value": s.value,
        "limit_pct": s.limit_pct,
        "failed": np.flatnonzero(s.rejected).tolist(),
        "warned": np.flatnonzero(s.warned).tolist(),
        "run": np.flatnonzero(s.run).tolist(),
        "material": s.material,
        "element": s.element,
        "unit": s.unit,
    }
    zh = f"标样 {s.material} {s.element} 控制图，{len(s.frame)} 次"
    en = f"Control chart of {s.material}, {s.element}, {len(s.frame)} times"
    if parameters["sd"]:
        zh += f"；中心线：{BASIS[s.basis].zh}"
        en += f"; centre: {BASIS[s.basis].en}"
    if s.limit_pct is not None:
        zh += f"；绿带为证书值 ± Y_B {printed(s.limit_pct, 1)} %"
        en += f"; green band: certified value ± Y_B {printed(s.limit_pct, 1)} %"
    words_ = Text(zh + "。", en + ".")
    return Plate(store.svg("shewhart", None, parameters), words_, words_)


def _blank_plate(s: BlankSeries, store: FigureStore) -> Plate:
    """The chart of a series of blanks."""
    parameters = {
        "values": s.values.tolist(),
        "below": np.flatnonzero(s.frame["below"].to_numpy(dtype=bool)).tolist(),
        "rejected": np.flatnonzero(s.rejected).tolist(),
        "limit": s.limit,
        "element": s.element,
        "unit": s.unit,
    }
    shown = significant(s.limit)
    text = Text(
        f"空白 {s.element}：限值 {shown}；空心为低于检出限（绘于检出限处），× 为超限。",
        f"Blanks, {s.element}: limit {shown}; open: below detection (drawn at the limit of "
        "detection), × above the limit.",
    )
    return Plate(store.svg("blank_chart", None, parameters), text, text)


def _pair_plate(s: PairSeries, store: FigureStore) -> Plate:
    """The three views of a series of pairs."""
    axis, th = s.axis, s.thompson_howarth
    name = _kind(s.kind)
    share = limits()["hard"]["share_pct"]
    bounds = s.limits_pct if s.limits_pct is not None else np.full(s.n, s.hard_limit_pct)
    parameters = {
        "first": s.first.tolist(),
        "second": s.second.tolist(),
        "hard": s.hard.tolist(),
        "rejected": np.flatnonzero(s.rejected).tolist(),
        "limits_pct": np.nan_to_num(bounds).tolist(),
        "hard_limit_pct": s.hard_limit_pct,
        "share_pct": share,
        "slope": None if axis is None else axis.slope,
        "intercept": None if axis is None else axis.intercept,
        "th": None
        if th is None
        else {"s0": th.s0, "k": th.k, "means": list(th.means), "medians": list(th.medians)},
        "title": name.zh.partition("（")[0],
        "element": s.element,
        "unit": s.unit,
    }
    limit = Text("Y_C/Y_G（DZ/T 0130）", "Y_C/Y_G (DZ/T 0130)")
    if s.limits_pct is None:
        limit = Text(f"HARD {s.hard_limit_pct:g} %", f"HARD {s.hard_limit_pct:g} %")
    third = Text(
        "菱形为每 11 对的中位差及拟合线", "diamonds: medians of groups of 11, with their fit"
    )
    if th is None:
        third = Text(
            "灰线为精度 10 % 时差值的 90 % 与 99 % 分位",
            "grey: 90 and 99 of 100 differences at a precision of 10 %",
        )
    text = Text(
        f"{name.zh} {s.element}，{s.n} 对：左散点（虚线为{limit.zh}），中 HARD 排序，"
        f"右 Thompson–Howarth（{third.zh}）。",
        f"{name.en}, {s.element}, {s.n} pairs: scatter (dashed: {limit.en}), ranked HARD, "
        f"Thompson-Howarth ({third.en}).",
    )
    return Plate(store.svg("pair_views", None, parameters), text, text)


def _sources() -> list[Text]:
    """Where the limits come from, and which are unverified."""
    figures = limits()
    low, high = figures["bias"]["slope_low"], figures["bias"]["slope_high"]
    share = figures["hard"]["share_pct"]
    hard = "/".join(f"{figures['hard'][k]:g}" for k in ("pulp", "coarse", "field"))
    return [
        Text(
            "重复分析允许限 Y_C = C·(14.37·X^(−0.1263) − 7.659) %，X 为 %；C = 1 与上限 30 % "
            "未核原文。",
            "Limit of duplicates Y_C = C (14.37 X^(−0.1263) − 7.659) %, X in %; C = 1 and the cap "
            "of 30 % are unverified.",
        ),
        Text(
            "贵金属 Y_G = 14.43·C·X^(−0.3012) %，X 为 g/t；标样 Y_B = Y_C/√2；均据 DZ/T 0130-2006，"
            "未核原文。",
            "Precious metals Y_G = 14.43 C X^(−0.3012) %, X in g/t; standards Y_B = Y_C/√2; "
            "DZ/T 0130-2006, unverified.",
        ),
        Text(
            f"HARD：{share:g} % 的样对不超过 {hard} %（副样、粗副样、现场）；RMA 斜率 "
            f"{low}–{high}；属惯例。",
            f"HARD: {share:g} % of pairs within {hard} % (pulp, coarse, field); RMA slope "
            f"{low} to {high}: practice.",
        ),
    ]
