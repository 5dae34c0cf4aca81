"""What a check found: one frozen record for each place, with its rule and its fix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True)
class Finding:
    """One thing found in the data, precise enough to be mended without reading code.

    ``row`` is the row's number in the file as a spreadsheet shows it (the header is row 1
    where the table starts at the top).
    """

    code: str
    severity: Severity
    file: str
    message_zh: str
    message_en: str
    fix_zh: str
    fix_en: str
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The documented ``--json`` shape of a finding (docs/json.md)."""
        plain = asdict(self)
        plain["message"] = {"zh": plain.pop("message_zh"), "en": plain.pop("message_en")}
        plain["fix"] = {"zh": plain.pop("fix_zh"), "en": plain.pop("fix_en")}
        return plain


@dataclass(frozen=True)
class RowBalance:
    """Where the rows of one table went: ``rows_in`` = accepted + quarantined + skipped."""

    file: str
    table: str
    rows_in: int
    accepted: int
    quarantined: int
    skipped: int
    sheet: str | None = None

    def __post_init__(self) -> None:
        """Nothing is lost: a reading whose rows do not foot is no reading."""
        if self.rows_in != self.accepted + self.quarantined + self.skipped:
            raise ValueError(f"rows do not foot: {self}")


def worst(findings: Iterable[Finding]) -> Severity | None:
    """Return the gravest severity among ``findings``, or None where there are none."""
    found = {finding.severity for finding in findings}
    return next((level for level in ("error", "warning", "info") if level in found), None)


class DataError(Exception):
    """Data that can't be used at all; carries its findings, never shown as a traceback."""

    def __init__(self, findings: Iterable[Finding]):
        self.findings = tuple(findings)
        super().__init__("; ".join(f"{f.code} {f.file}: {f.message_en}" for f in self.findings))
