"""How far a figure may be off: conditional simulation, where a plan asks for it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from geo.config import StrictModel


class UncertaintyPlan(StrictModel):
    """Conditional simulation of the main element; docs/uncertainty.md says what it holds fixed."""

    realizations: Annotated[int, Field(ge=20, le=2000)] = 100
    """Equally likely pictures of the deposit; 100 give P10 and P90 to about ±4 percentiles."""
    seed: Annotated[int, Field(ge=0)] = 1
    nodes: tuple[
        Annotated[int, Field(ge=1, le=8)],
        Annotated[int, Field(ge=1, le=8)],
        Annotated[int, Field(ge=1, le=8)],
    ] = (2, 2, 1)
    """Points of a block along x, y, z whose grades are averaged to the block's."""
