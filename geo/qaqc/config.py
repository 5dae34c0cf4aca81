"""What a project decides about its QA/QC: files, certificates, units, and what failure means."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat

from geo.config import StrictModel

Kind = Literal["standard", "blank", "pulp", "coarse", "field", "check"]
KINDS: tuple[Kind, ...] = ("standard", "blank", "pulp", "coarse", "field", "check")
"""标样、空白、内检（副样重复）、粗副样重复、现场重复、外检."""


class Certificate(StrictModel):
    """One certified value of a reference material (标准物质证书)."""

    material: str
    element: str
    """Symbol as in the tables' headings: ``Cu``."""
    unit: str
    value: PositiveFloat
    sd: PositiveFloat | None
    """Standard deviation of one determination by the certificate; null where it has none."""


class QaqcFile(StrictModel):
    """One table with control samples, in its own file or among the samples."""

    path: str
    sheet: str | None = None
    kind: Kind | None = None
    """What the table's controls are, where neither its cells nor its name say it."""
    material: str | None = None
    laboratory: str | None = None
    batch: str | None = None


class QaqcRules(StrictModel):
    """How control samples are judged and what follows; the figures' sources are in qaqc.yaml."""

    on_failure: Literal["note", "hold"]
    """``hold``: the assays of a failed batch are quarantined; ``note``: they are used."""
    standard: Literal["three_s", "relative_limit", "both"]
    """What a standard must keep: 3 standard deviations, Y_B of DZ/T 0130, or both."""
    blank_times_detection_limit: Annotated[float, Field(ge=1, le=10)]


class QaqcSource(StrictModel):
    """Where a deposit's QA/QC lies and how it is judged."""

    files: tuple[QaqcFile, ...] = ()
    """Tables of controls beside the assay tables, which are always searched."""
    rules: QaqcRules
    certificates: tuple[Certificate, ...] = ()
    elements: tuple[str, ...] = ()
    """Elements by which batches are judged (``cu``); none: the metals of qaqc.yaml."""
    units: dict[str, str] = Field(default_factory=dict)
    """Determination -> unit, where the tables don't state it; ``*`` stands for all others."""
    detection_limits: dict[str, PositiveFloat] = Field(default_factory=dict)
    """Determination -> detection limit in its table's unit, where no ``<`` shows it."""


PLAIN_RULES = QaqcRules(on_failure="note", standard="both", blank_times_detection_limit=5.0)
"""How a folder is judged for which nobody has decided: all is told, nothing is held."""
