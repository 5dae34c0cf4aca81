"""Class distances from exploration spacing (勘查工程间距), and a plan's distances against it.

The table is configuration (``standards/spacing_copper.yaml``): exploration type -> spacing of the
Indicated class; Measured is half of it, Inferred twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any, Literal, get_args

from estimation.plan import CLASSES, ClassificationPlan, ClassRule, Spacing
from estimation.statement.standards import standard

BodyType = Literal["I", "II", "III"]


def type_of_kind(kind: str) -> BodyType:
    """Exploration type to start from, by words of the deposit's kind; II where none is known."""
    kinds: dict[str, list[str]] = standard("spacing_copper")["kinds"]
    for name in get_args(BodyType):
        if any(word in kind.casefold() for word in kinds.get(name, ())):
            found: BodyType = name
            return found
    return "II"


def type_of_sum(total: float) -> BodyType:
    """Exploration type of the sum of the five factors' coefficients (size, shape, thickness,
    grade, structure)."""
    least = standard("spacing_copper")["coefficients"]["least"]
    found: BodyType = "III"
    for name in ("II", "I"):
        if total >= least[name]:
            found = name
    return found


def spacing_of(body_type: BodyType) -> Spacing:
    """The table's Indicated spacing of a type: the middle of its ranges along strike and dip."""
    book = standard("spacing_copper")
    row = book["types"][body_type]
    strike, dip = (sum(row[key]) / 2.0 for key in ("strike_m", "dip_m"))
    return Spacing(
        body_type=body_type,
        indicated_m=(strike, dip),
        citation=f"{book['citation']}; unverified / 未核对原文",
    )


def distances_of(spacing: Spacing) -> dict[str, float]:
    """Farthest mean distance to three holes for each class, metres.

    ``L x share``, where L is the geometric mean of the spacings along strike and down dip, so that
    each hole's ground keeps its area; the shares are the table's (1/2, 1, 2).
    """
    shares = standard("spacing_copper")["shares"]
    length = sqrt(spacing.indicated_m[0] * spacing.indicated_m[1])
    return {name: length * float(shares[name]) for name in CLASSES}


def propose_classes(body_type: BodyType) -> ClassificationPlan:
    """Class rules that follow from an exploration type."""
    book = standard("spacing_copper")
    spacing = spacing_of(body_type)
    rules: dict[str, Any] = {
        name: ClassRule(max_mean_distance_m=round(distance, 1), **book["rules"][name])
        for name, distance in distances_of(spacing).items()
    }
    citation = f"{spacing.citation}; {book['shares']['citation']}; {book['rules']['citation']}"
    return ClassificationPlan(spacing=spacing, citation=citation, **rules)


@dataclass(frozen=True)
class SpacingCheck:
    """One class's distance against the spacing that the plan cites."""

    class_name: str
    distance_m: float
    """Of the plan's rule."""
    cited_m: float
    """Of the cited spacing."""
    within: bool


@dataclass(frozen=True)
class TypeCheck:
    """The cited spacing against the table's row of its type, metres."""

    body_type: str
    indicated_m: tuple[float, float]
    strike_m: tuple[float, float]
    dip_m: tuple[float, float]
    within: bool


def check_spacing(rules: ClassificationPlan) -> tuple[SpacingCheck, ...]:
    """Each class's distance against the plan's cited spacing; none where none is cited."""
    if rules.spacing is None:
        return ()
    slack = 1.0 + float(standard("spacing_copper")["tolerance"])
    return tuple(
        SpacingCheck(name, distance, cited, distance <= cited * slack)
        for name, cited in distances_of(rules.spacing).items()
        for distance in (getattr(rules, name).max_mean_distance_m,)
    )


def check_type(spacing: Spacing) -> TypeCheck:
    """Whether a cited spacing lies within the table's row of its type (closer is always within)."""
    row = standard("spacing_copper")["types"][spacing.body_type]
    strike, dip = tuple(row["strike_m"]), tuple(row["dip_m"])
    within = spacing.indicated_m[0] <= strike[1] and spacing.indicated_m[1] <= dip[1]
    return TypeCheck(spacing.body_type, spacing.indicated_m, strike, dip, within)
