"""What a review goes by, as a person wrote it down: limits of holding, and how change is split.

A night's figure that passes a limit is held until somebody approves it. Every limit stands in
``configs/review.yaml`` with where it comes from; a limit of ``null`` is switched off, knowingly.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, model_validator

from geo.config import StrictModel, load_yaml
from geo.dictionary import folder

Percent = Annotated[float, Field(gt=0)]
Factor = Literal[
    "software",
    "depletion",
    "drilling",
    "correction",
    "domains",
    "method",
    "density",
    "cutoff",
    "class",
    "licence",
]
"""What may make one figure differ from the next (docs/attribution.md)."""

FACTORS: tuple[Factor, ...] = get_args(Factor)
"""Every factor, in the order in which they are printed where nobody decides otherwise."""


class Limit(StrictModel):
    """One limit, and what says so."""

    citation: str
    verified: bool
    """Whether a person has read the figure in the cited text itself."""


class MetalLimit(Limit):
    """Change of identified metal (retained and mined, classes added), per cent, either way."""

    main_pct: Percent
    """Of the main element."""
    other_pct: Percent
    """Of any other element."""


class FiledLimit(Limit):
    """Change of identified main metal against the last filed figure: what calls for a filing."""

    change_pct: Percent
    reaches_medium: bool
    """Also where the figure reaches medium size (中型) and the filed one had not."""


class UnexplainedLimit(Limit):
    """A change of main metal that new data are too few to explain."""

    change_pct: Percent
    new_data_pct: Percent
    """Composites gained or lost, in per cent of the reference's: fewer than this."""


class LostRowsLimit(Limit):
    """Data that stood behind the reference and no longer stand behind the figure."""

    holes: Annotated[int, Field(ge=0)]
    """Holes that may go without a word."""
    samples_pct: Annotated[float, Field(ge=0)]
    """Composites, or samples of an element, that may go."""


class ExtentLimit(Limit):
    """Change of the classified volume at the lowest cut-off both state, per cent, either way."""

    volume_pct: Percent


class MeanLimit(Limit):
    """Shift of a mean grade at the lowest cut-off both state, per cent, either way."""

    main_pct: Percent
    other_pct: Percent


class Limits(StrictModel):
    """Every limit of holding; ``null`` switches one off."""

    metal: MetalLimit | None
    filed: FiledLimit | None
    unexplained: UnexplainedLimit | None
    lost_rows: LostRowsLimit | None
    extent: ExtentLimit | None
    mean: MeanLimit | None


class Attribution(StrictModel):
    """How a change is split by its causes."""

    order: tuple[Factor, ...]
    """Factors in the order in which they are advanced; another order gives other shares."""
    domains_are: Literal["explored", "recalculated"]
    """Statutory column of a changed interpretation: 勘查增减 or 重算增减."""
    citation: str
    verified: bool

    @model_validator(mode="after")
    def _every_factor_once(self) -> Attribution:
        if sorted(self.order) != sorted(FACTORS):
            raise ValueError(f"order names each of these once: {', '.join(FACTORS)}")
        return self


class Review(StrictModel):
    """The whole file."""

    limits: Limits
    attribution: Attribution


def read_review(path: Path) -> Review:
    """Read ``configs/review.yaml``; where there is none, the one that comes with the program.

    Raises
    ------
    geo.config.ConfigError
        A key or value is wrong; the message names it.
    """
    return load_yaml(path if path.exists() else _shipped(), Review)


def _shipped() -> Path:
    """The program's own file: inside the installed package, or in the checkout."""
    installed = folder() / "review.yaml"
    beside = Path(__file__).resolve().parents[2] / "configs" / "review.yaml"
    return installed if installed.exists() else beside
