"""Words that every part of a plan uses."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from geo.config import StrictModel

CLASSES = ("measured", "indicated", "inferred")
"""GB/T 17766-2020 探明 / 控制 / 推断, from the surest down."""

ClassName = Literal["measured", "indicated", "inferred"]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class GeometryFile(StrictModel):
    """A file of geometry: a mesh, a polygon or a surface, in the belt's system."""

    root: str
    """Folder; ``$NAME`` is expanded from the environment, relative to the belt's file."""
    path: str
    element: str | None = None
    """Name of one element of a file that holds several (OMF, DXF layer); null: the only one."""
