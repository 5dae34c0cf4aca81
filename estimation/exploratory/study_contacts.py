"""The study's part on contacts: grade against distance to each boundary of domains."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from estimation.exploratory.contact import (
    ContactDecision,
    ContactProfile,
    contact_profile,
    decide,
)
from estimation.exploratory.gather import symbol, unit
from estimation.exploratory.study_statistics import HEADINGS, Part
from estimation.plan import Plan
from estimation.studies import StudyFigure, StudyTable, Words
from geo.drillholes.composite import Composites

REACH_BINS = 12
"""Classes of a sample's length looked at on either side."""
KINDS = {
    "hard": Words("硬边界", "hard"),
    "semi_soft": Words("半软边界", "semi-soft"),
    "soft": Words("软边界", "soft"),
}


def of_contacts(plan: Plan, samples: dict[str, Composites]) -> Part:
    """Profiles and proposals for every pair of domains that meet, element by element."""
    rows: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    figures = []
    for element, chosen in plan.elements.items():
        table = samples[chosen.source].table if chosen.source in samples else pd.DataFrame()
        if element not in table or table[element].notna().sum() == 0:
            continue
        bin_m = float(f"{float(table['length_m'].median()):.3g}")
        for pair in combinations(plan.domains.names, 2):
            hole = contact_profile(table, element, pair, bin_m, bin_m * REACH_BINS)
            if hole is None:
                continue
            space = contact_profile(table, element, pair, bin_m, bin_m * REACH_BINS, "space")
            decision = decide(hole)
            rows.append(_decided(element, hole, decision, plan))
            for profile in (p for p in (hole, space) if p is not None):
                lines += _lines(element, profile)
            figures.append(_figure(element, hole, space, decision))
    if not rows:
        several = len(plan.domains.names) > 1
        words = Words(
            "各矿化域在孔中不相接，无接触分析", "no two domains meet: no contact analysis"
        )
        return Part(remarks=(words,) if several else ())
    return Part(_tables(rows, lines), tuple(figures), tuple(_remarks(rows)))


def _decided(
    element: str, profile: ContactProfile, decision: ContactDecision, plan: Plan
) -> dict[str, Any]:
    """One proposal as a row."""
    opened = {
        rule.within_m
        for rule in plan.domains.soft
        if {rule.blocks_of, rule.samples_of} == {profile.first, profile.second}
    }
    planned = f"{max(opened):g} m" if opened else "—"
    return {
        "element": symbol(element),
        "unit": unit(element),
        "first": profile.first,
        "second": profile.second,
        "contacts": profile.contacts,
        "mean_first": profile.domain_means[0],
        "mean_second": profile.domain_means[1],
        "jump": decision.jump,
        "jump_half_width": decision.jump_half_width,
        "proposed": f"{KINDS[decision.kind].zh} / {KINDS[decision.kind].en}",
        "within_m": np.nan if decision.within_m is None else decision.within_m,
        "plan_soft": planned,
        "reason_zh": decision.reason.zh,
        "reason_en": decision.reason.en,
    }


def _remarks(rows: list[dict[str, Any]]) -> list[Words]:
    """The proposals in words."""
    return [
        Words(
            f"接触 {r['first']}–{r['second']}，{r['element']}：{r['reason_zh']}",
            f"Contact {r['first']}–{r['second']}, {r['element']}: {r['reason_en']}",
        )
        for r in rows
    ]


def _lines(element: str, profile: ContactProfile) -> list[dict[str, Any]]:
    """A profile as rows."""
    along = {"hole": "沿孔 / down the hole", "space": "空间 / in space"}[profile.along]
    return [
        {
            "element": symbol(element),
            "first": profile.first,
            "second": profile.second,
            "along": along,
            "distance_m": float(profile.distance_m[i]),
            "n": int(profile.n[i]),
            "mean": float(profile.mean[i]),
            "half_width": float(profile.half_width[i]),
        }
        for i in range(profile.n.size)
    ]


def _tables(rows: list[dict[str, Any]], lines: list[dict[str, Any]]) -> tuple[StudyTable, ...]:
    """Proposals and profiles."""
    heads = HEADINGS | {
        "first": Words("域 A（负）", "Domain A (negative)"),
        "second": Words("域 B（正）", "Domain B (positive)"),
        "contacts": Words("接触数", "Contacts"),
        "mean_first": Words("A 均值", "Mean A"),
        "mean_second": Words("B 均值", "Mean B"),
        "jump": Words("界面突变", "Jump"),
        "jump_half_width": Words("± 95%", "± 95 %"),
        "proposed": Words("建议", "Proposed"),
        "within_m": Words("距离 m", "Within m"),
        "plan_soft": Words("方案软边界", "Plan, soft within"),
        "along": Words("距离方式", "Distance"),
        "distance_m": Words("到接触带距离 m", "Distance to contact m"),
        "half_width": Words("± 95%", "± 95 %"),
    }
    frame = pd.DataFrame(rows).drop(columns=["reason_zh", "reason_en"])
    note = Words(
        "± 为 1.96 s/√n，样品视为独立，偏窄；判定见上方说明。",
        "± is 1.96 s/√n with samples taken as independent, so rather narrow; reasons stand above.",
    )
    first = Words("接触分析：建议", "Contacts: proposals")
    second = Words("接触分析：剖面", "Contacts: profiles")
    return (
        StudyTable("contacts", first, frame, heads, note),
        StudyTable("contact_profiles", second, pd.DataFrame(lines), heads),
    )


def _figure(
    element: str,
    hole: ContactProfile,
    space: ContactProfile | None,
    decision: ContactDecision,
) -> StudyFigure:
    """Both profiles of one contact."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    panels = []
    for profile in (p for p in (hole, space) if p is not None):
        key = profile.along
        arrays |= {
            f"distance_{key}": profile.distance_m,
            f"n_{key}": profile.n,
            f"mean_{key}": profile.mean,
            f"half_{key}": profile.half_width,
        }
        panels.append(key)
    name, kind = symbol(element), KINDS[decision.kind]
    caption = Words(
        f"{name}：均值 ± 95% 与到接触带的有符号距离（负为 {hole.first}，级宽 {hole.bin_m:g} m）；"
        f"柱为样品数，虚线为域均值。沿孔 {hole.contacts} 处接触。建议：{kind.zh}。",
        f"{name}: mean ± 95 % against signed distance to the contact (negative: {hole.first}; "
        f"classes of {hole.bin_m:g} m); bars: samples, dashes: domain means. {hole.contacts} "
        f"contacts down holes. Proposed: {kind.en}.",
    )
    parameters = {
        "element": element,
        "first": hole.first,
        "second": hole.second,
        "means": list(hole.domain_means),
        "bin_m": hole.bin_m,
        "panels": panels,
        "decision": {"zh": kind.zh, "en": kind.en},
        "within_m": decision.within_m,
    }
    title = Words(f"{name} 接触分析：{hole.first}–{hole.second}",
                  f"{name} contact: {hole.first}–{hole.second}")  # fmt: skip
    label = "".join(s if s.isalnum() else "_" for s in f"{name}_{hole.first}_{hole.second}".lower())
    return StudyFigure(f"contact_{label}", "contact", title, caption, parameters, arrays)
