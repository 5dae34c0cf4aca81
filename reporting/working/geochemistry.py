"""The page of a belt's geochemical surveys: thresholds, levelling, maps and anomalies.

``surveys.json`` beside the tables holds all that a page says of them, and of each figure what is
drawn, so that another page can show them again.
"""

from __future__ import annotations

import io
import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from estimation.belts import Belt
from geo.files import write_whole
from geo.geochemistry.maps import UNIT_TEXT
from geo.geochemistry.results import SurveyMade
from geo.geochemistry.thresholds import Thresholds
from reporting.figures.store import FigureStore, Plate
from reporting.rounding import printed
from reporting.site.frame import named, same, working_page
from reporting.site.templating import render_page
from reporting.units import Text
from reporting.views.findings import rule_lines_of
from reporting.working.kept import KeptFigure
from reporting.working.thresholds import how_made

KEPT = "surveys.json"
"""File of a belt's folder of surveys; written last."""
FORMAT = 2

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


def keep_surveys(surveys: Sequence[SurveyMade], folder: Path, made_from: str) -> dict[str, Any]:
    """Write the figures' arrays (``arrays/``) and ``surveys.json``; draws nothing.

    Parameters
    ----------
    surveys
        What was made of each survey of a belt.
    folder
        The belt's folder.
    made_from
        Digest of all that they were made from.

    Returns
    -------
    dict
        What :func:`read_surveys` gives.
    """
    (folder / "page.html").unlink(missing_ok=True)  # a page of other surveys is no page of these
    parts = [_section(made, folder / "arrays", i) for i, made in enumerate(surveys, 1)]
    plain = {"format": FORMAT, "made_from": made_from, "sections": parts}
    text = json.dumps(plain, ensure_ascii=False, default=_plain)
    write_whole(folder / KEPT, text.encode())
    kept: dict[str, Any] = json.loads(text)
    return kept


def read_surveys(folder: Path) -> dict[str, Any] | None:
    """What is kept of a belt's surveys, texts as ``{zh, en}``; None where nothing readable is."""
    try:
        kept: dict[str, Any] = json.loads((folder / KEPT).read_text("utf-8"))
        return kept if kept["format"] == FORMAT else None
    except (OSError, ValueError, KeyError, TypeError):  # none, half written, of another program
        return None


def survey_page(belt: Belt, kept: Mapping[str, Any], folder: Path, made_at: datetime) -> str:
    """Return the HTML of a belt's surveys.

    Parameters
    ----------
    belt
        Whose surveys.
    kept
        What :func:`keep_surveys` gave.
    folder
        Where the figures' arrays and drawings are kept (``arrays/``, ``figures/``).
    made_at
        When (aware).
    """
    store = FigureStore(folder / "figures")
    sections = drawn_sections(kept, folder, store)
    store.prune()
    title = Text(f"化探：{belt.name.zh}", f"Geochemistry: {belt.name.en}")
    context = {
        "page": working_page(title, made_at, synthetic=belt.synthetic),
        "sections": sections,
        "threshold_names": list(THRESHOLD_TEXT.values()),
        "citations": citations(),
    }
    return render_page("geochemistry", context)


def citations() -> list[tuple[Text, Text]]:
    """How each threshold is made, and where it is written."""
    return [(text, how_made(name)) for name, text in THRESHOLD_TEXT.items()]


def drawn_sections(
    kept: Mapping[str, Any], folder: Path, store: FigureStore, kinds: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Each survey with its figures drawn: blocks of plates, the first of each block the widest.

    ``kinds``: drawings that are wanted; all where none is named.
    """
    sections = []
    for part in kept["sections"]:
        wanted = [[f for f in row if not kinds or f["drawing"] in kinds] for row in part["plates"]]
        plates = [[_drawn(one, folder, store) for one in row] for row in wanted if row]
        sections.append({**part, "plates": plates})
    return sections


def _drawn(one: dict[str, Any], folder: Path, store: FigureStore) -> Plate:
    """One figure that was kept."""
    figure = KeptFigure(**{**one, "title": Text(**one["title"]), "caption": Text(**one["caption"])})
    svg = store.svg(figure.drawing, figure.source(folder), figure.parameters)
    return Plate(svg, figure.title, figure.caption)


def _plain(value: Any) -> Any:
    """A record as JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(f"{type(value)} has no JSON form")


def _section(made: SurveyMade, arrays: Path, number: int) -> dict[str, Any]:
    """One survey's tables and figures."""
    survey = made.levelled.survey
    chosen = list(made.fields) or [e for e in survey.elements if e in made.thresholds][:4]
    plates = [_figures(made, element, arrays / f"{number}-{element}") for element in chosen]
    plates += [[figure] for figure in _seam_figures(made, arrays / f"{number}-seams")]
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


def unit_text(element: str) -> str:
    """Unit of an element's column as people write it."""
    return UNIT_TEXT[element.rpartition("_")[2]].replace("ug/", "µg/")


def _threshold_row(element: str, one: Thresholds) -> dict[str, Any]:
    """One element's line in the table of thresholds."""
    return {
        "element": label(element),
        "unit": unit_text(element),
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
    names, place = ("area_km2", "mean", "peak", "contrast", "nap"), ("easting_m", "northing_m")
    return {
        "name": line["anomaly"],
        "unit": unit_text(str(line["element"])),
        "figures": [figure(line[name]) for name in names]
        + [printed(line[name], 0) for name in place],
    }


def _figures(made: SurveyMade, element: str, stem: Path) -> list[KeptFigure]:
    """Distribution, C–A plot and map of one element."""
    one = made.thresholds.get(element)
    if one is None or not made.levelled.survey.values[element].notna().any():
        return []
    survey = made.levelled.survey
    words = {"element": label(element), "unit": unit_text(element)}
    values = survey.values[element].dropna().to_numpy(float)
    limits = survey.limits[element].dropna().to_numpy(float)
    source = save_arrays(stem.with_name(f"{stem.name}-values"), values=values, limits=limits)
    given = {name: at if np.isfinite(at) else None for name, at in one.values.items()}
    title = Text(
        f"{words['element']}：分布与异常下限", f"{words['element']}: distribution, thresholds"
    )
    figures = [_figure("element_distribution", source, title, {**words, "thresholds": given})]
    if one.loglog is not None:
        log = one.loglog
        parts = {
            n: getattr(log, n) for n in ("concentration", "area", "fitted", "breaks", "slopes")
        }
        source = save_arrays(stem.with_name(f"{stem.name}-loglog"), **parts)
        zh, en = ("格子数", "cells") if element in made.fields else ("样品数", "samples")
        area = {"zh": f"含量不低于此值的{zh}", "en": f"{en} at or above"}
        title = Text(
            f"{words['element']}：含量–面积（C–A）", f"{words['element']}: concentration–area"
        )
        parameters = {**words, "area_label": area}
        figures.append(_figure("concentration_area", source, title, parameters))
    if element in made.fields and np.isfinite(made.fields[element].values).any():
        figures.append(_map_figure(made, element, words, stem))
    return figures


def _figure(drawing: str, source: Path, title: Text, parameters: dict[str, Any]) -> KeptFigure:
    """A figure of arrays that are kept under its own name."""
    return KeptFigure(source.stem, drawing, title, title, parameters, has_arrays=True)


def _map_figure(made: SurveyMade, element: str, words: dict[str, str], stem: Path) -> KeptFigure:
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
    kriged = made.source.maps is not None and element in made.source.maps.kriged
    how = "普通克里格（PyKrige，对数，中位数）" if kriged else "距离反比（对数，中位数）"
    method = made.fields[element].method
    caption = Text(f"{words['element']}：{how}", f"{words['element']}: {method}")
    return _figure("survey_map", source, caption, {**words, "names": names, "places": places})


def _seam_figures(made: SurveyMade, stem: Path) -> list[KeptFigure]:
    """Seams before and after levelling, one figure for each element."""
    figures = []
    settings = made.source.levelling
    if settings is None:
        return []
    for element, lines in made.levelled.seams.groupby("element", sort=False):
        before, after = (lines[f"step_{when}"].to_numpy(float) for when in ("before", "after"))
        source = save_arrays(stem.with_name(f"{stem.name}-{element}"), before=before, after=after)
        names = [f"{a} | {b}" for a, b in zip(lines["group_a"], lines["group_b"], strict=True)]
        name = label(str(element))
        title = Text(
            f"{name}：调平前后接边台阶", f"{name}: steps at seams before and after levelling"
        )
        parameters = {"seams": names, "step_ratio": settings.step_ratio}
        figures.append(_figure("levelling_seams", source, title, parameters))
    return figures


def save_arrays(path: Path, **arrays: Any) -> Path:
    """Write a figure's arrays to ``<path>.npz`` whole; returns the file."""
    held = io.BytesIO()
    np.savez(held, **arrays)
    target = path.with_name(f"{path.name}.npz")
    write_whole(target, held.getvalue())
    return target
