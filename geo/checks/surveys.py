"""Checks of down-hole surveys: signs, angles, depths, and holes without any.

They end with ``dip_down_deg`` (positive down) and ``azimuth_deg`` (0 to below 360).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geo.checks.screening import Screening
from geo.drillholes.holes import is_underground
from geo.special.values import DECIMALS

STEEP_DEG = 87.0
"""Steeper than this the azimuth has no meaning."""
PAST_END_M = 1.0
DEEP_M = 200.0
"""V08: a hole deeper than this needs a survey (expert default, unverified)."""
ROUNDING_DEG = 0.01
"""A vertical hole computed by software may read 90.00001: taken as 90."""
OTHER_SIGN = {"positive_down": "negative_down", "negative_down": "positive_down"}


def check_surveys(work: Screening) -> bool:
    """Check and finish the survey table; False where it can't be used at all."""
    work.frames["survey"] = work.frames["survey"].copy()
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
    surveyed = np.unique(work.holes("survey"))
    _upward(work)
    _azimuths(work)
    _depths(work)
    _lost_holes(work, surveyed)
    _unsurveyed(work, surveyed)
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
    wrong = wrong | np.isnan(down)
    work.flag("survey", "BN-SUR-008", wrong, "dip_deg", value="dip_down_deg")
    return True


def _sign(work: Screening) -> bool:
    """A file most of whose stations would point up has the other sign."""
    down = _column(work, "dip_down_deg")
    up = down < 0
    if not up.any() or up.sum() <= 0.5 * (down != 0).sum():
        return True
    configured = work.conventions.dip
    holes = work.names[np.unique(work.holes("survey")[up])]
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
    """V09: single stations with the other sign, and surface holes that point up throughout."""
    survey = work.frames["survey"]
    down = survey["dip_down_deg"].to_numpy()
    median = survey["dip_down_deg"].groupby(survey["hole"]).transform("median").to_numpy()
    collar = work.frames["collar"]
    inside = np.zeros(len(work.names), dtype=bool)
    inside[work.holes("collar")] = is_underground(collar["hole_type"].to_numpy())
    may = inside[work.holes("survey")]
    single = (down < -5) & (median > 5) & ~may
    whole = ((median < 0) & ~may)[~single]
    holes = survey["hole_id"].to_numpy()
    words = lambda i: {"hole": holes[i]}  # noqa: E731
    work.flag("survey", "BN-SUR-017", single, "dip_deg", value="dip_down_deg", words=words)
    work.flag_holes("survey", "BN-SUR-005", whole, "dip_deg", words=_rise(work))


def _rise(work: Screening) -> Any:
    """Words of an upward hole: how high above its collar its last station would be."""
    depth, down = _column(work, "depth_m"), np.radians(_column(work, "dip_down_deg"))

    def words(i: int, rows: Any) -> dict[str, Any]:
        steps = np.diff(depth[rows], prepend=0.0)
        return {"rise": f"{-(steps * np.sin(down[rows])).sum():.0f}"}

    return words


def _azimuths(work: Screening) -> None:
    """Azimuths in range; a blank means nothing on a vertical hole and everything elsewhere."""
    survey = work.frames["survey"]
    blank = survey["azimuth_deg"].isna()
    steep = survey["dip_down_deg"].abs() >= STEEP_DEG
    survey.loc[blank & steep, "azimuth_deg"] = 0.0
    work.flag("survey", "BN-SUR-007", (blank & ~steep).to_numpy(), "azimuth_deg")
    azimuth = work.frames["survey"]["azimuth_deg"]
    low, high = (-180, 180) if work.conventions.azimuth == "signed" else (0, 360)
    wrong = ((azimuth < low) | (azimuth > high)).to_numpy()
    words = lambda i: {"low": low, "high": high}  # noqa: E731
    work.flag("survey", "BN-SUR-006", wrong, "azimuth_deg", value="azimuth_deg", words=words)
    survey = work.frames["survey"]
    survey["azimuth_deg"] = survey["azimuth_deg"] % 360.0


def _depths(work: Screening) -> None:
    """V02, C08: two stations at one depth; stations below the end of the hole."""
    double = work.frames["survey"].duplicated(["hole", "depth_m"]).to_numpy()
    holes = _column(work, "hole_id")
    work.flag(
        "survey",
        "BN-SUR-009",
        double,
        "depth_m",
        value="depth_m",
        words=lambda i: {"hole": holes[i]},
    )
    ends = work.collar_depths()[work.holes("survey")]
    past = _column(work, "depth_m") > ends + PAST_END_M
    words: dict[str, Any] = {"words": lambda i: {"limit": f"{ends[i]:g}"}, "value": "depth_m"}
    work.flag("survey", "BN-SUR-010", past, "depth_m", **words)


def _lost_holes(work: Screening, surveyed: Any) -> None:
    """A hole all of whose stations were refused has no known direction and is refused too."""
    lost = np.setdiff1d(surveyed, work.holes("survey"))
    holes = work.frames["collar"]["hole_id"].to_numpy()
    work.flag(
        "collar",
        "BN-SUR-013",
        np.isin(work.holes("collar"), lost),
        "hole_id",
        value="hole_id",
        words=lambda i: {"hole": holes[i]},
    )


def _unsurveyed(work: Screening, surveyed: Any) -> None:
    """V08, V02: holes without any station, and holes whose first station is below the collar."""
    collar = work.frames["collar"]
    holes = collar["hole_id"].to_numpy()
    without = ~np.isin(work.holes("collar"), surveyed)
    deepest = np.fmax(
        collar["depth_m"].to_numpy(dtype=float), work.sampled_depths()[collar["hole"]]
    )
    deep = without & (deepest > DEEP_M)
    words = lambda i: {"hole": holes[i]}  # noqa: E731
    work.flag("collar", "BN-SUR-001", without, "hole_id", value="hole_id", words=words)
    work.flag(
        "collar",
        "BN-SUR-019",
        deep,
        "hole_id",
        value="hole_id",
        words=lambda i: {"hole": holes[i], "depth": f"{deepest[i]:g}", "limit": f"{DEEP_M:g}"},
    )
    hole, depths = work.holes("survey"), _column(work, "depth_m")
    first = np.ones(len(hole), dtype=bool)
    first[1:] = hole[1:] != hole[:-1]
    work.flag(
        "survey",
        "BN-SUR-002",
        first & (depths > 0),
        "depth_m",
        value="depth_m",
        words=lambda i: {"hole": work.names[hole[i]], "depth": f"{depths[i]:g}"},
    )
