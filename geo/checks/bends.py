"""Checks of a hole's course: station spacing, dog-legs, drift, azimuths, and what lies beyond."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.checks.screening import Screening
from geo.drillholes.holes import is_along_ground
from geo.drillholes.kernels_desurvey import angle_between, tangents

SPACING_M = (50.0, 100.0)
"""V03: widest spacing of stations in inclined and in vertical holes (unverified); so far below the
last station a hole may be taken straight on."""
DOGLEG_DEG = (3.0, 9.0)
"""V04: degrees in 30 m, to be looked at and not to be believed (expert default)."""
DRIFT_DEG = (2.0, 3.0)
"""V05: change of inclination in 100 m, vertical and inclined holes (unverified)."""
DRIFT_FROM_M = 100.0
"""A rate in 100 m is told from so long a run."""
VERTICAL_DEG = 3.0
"""V06: nearer to the vertical than this a hole is vertical and its azimuth means nothing."""
JUMP_DEG = 30.0
MAGNETIC_ROCKS = ("磁铁", "磁黄铁", "MAGNETITE", "PYRRHOTITE", "BIF", "SKARN", "矽卡岩", "夕卡岩")


def check_bends(work: Screening) -> None:
    """V03-V07 and the metres below the last station, one finding a hole."""
    if not len(work.frames["survey"]):
        return
    course = _Course(work)
    _spacing(work, course)
    _doglegs(work, course)
    _drift(work, course)
    _jumps(work, course)
    _beyond(work, course)
    _magnetic(work)


class _Course:
    """Arrays of the survey table: each station and the one above it in its hole."""

    def __init__(self, work: Screening):
        survey = work.frames["survey"]
        self.hole = work.holes("survey")
        self.depth = survey["depth_m"].to_numpy(dtype=float)
        self.azimuth = survey["azimuth_deg"].to_numpy(dtype=float)
        self.down = survey["dip_down_deg"].to_numpy(dtype=float)
        self.follows = np.zeros(len(survey), dtype=bool)
        self.follows[1:] = self.hole[1:] == self.hole[:-1]
        self.first = np.flatnonzero(~self.follows)
        self.step = np.where(self.follows, np.diff(self.depth, prepend=0.0), np.nan)
        collar = work.frames["collar"]
        drilled = np.ones(len(work.names), dtype=bool)
        drilled[work.holes("collar")] = ~is_along_ground(collar["hole_type"].to_numpy())
        self.drilled = drilled[self.hole]
        steep = self.down > 90 - VERTICAL_DEG
        vertical = np.repeat(
            np.logical_and.reduceat(steep, self.first),
            np.diff(np.r_[self.first, len(survey)]),
        )
        self.spacing = np.where(vertical, SPACING_M[1], SPACING_M[0]) + 1e-6

    def worst(self, values: NDArray[np.float64], form: str) -> Any:
        """Words of a hole: the worst value of its flagged stations, and its depth."""

        def words(i: int, rows: NDArray[np.intp]) -> dict[str, Any]:
            worst = rows[int(np.argmax(values[rows]))]
            return {"worst": format(values[worst], form), "depth": f"{self.depth[worst]:g}"}

        return words


def _spacing(work: Screening, course: _Course) -> None:
    """V03: stations too far apart."""
    wide = course.drilled & (np.nan_to_num(course.step) > course.spacing)
    words = course.worst(course.step, "g")
    work.flag_holes("survey", "BN-SUR-021", wide, "depth_m", words=words)


def _doglegs(work: Screening, course: _Course) -> None:
    """V04: angle between successive stations, as degrees in 30 m."""
    tangent = tangents(course.azimuth, course.down)
    rate = np.zeros(len(tangent))
    turn = np.degrees(angle_between(tangent[:-1], tangent[1:]))
    rate[1:] = turn * 30 / np.maximum(np.diff(course.depth), 1e-9)
    rate[~course.follows | ~course.drilled] = 0.0
    holes = work.frames["survey"]["hole_id"]
    bend, sharp = DOGLEG_DEG
    words = course.worst(rate, ".1f")
    bent = (rate > bend) & (rate <= sharp)
    work.flag_holes("survey", "BN-SUR-022", bent, "depth_m", words=words)
    work.flag(
        "survey",
        "BN-SUR-011",
        rate > sharp,
        "depth_m",
        value="depth_m",
        words=lambda i: {"hole": holes.iloc[i], "dogleg": f"{rate[i]:.1f}"},
    )


def _drift(work: Screening, course: _Course) -> None:
    """V05: inclination changed from the first to the last station by too much."""
    last = np.r_[course.first[1:], len(course.hole)] - 1
    run = course.depth[last] - course.depth[course.first]
    change = np.abs(course.down[last] - course.down[course.first])
    rate = np.zeros(len(course.hole))
    rate[last] = np.where(run >= DRIFT_FROM_M, change * 100 / np.maximum(run, 1.0), 0.0)
    starts_vertical = np.zeros(len(course.hole), dtype=bool)
    starts_vertical[last] = course.down[course.first] > 90 - VERTICAL_DEG
    limit = np.where(starts_vertical, DRIFT_DEG[0], DRIFT_DEG[1])
    mask = course.drilled & (rate > limit + 1e-9)
    words = course.worst(rate, ".1f")
    work.flag_holes("survey", "BN-SUR-023", mask, "dip_deg", words=words)


def _jumps(work: Screening, course: _Course) -> None:
    """V06: azimuths that jump where the hole is nearly vertical."""
    turn = np.zeros(len(course.hole))
    turn[1:] = np.abs((np.diff(course.azimuth) + 180) % 360 - 180)
    steep = course.down > 90 - VERTICAL_DEG
    both = np.zeros(len(course.hole), dtype=bool)
    both[1:] = steep[1:] & steep[:-1] & (course.down[1:] < 90) & (course.down[:-1] < 90)
    jump = both & course.follows & (turn > JUMP_DEG)
    words = course.worst(turn, ".0f")
    work.flag_holes("survey", "BN-SUR-024", jump, "azimuth_deg", words=words)


def _beyond(work: Screening, course: _Course) -> None:
    """Metres of a hole below its last station, whose course is taken as straight."""
    last = np.r_[course.first[1:], len(course.hole)] - 1
    holes = course.hole[last]
    end = np.fmax(work.sampled_depths()[holes], work.collar_depths()[holes])
    beyond = np.zeros(len(course.hole))
    beyond[last] = np.nan_to_num(end - course.depth[last])
    words = lambda i, rows: {"beyond": f"{beyond[i]:.1f}", "depth": f"{course.depth[i]:g}"}  # noqa: E731
    far = beyond > course.spacing
    work.flag_holes("survey", "BN-SUR-026", far, "depth_m", words=words)
    work.flag_holes("survey", "BN-SUR-025", (beyond > 1e-6) & ~far, "depth_m", words=words)


def _magnetic(work: Screening) -> None:
    """V07: magnetic azimuths in holes that meet magnetic rocks."""
    survey = work.frames["survey"]
    log = work.frames.get("lithology")
    if "magnetic_azimuth_deg" not in survey or log is None or not len(log):
        return
    codes = {str(code) for code in log["lithology"].unique()}
    magnetic = [c for c in codes if any(word in c.upper() for word in MAGNETIC_ROCKS)]
    meets = np.zeros(len(work.names), dtype=bool)
    meets[work.holes("lithology")[log["lithology"].isin(magnetic).to_numpy()]] = True
    measured = survey["magnetic_azimuth_deg"].notna().to_numpy()
    mask = measured & meets[work.holes("survey")]
    work.flag_holes("survey", "BN-SUR-027", mask, "magnetic_azimuth_deg")
