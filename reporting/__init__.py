"""What people read: the static bilingual site, its figures, and the Excel workbook."""

from reporting.report import LedgerSummary, SiteReport
from reporting.site.build import SiteBuilt, build_site, build_sites
from reporting.workbook.book import write_workbook

__all__ = [
    "LedgerSummary",
    "SiteBuilt",
    "SiteReport",
    "build_site",
    "build_sites",
    "write_workbook",
]
