"""The study of domains: what each holds by mesh, by blocks and by samples, and where they meet."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from estimation.domains.blocks import VolumeFoot, foot_volumes
from estimation.domains.flagging import BackFlag, back_flag, empty_domains, flag_checks
from estimation.domains.sections import domain_sections
from estimation.domains.volumes import LoadedVolumes, volumes_of
from estimation.exploratory.contact import contact_profile, decide
from estimation.exploratory.declustering import declustering_weights, weighted_mean_and_variance
from estimation.results import Check
from estimation.studies import Study, StudyFigure, StudyTable, Words, Workbench
from geo.findings import DataError, Finding
from geo.meshes.checks import check_mesh
from geo.meshes.solids import MeshBody
from geo.rules import finding

Floats = npt.NDArray[np.float64]

CONTACT_REACH = 10
"""Classes of distance, a composite's length each, looked at on either side of a contact."""
OVERLAP_SHARE = 0.001
"""Share of a domain's volume from which on an overlap is told."""
MISSED_SHARE = 0.01
"""Share of a domain's volume by which blocks may miss it before it is told."""


TITLE = Words("矿化域", "Domains")
CONTACTS = Words("接触带", "Contacts")
_CONTACT_HEADINGS = {
    "first": Words("域一", "first"),
    "second": Words("域二", "second"),
    "contacts": Words("接触数", "contacts"),
    "first_near": Words("域一界旁", "beside it, first"),
    "second_near": Words("域二界旁", "beside it, second"),
    "jump": Words("跳跃", "jump"),
    "jump_95": Words("± 95 %", "± 95 %"),
    "boundary": Words("建议边界", "proposed boundary"),
    "within_m": Words("渐变距离 m", "within, m"),
}
_DOMAIN_HEADINGS = {
    "domain": Words("矿化域", "domain"),
    "decided_by": Words("划分依据", "decided by"),
    "solid_m3": Words("实体体积 m³", "volume of solids, m³"),
    "blocks_m3": Words("块段体积 m³", "volume of blocks, m³"),
    "unaccounted_pct": Words("块段未计 %", "not in blocks, %"),
    "overlap_m3": Words("重叠 m³", "overlap, m³"),
    "composites": Words("组合样", "composites"),
    "holes": Words("孔数", "holes"),
    "metres": Words("米数", "metres"),
    "metres_pct": Words("米数占比 %", "of metres, %"),
    "volume_pct": Words("体积占比 %", "of volume, %"),
    "midpoint_pct": Words("中点在内 %", "middle inside, %"),
    "in_blocks_pct": Words("在本域块段 %", "in its blocks, %"),
}


def study(bench: Workbench) -> Study:
    """Work out the domains of a deposit; trouble with one becomes a remark."""
    plan = bench.data.plan
    try:
        volumes = volumes_of(bench.data)
    except DataError as error:
        # nothing can be flagged without the volumes that the plan rests on
        return Study("domains", TITLE, (), (), tuple(_said(f) for f in error.findings))
    table = bench.samples["basic"].table
    feet = foot_volumes(volumes, bench.data.grid, plan.domains.subcells) if volumes else ()
    flags: tuple[BackFlag, ...] = ()
    if volumes:
        blocks_m3 = {foot.domain: foot.blocks_m3 for foot in feet}
        flags = back_flag(volumes, table, bench.data.grid, plan.domains.subcells, blocks_m3)
    findings = list(volumes.findings) if volumes else []
    findings += empty_domains(plan.domains.names, table, f"{bench.data.deposit.id}.plan")
    findings += _foot_findings(volumes, feet) if volumes else []
    tables = [_domain_table(bench, feet, flags), _grade_table(bench)]
    if volumes:
        tables.append(_volume_table(volumes))
    contacts, remarks = _contacts(bench)
    tables += contacts
    checks: tuple[Check, ...] = flag_checks(flags, plan.main_element)
    figures: list[StudyFigure] = [*domain_sections(bench, volumes), *_share_figure(flags)]
    said = (*(_said(found) for found in findings), *remarks)
    return Study("domains", TITLE, tuple(tables), tuple(figures), said, checks)


def _said(found: Finding) -> Words:
    """A finding with its fix as a remark."""
    return Words(
        f"{found.code} {found.file}：{found.message_zh}。{found.fix_zh}",
        f"{found.code} {found.file}: {found.message_en}. {found.fix_en}",
    )


def _foot_findings(volumes: LoadedVolumes, feet: tuple[VolumeFoot, ...]) -> list[Finding]:
    """Overlaps, and ground that no block accounts for."""
    found = []
    for foot in feet:
        files = {v.file.path: v for v in volumes.volumes if v.domain == foot.domain}
        file = next(iter(files))
        bounded = foot.solid_m3 > 0
        if bounded and foot.overlap_m3 > OVERLAP_SHARE * foot.solid_m3:
            order = list(dict.fromkeys(volume.domain for volume in volumes.volumes))
            before = order[: order.index(foot.domain)]
            words: dict[str, Any] = {"first": " / ".join(before) or foot.domain}
            words |= {"second": foot.domain, "volume": f"{foot.overlap_m3:.0f}"}
            found.append(finding("BN-MSH-017", file=file, **words))
        if bounded and abs(foot.error_share) > MISSED_SHARE:
            words = {"element": foot.domain, "share": f"{100 * foot.error_share:.1f}"}
            found.append(finding("BN-MSH-018", file=file, **words))
    return found


def _domain_table(
    bench: Workbench, feet: tuple[VolumeFoot, ...], flags: tuple[BackFlag, ...]
) -> StudyTable:
    """One row for each domain of the plan."""
    table = bench.samples["basic"].table
    foot_of, flag_of = {f.domain: f for f in feet}, {f.domain: f for f in flags}
    total_m = float(table["length_m"].sum())
    rows = []
    for name in bench.data.plan.domains.names:
        own = table[table["domain"] == name]
        foot, flag = foot_of.get(name), flag_of.get(name)
        none = float("nan")
        rows.append(
            {
                "domain": name,
                "decided_by": _decided_by(bench, name, foot is not None),
                "solid_m3": foot.solid_m3 if foot else none,
                "blocks_m3": foot.blocks_m3 if foot else none,
                "unaccounted_pct": 100 * foot.error_share if foot else none,
                "overlap_m3": foot.overlap_m3 if foot else none,
                "composites": len(own),
                "holes": int(own["hole_id"].nunique()),
                "metres": float(own["length_m"].sum()),
                "metres_pct": 100 * float(own["length_m"].sum()) / total_m if total_m else none,
                "volume_pct": 100 * flag.volume_share if flag else none,
                "midpoint_pct": 100 * flag.midpoint_share if flag else none,
                "in_blocks_pct": 100 * flag.block_share if flag else none,
            }
        )
    note = Words(
        "块段体积 = Σ 占比 × 块段体积；米数占比与体积占比相差大，多因矿体内加密",
        "volume of blocks = sum of share x block volume; more metres than volume mostly means "
        "denser drilling in that domain",
    )
    title = Words("矿化域：实体、块段、样品", "Domains by solids, blocks and samples")
    return StudyTable("domains", title, pd.DataFrame(rows), _DOMAIN_HEADINGS, note)


def _decided_by(bench: Workbench, name: str, placed: bool) -> str:
    """What decides that ground is a domain's: volume, code, both, or nothing usable."""
    plan = bench.data.plan.domains
    coded = name in plan.codes or (not plan.volumes and not plan.codes)
    return " + ".join([*["volume"] * placed, *["code"] * coded]) or "-"


def _grade_table(bench: Workbench) -> StudyTable:
    """Mean grades of each domain and element, as they are and declustered."""
    plan = bench.data.plan
    rows = []
    for element, chosen in plan.elements.items():
        table = bench.samples[chosen.source].table
        for name in plan.domains.names:
            own = table[(table["domain"] == name) & table[element].notna()]
            if own.empty:
                continue
            grade = own[element].to_numpy(dtype=float)
            xyz = own[["easting_m", "northing_m", "elevation_m"]].to_numpy(dtype=float)
            weights = declustering_weights(xyz, own["hole_id"].to_numpy(dtype=object))
            mean, variance = weighted_mean_and_variance(grade, weights)
            rows.append(
                {
                    "domain": name,
                    "element": element,
                    "samples": len(own),
                    "mean": float(grade.mean()),
                    "declustered_mean": mean,
                    "cv": float(np.sqrt(variance) / mean) if mean else float("nan"),
                    "max": float(grade.max()),
                }
            )
    headings = {
        "domain": Words("矿化域", "domain"),
        "element": Words("元素", "element"),
        "samples": Words("样品数", "samples"),
        "mean": Words("均值", "mean"),
        "declustered_mean": Words("去丛聚均值", "declustered mean"),
        "cv": Words("变异系数", "CV"),
        "max": Words("最大", "maximum"),
    }
    note = Words("品位单位见元素名", "grades in the unit of the element's name")
    title = Words("各域品位", "Grades by domain")
    return StudyTable("domain_grades", title, pd.DataFrame(rows), headings, note)


def _volume_table(volumes: LoadedVolumes) -> StudyTable:
    """One row for each volume that could be used, in the order in which they decide."""
    rows = []
    for at, (volume, solid) in enumerate(zip(volumes.volumes, volumes.solids, strict=True)):
        mesh = solid.body.mesh if isinstance(solid.body, MeshBody) else None
        rows.append(
            {
                "order": at + 1,
                "domain": volume.domain,
                "file": volume.file.path,
                "element": volume.file.element or "",
                "side": volume.side,
                "top_m": volume.top_m,
                "bottom_m": volume.bottom_m,
                "triangles": len(mesh.triangles) if mesh else None,
                "pieces": check_mesh(mesh).pieces if mesh else None,
                "area_m2": mesh.area_m2 if mesh else None,
                "volume_m3": solid.volume_m3,
            }
        )
    headings = {
        "order": Words("次序", "order"),
        "domain": Words("矿化域", "domain"),
        "file": Words("文件", "file"),
        "element": Words("对象", "object"),
        "side": Words("取侧", "side"),
        "top_m": Words("上限高程 m", "top, m"),
        "bottom_m": Words("下限高程 m", "bottom, m"),
        "triangles": Words("三角形", "triangles"),
        "pieces": Words("块数", "pieces"),
        "area_m2": Words("面积 m²", "area, m²"),
        "volume_m3": Words("体积 m³", "volume, m³"),
    }
    note = Words(
        "点落在几个实体内时，次序在前者有效", "where several hold a point, the first decides"
    )
    title = Words("实体、多边形与曲面", "Solids, polygons and surfaces")
    return StudyTable("volumes", title, pd.DataFrame(rows), headings, note)


def _contacts(bench: Workbench) -> tuple[list[StudyTable], list[Words]]:
    """What happens to the main element's grade where two domains meet."""
    plan = bench.data.plan
    table, element = bench.samples["basic"].table, plan.main_element
    width = plan.composites.length_m
    rows, remarks = [], []
    for pair in _neighbours(table):
        profile = contact_profile(table, element, pair, width, CONTACT_REACH * width)
        if profile is None:
            continue
        decision = decide(profile)
        near = [
            np.flatnonzero(profile.distance_m < 0)[-1],
            np.flatnonzero(profile.distance_m > 0)[0],
        ]
        rows.append(
            {
                "first": pair[0],
                "second": pair[1],
                "contacts": profile.contacts,
                "first_near": float(profile.mean[near[0]]),
                "second_near": float(profile.mean[near[1]]),
                "jump": decision.jump,
                "jump_95": decision.jump_half_width,
                "boundary": decision.kind,
                "within_m": decision.within_m,
            }
        )
        remarks.append(
            Words(f"{pair[0]} – {pair[1]}：{decision.reason.zh}",
                  f"{pair[0]} - {pair[1]}: {decision.reason.en}")
        )  # fmt: skip
    if not rows:
        return [], []
    frame = pd.DataFrame(rows)
    note = Words(f"品位为 {element}", f"grades are {element}")
    return [StudyTable("contacts", CONTACTS, frame, _CONTACT_HEADINGS, note)], remarks


def _neighbours(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Pairs of domains that follow one another in some hole, in order of name."""
    found: set[tuple[str, str]] = set()
    for _, hole in table.groupby("hole_id", sort=False):
        found |= {(min(a, b), max(a, b)) for a, b in pairwise(hole["domain"]) if a != b}
    return sorted(found)


def _share_figure(flags: tuple[BackFlag, ...]) -> list[StudyFigure]:
    """Shares of metres and of volume, side by side."""
    if not flags:
        return []
    parameters = {
        "domains": [flag.domain for flag in flags],
        "metres_pct": [100 * flag.metres_share for flag in flags],
        "volume_pct": [100 * flag.volume_share for flag in flags],
        "composites": [flag.composites for flag in flags],
    }
    caption = Words(
        f"各域占按实体划分的米数与块段体积之比，%；共 {sum(f.metres for f in flags):,.0f} m",
        "Share of each domain in the metres and in the block volume that volumes decide, %; "
        f"{sum(f.metres for f in flags):,.0f} m in all",
    )
    title = Words("回标：样品与体积", "Back-flag: samples against volume")
    return [StudyFigure("domain_shares", "domain_shares", title, caption, parameters)]
