"""The page of a belt's geochemical surveys: thresholds, levelling, maps and anomalies."""

from __future__ import annotations

import io
from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from estimation.belts import Belt
from geo.files import write_whole
from geo.geochemistry.maps import UNIT_TEXT
from geo.geochemistry.results import SurveyMade
from geo.geochemistry.thresholds import CITATIONS, Thresholds
from reporting.figures.store import FigureStore, Plate
from reporting.site.frame import named, same, working_page
from reporting.site.templating import render_page
from reporting.units import Text
from reporting.views.findings import rule_lines_of

THRESHOLD_TEXT = {
    "mean_2sd": Text("均值+2s（迭代）", "mean + 2 s, clipped"),
    "median_2mad_log": Text("中位数+2MAD（对数）", "median + 2 MAD, log"),
    "median_2mad": Text("中位数+2MAD", "median + 2 MAD"),
    "tukey_fence_log": Text("Tukey 上围栏", "Tukey fence"),
    "qq_break": Text("Q–Q 拐点", "Q–Q break"),
    "p85": Text("85 %", "85 %"),
    "p95": Text("95 %", "95 %"),
    "p98": Text("98 %", "98 %"),
    "ca_1": Text("C–A 第一拐点", "C–A break 1"),
    "ca_2": Text("C–A 第二拐点", "C–A break 2"),
    "ca_3": Text("C–A 第三拐点", "C–A break 3"),
}
RULE_TEXT = {
    "half_limit": Text("检出限之半", "half the limit"),
    "limit": Text("检出限", "the limit"),
    "multiplicative": Text("0.65 倍检出限", "0.65 of the limit"),
}
LEVELLING_TEXT = {
    "median": Text("中位数（接边邻样）", "medians of neighbours across seams"),
    "quantile": Text("中位数与四分位距（接边邻样）", "medians and quartiles across seams"),
}
STATUS_TEXT = {
    "levelled": Text("已调平", "levelled"),
    "unchanged: step below step_ratio": Text("未动：台阶小于 step_ratio", "unchanged: small step"),
    "refused: too few neighbours in other groups": Text(
        "拒绝：与他组相邻的样品太少", "refused: too few neighbours in other groups"
    ),
    "refused: step above max_factor, so geology or another unit": Text(
        "拒绝：台阶超过 max_factor，应是地质或单位不同",
        "refused: step above max_factor, so geology or another unit",
    ),
}


def survey_page(belt: Belt, surveys: Sequence[SurveyMade], folder: Path, made_at: datetime) -> str:
    """Return the HTML of a belt's surveys.

    Parameters
    ----------
    belt, surveys
        Whose surveys, and what was made of each.
    folder
        Where the figures' arrays and drawings are kept (``arrays/``, ``figures/``).
    made_at
        When (aware).
    """
    store = FigureStore(folder / "figures")
    sections = [_section(made, folder / "arrays", store, i) for i, made in enumerate(surveys, 1)]
    store.prune()
    title = Text(f"化探：{belt.name.zh}", f"Geochemistry: {belt.name.en}")
    context = {
        "page": working_page(title, made_at, synthetic=belt.synthetic),
        "sections": sections,
        "threshold_names": list(THRESHOLD_TEXT.values()),
        "citations": [(THRESHOLD_TEXT[name], text) for name, text in CITATIONS.items()],
    }
    return render_page("geochemistry", context)


def _section(made: SurveyMade, arrays: Path, store: FigureStore, number: int) -> dict[str, Any]:
    """One survey's tables and plates."""
    survey = made.levelled.survey
    chosen = list(made.fields) or [e for e in survey.elements if e in made.thresholds][:4]
    plates = []
    for element in chosen:
        plates.append(_plates(made, element, arrays / f"{number}-{element}", store))
    plates += [[plate] for plate in _seam_plates(made, arrays / f"{number}-seams", store)]
    return {
        "name": named(made.source.medium),
        "file": made.source.path,
        "facts": _facts(made),
        "thresholds": [_threshold_row(name, one) for name, one in made.thresholds.items()],
        "seams": [_seam_row(line) for line in made.levelled.seams.to_dict("records")],
        "groups": [_group_row(line) for line in made.levelled.groups.to_dict("records")],
        "register": [_register_row(line) for line in made.register.to_dict("records")],
        "plates": [block for block in plates if block],
        "rules": rule_lines_of(made.findings),
    }


def _facts(made: SurveyMade) -> list[tuple[Text, Text]]:
    """What the survey is and how it was treated."""
    survey, source = made.levelled.survey, made.source
    below, known = int(survey.limits.notna().sum().sum()), int(survey.values.notna().sum().sum())
    levelling = source.levelling
    none = Text("无", "none")
    how = LEVELLING_TEXT[levelling.method] if levelling else none
    rule = RULE_TEXT[source.maps.below_detection] if source.maps else none
    return [
        (Text("样品", "Samples"), same(f"{len(survey.points):,}")),
        (Text("元素", "Elements"), same(len(survey.elements))),
        (Text("测得值", "Contents measured"), same(f"{known:,}")),
        (Text("低于检出限（按原样保存）", "Below detection (kept as such)"), same(f"{below:,}")),
        (Text("成图时低于检出限取", "Below detection on maps"), rule),
        (Text("调平", "Levelling"), how),
        (Text("原件 SHA-256", "Source SHA-256"), same(made.provenance["source_sha256"][:16])),
    ]


def figure(value: float) -> str:
    """A content to three figures; a dash where there is none."""
    if value is None or not np.isfinite(value):
        return "—"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def label(element: str) -> str:
    """An element's column as people write it: ``cu_inaa_ppm`` is Cu (INAA)."""
    symbol, _, rest = element.partition("_")
    method = rest.rpartition("_")[0]
    return symbol.capitalize() + (f" ({method.upper()})" if method else "")


def _threshold_row(element: str, one: Thresholds) -> dict[str, Any]:
    """One element's line in the table of thresholds."""
    return {
        "element": label(element),
        "unit": UNIT_TEXT[element.rpartition("_")[2]],
        "samples": f"{one.count:,}",
        "censored": f"{100 * one.censored / one.count:.1f}",
        "figures": [figure(one.median), figure(one.background)]
        + [figure(one.values[name]) for name in THRESHOLD_TEXT],
    }


def _seam_row(line: Mapping[Hashable, Any]) -> dict[str, Any]:
    """One seam before and after levelling."""
    names = ("median_a_before", "median_b_before", "ratio_before", "step_before")
    after = ("median_a_after", "median_b_after", "ratio_after", "step_after")
    return {
        "element": label(line["element"]),
        "groups": f"{line['group_a']} | {line['group_b']}",
        "samples": f"{line['samples_a']} | {line['samples_b']}",
        "figures": [figure(line[name]) for name in (*names, *after)],
    }


def _group_row(line: Mapping[Hashable, Any]) -> dict[str, Any]:
    """What one group was multiplied by, and why not."""
    return {
        "element": label(line["element"]),
        "group": line["group"],
        "samples": f"{line['samples']:,}",
        "factor": f"{line['factor']:.3f}",
        "status": STATUS_TEXT[line["status"]],
    }


def _register_row(line: Mapping[Hashable, Any]) -> dict[str, Any]:
    """One anomaly."""
    names = ("area_km2", "mean", "peak", "contrast", "nap", "easting_m", "northing_m")
    return {"name": line["anomaly"], "figures": [figure(line[name]) for name in names]}


def _plates(made: SurveyMade, element: str, stem: Path, store: FigureStore) -> list[Plate]:
    """Distribution, C–A plot and map of one element."""
    one = made.thresholds.get(element)
    if one is None or not made.levelled.survey.values[element].notna().any():
        return []
    survey = made.levelled.survey
    words = {"element": label(element), "unit": UNIT_TEXT[element.rpartition("_")[2]]}
    values = survey.values[element].dropna().to_numpy(float)
    limits = survey.limits[element].dropna().to_numpy(float)
    source = save_arrays(stem.with_name(f"{stem.name}-values"), values=values, limits=limits)
    given = {name: at if np.isfinite(at) else None for name, at in one.values.items()}
    svg = store.svg("element_distribution", source, {**words, "thresholds": given})
    title = Text(
        f"{words['element']}：分布与异常下限", f"{words['element']}: distribution, thresholds"
    )
    plates = [Plate(svg, title, title)]
    if one.loglog is not None:
        log = one.loglog
        parts = {
            n: getattr(log, n) for n in ("concentration", "area", "fitted", "breaks", "slopes")
        }
        source = save_arrays(stem.with_name(f"{stem.name}-loglog"), **parts)
        zh, en = ("格子数", "cells") if element in made.fields else ("样品数", "samples")
        area = {"zh": f"含量不低于此值的{zh}", "en": f"{en} at or above"}
        svg = store.svg("concentration_area", source, {**words, "area_label": area})
        title = Text(
            f"{words['element']}：含量–面积（C–A）", f"{words['element']}: concentration–area"
        )
        plates.append(Plate(svg, title, title))
    if element in made.fields and np.isfinite(made.fields[element].values).any():
        plates.append(_map_plate(made, element, words, stem, store))
    return plates


def _map_plate(
    made: SurveyMade, element: str, words: dict[str, str], stem: Path, store: FigureStore
) -> Plate:
    """The map of one element with its anomalies."""
    source = save_arrays(
        stem.with_name(f"{stem.name}-map"),
        easting_m=made.axes[0],
        northing_m=made.axes[1],
        field=made.fields[element].values,
        labels=made.labels[element],
    )
    own = made.register[made.register["element"] == element]
    places = own[["easting_m", "northing_m"]].to_numpy(float).tolist()
    names = own["anomaly"].tolist()
    svg = store.svg("survey_map", source, {**words, "names": names, "places": places})
    kriged = made.source.maps is not None and element in made.source.maps.kriged
    how = "普通克里格（PyKrige，对数，中位数）" if kriged else "距离反比（对数，中位数）"
    method = made.fields[element].method
    caption = Text(f"{words['element']}：{how}", f"{words['element']}: {method}")
    return Plate(svg, caption, caption)


def _seam_plates(made: SurveyMade, stem: Path, store: FigureStore) -> list[Plate]:
    """Seams before and after levelling, one plate for each element."""
    plates = []
    settings = made.source.levelling
    if settings is None:
        return []
    for element, lines in made.levelled.seams.groupby("element", sort=False):
        before, after = (lines[f"step_{when}"].to_numpy(float) for when in ("before", "after"))
        source = save_arrays(stem.with_name(f"{stem.name}-{element}"), before=before, after=after)
        names = [f"{a} | {b}" for a, b in zip(lines["group_a"], lines["group_b"], strict=True)]
        parameters = {"seams": names, "step_ratio": settings.step_ratio}
        svg = store.svg("levelling_seams", source, parameters)
        name = label(str(element))
        title = Text(
            f"{name}：调平前后接边台阶", f"{name}: steps at seams before and after levelling"
        )
        plates.append(Plate(svg, title, title))
    return plates


def save_arrays(path: Path, **arrays: Any) -> Path:
    """Write a figure's arrays to ``<path>.npz`` whole; returns the file."""
    held = io.BytesIO()
    np.savez(held, **arrays)
    target = path.with_name(f"{path.name}.npz")
    write_whole(target, held.getvalue())
    return target
