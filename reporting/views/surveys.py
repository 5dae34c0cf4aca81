"""Where a belt's page of surveys lies, and whether there is anything on it."""

from __future__ import annotations

from estimation.belts import Belt
from reporting.report import SiteReport
from reporting.site.frame import file_name


def surveys_href(belt: Belt, root: str) -> str:
    """Relative address of a belt's page of surveys."""
    return f"{root}surveys/{file_name(belt.id)}"


def has_surveys(report: SiteReport, belt: Belt) -> bool:
    """Whether the belt has surveys or rasters, worked or not."""
    return bool(belt.geochemistry or belt.rasters or report.surveys.get(belt.id))
