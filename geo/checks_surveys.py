"""Checks of down-hole surveys: signs, angles, depths, and holes without any.

They end with ``dip_down_deg`` (positive down) and ``azimuth_deg`` (0 to below 360).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.screening import Screening
from geo.values import DECIMALS

STEEP_DEG = 87.0
"""Steeper than this the azimuth has no meaning."""
SHARP_DEG_PER_30_M = 9.0
PAST_END_M = 1.0
ROUNDING_DEG = 0.01
"""A vertical hole computed by software may read 90.00001: taken as 90."""
UNDERGROUND = ("坑内", "坑道", "井下", "KNZK", "UNDERGROUND", "UG")
OTHER_SIGN = {"positive_down": "negative_down", "negative_down": "positive_down"}


def check_surveys(work: Screening) -> bool:
    """Check and finish the survey table; False where it can't be used at all."""
    limit = work.conventions.no_survey_deeper_than_m
    sentinel = work.frames["survey"]["depth_m"] > limit
    if sentinel.any():
        count = int(sentinel.sum())
        words: dict[str, Any] = {"count": count, "limit": f"{limit:g}"}
        work.note("survey", "BN-SUR-003", "depth_m", rows=sentinel, **words)
        work.skip("survey", sentinel)
    work.flag(
        "survey", "BN-SUR-015", work.frames["survey"]["depth_m"] < 0, "depth_m", value="depth_m"
    )
    if not (_dip(work) and _sign(work)):
        return False
    surveyed = set(work.frames["survey"]["hole_id"])
    _upward(work)
    _azimuths(work)
    _depths(work)
    _lost_holes(work, surveyed)
    _unsurveyed(work, surveyed)
    _doglegs(work)
    return True


def _column(work: Screening, name: str) -> Any:
    """One column of the survey frame as an array."""
    return work.frames["survey"][name].to_numpy()


def _dip(work: Screening) -> bool:
    """V01: dips turned to positive down, after the heading agreed with the configuration."""
    survey = work.frames["survey"]
    configured = work.conventions.dip
    zenith = survey["zenith_deg"].to_numpy() if "zenith_deg" in survey else None
    if zenith is not None and configured != "zenith":
        words: dict[str, Any] = {"found": "顶角/zenith", "configured": configured}
        work.note("survey", "BN-SUR-012", "zenith_deg", **words)
        return False
    if configured == "zenith":
        dip = survey["dip_deg"].to_numpy() if "dip_deg" in survey else np.full(len(survey), np.nan)
        angle = dip if zenith is None else np.where(np.isnan(zenith), dip, zenith)
        median = float(np.median(angle)) if len(angle) else 0.0
        if median > 45:
            work.note("survey", "BN-SUR-016", configured=configured, median=f"{median:g}")
            return False
        down, wrong = 90.0 - angle, (angle < -ROUNDING_DEG) | (angle > 180 + ROUNDING_DEG)
    else:
        dip = survey["dip_deg"].to_numpy()
        down, wrong = (
            (dip if configured == "positive_down" else -dip),
            np.abs(dip) > 90 + ROUNDING_DEG,
        )
        if len(dip) and (np.abs(dip) <= 30).all():
            work.note("survey", "BN-SUR-018", "dip_deg")
    survey["dip_down_deg"] = np.clip(np.round(down, DECIMALS) + 0.0, -90.0, 90.0)
    work.flag("survey", "BN-SUR-008", wrong, "dip_deg", value="dip_down_deg")
    return True


def _sign(work: Screening) -> bool:
    """A file most of whose stations would point up has the other sign."""
    down = _column(work, "dip_down_deg")
    up = down < 0
    if not up.any() or up.sum() <= 0.5 * (down != 0).sum():
        return True
    configured = work.conventions.dip
    holes = sorted(set(_column(work, "hole_id")[up]))
    named = ", ".join(holes[:10]) + (f" … ({len(holes)})" if len(holes) > 10 else "")
    work.note(
        "survey",
        "BN-SUR-004",
        "dip_deg",
        rows=up,
        configured=configured,
        count=int(up.sum()),
        total=len(down),
        holes=named,
        other=OTHER_SIGN.get(configured, "positive_down"),
    )
    return False


def _upward(work: Screening) -> None:
    """V09: single stations with the other sign, and whole holes that point up from surface."""
    survey = work.frames["survey"]
    down = survey["dip_down_deg"]
    median = down.groupby(survey["hole_id"]).transform("median")
    collar = work.frames["collar"]
    types = collar["hole_type"].astype(str).str.upper()
    inside = [any(word in text for word in UNDERGROUND) for text in types]
    underground = set(collar.loc[np.array(inside, dtype=bool), "hole_id"])
    surface = ~survey["hole_id"].isin(underground)
    holes = survey["hole_id"].to_numpy()
    words: dict[str, Any] = {"value": "dip_down_deg", "words": lambda i, h=holes: {"hole": h[i]}}
    single = ((down < -5) & (median > 5)).to_numpy()
    whole = ((median < 0) & surface).to_numpy()[~single]
    work.flag("survey", "BN-SUR-017", single, "dip_deg", **words)
    holes = _column(work, "hole_id")
    words["words"] = lambda i, h=holes: {"hole": h[i]}
    work.flag("survey", "BN-SUR-005", whole, "dip_deg", **words)


def _azimuths(work: Screening) -> None:
    """Azimuths in range; a blank means nothing on a vertical hole and everything elsewhere."""
    survey = work.frames["survey"]
    blank = survey["azimuth_deg"].isna()
    steep = survey["dip_down_deg"].abs() >= STEEP_DEG
    survey.loc[blank & steep, "azimuth_deg"] = 0.0
    work.flag("survey", "BN-SUR-007", (blank & ~steep).to_numpy(), "azimuth_deg")
    azimuth = work.frames["survey"]["azimuth_deg"]
    wrong = ((azimuth < 0) | (azimuth > 360)).to_numpy()
    work.flag("survey", "BN-SUR-006", wrong, "azimuth_deg", value="azimuth_deg")
    survey = work.frames["survey"]
    survey["azimuth_deg"] = survey["azimuth_deg"].where(survey["azimuth_deg"] != 360.0, 0.0)


def _depths(work: Screening) -> None:
    """V02, C08: two stations at one depth; stations below the end of the hole."""
    double = work.frames["survey"].duplicated(["hole_id", "depth_m"]).to_numpy()
    holes = _column(work, "hole_id")
    work.flag(
        "survey",
        "BN-SUR-009",
        double,
        "depth_m",
        value="depth_m",
        words=lambda i: {"hole": holes[i]},
    )
    ends = work.frames["survey"]["hole_id"].map(work.collar_depths()).to_numpy(dtype=float)
    past = _column(work, "depth_m") > ends + PAST_END_M
    words: dict[str, Any] = {"words": lambda i: {"limit": f"{ends[i]:g}"}, "value": "depth_m"}
    work.flag("survey", "BN-SUR-010", past, "depth_m", **words)


def _lost_holes(work: Screening, surveyed: set[str]) -> None:
    """A hole all of whose stations were refused has no known direction and is refused too."""
    lost = surveyed - set(work.frames["survey"]["hole_id"])
    holes = work.frames["collar"]["hole_id"].to_numpy()
    work.flag(
        "collar",
        "BN-SUR-013",
        np.isin(holes, sorted(lost)),
        "hole_id",
        value="hole_id",
        words=lambda i: {"hole": holes[i]},
    )


def _unsurveyed(work: Screening, surveyed: set[str]) -> None:
    """V08, V02: holes without any station, and holes whose first station is below the collar."""
    holes = work.frames["collar"]["hole_id"].to_numpy()
    work.flag(
        "collar",
        "BN-SUR-001",
        ~np.isin(holes, sorted(surveyed)),
        "hole_id",
        value="hole_id",
        words=lambda i: {"hole": holes[i]},
    )
    survey = work.frames["survey"]
    first = ~survey.duplicated("hole_id").to_numpy() & (survey["depth_m"].to_numpy() > 0)
    names, depths = survey["hole_id"].to_numpy(), survey["depth_m"].to_numpy()
    work.flag(
        "survey",
        "BN-SUR-002",
        first,
        "depth_m",
        value="depth_m",
        words=lambda i: {"hole": names[i], "depth": f"{depths[i]:g}"},
    )


def _doglegs(work: Screening) -> None:
    """V04: angle between successive stations, as degrees in 30 m."""
    survey = work.frames["survey"]
    azimuth = np.radians(survey["azimuth_deg"].to_numpy())
    down = np.radians(survey["dip_down_deg"].to_numpy())
    flat = np.cos(down)
    tangent = np.column_stack([flat * np.sin(azimuth), flat * np.cos(azimuth), np.sin(down)])
    cosine = np.clip((tangent[1:] * tangent[:-1]).sum(axis=1), -1, 1)
    holes, depths = survey["hole_id"].to_numpy(), survey["depth_m"].to_numpy()
    rate = np.zeros(len(survey))
    rate[1:] = np.degrees(np.arccos(cosine)) * 30 / np.maximum(np.diff(depths), 1e-9)
    rate[1:][holes[1:] != holes[:-1]] = 0.0
    work.flag(
        "survey",
        "BN-SUR-011",
        rate > SHARP_DEG_PER_30_M,
        "depth_m",
        value="depth_m",
        words=lambda i: {"hole": holes[i], "dogleg": f"{rate[i]:.1f}"},
    )
