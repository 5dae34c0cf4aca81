"""The door of QA/QC: files in, controls, judgements, failed batches and findings out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from geo.archives import locate
from geo.findings import DataError, Finding, RowBalance
from geo.formats import open_sheets
from geo.inbox import inside
from geo.qaqc.batches import BatchFailure, failed_batches
from geo.qaqc.blanks import BlankSeries, judge_blanks
from geo.qaqc.config import PLAIN_RULES, QaqcFile, QaqcSource
from geo.qaqc.controls import Controls, TableControls, joined
from geo.qaqc.duplicates import PairSeries, judge_pairs
from geo.qaqc.insertion import Insertion, insertion_rates, tell_insertion
from geo.qaqc.layouts import Layout, read_layout, worth_reading
from geo.qaqc.limits import Certified, known_element, words
from geo.qaqc.sheets import ControlSheet, read_control_sheet
from geo.qaqc.standards import StandardSeries, judge_standards
from geo.qaqc.telling import (
    named,
    tell_blanks,
    tell_failures,
    tell_pairs,
    tell_standards,
    tell_units,
)
from geo.rules import finding
from geo.tables.sheets import Sheet, UnreadableError

TABLES = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".parquet")
"""Suffixes of files that may hold control samples."""


@dataclass(frozen=True)
class QaqcReading:
    """The quality control of one deposit or folder."""

    controls: Controls
    standards: tuple[StandardSeries, ...]
    blanks: tuple[BlankSeries, ...]
    pairs: tuple[PairSeries, ...]
    failures: tuple[BatchFailure, ...]
    insertion: tuple[Insertion, ...]
    findings: tuple[Finding, ...]
    balances: tuple[RowBalance, ...]
    layouts: dict[str, str]
    """File (and sheet) -> how its controls stand."""
    holds: bool
    """Whether the assays of failed batches wait (``on_failure: hold``)."""

    @property
    def pass_rates(self) -> dict[str, float | None]:
        """Share of judged control determinations that keep their limits, in %, by kind."""
        kept: dict[str, list[Any]] = {}
        for standard in self.standards:
            if standard.judged:
                kept.setdefault("standard", []).extend(~standard.rejected)
        for blank in self.blanks:
            if blank.limit is not None:
                kept.setdefault("blank", []).extend(~blank.rejected)
        for pair in self.pairs:
            if pair.varies:
                kept.setdefault(pair.kind, []).extend(~pair.rejected)
        return {k: 100 * sum(map(bool, v)) / len(v) if v else None for k, v in kept.items()}


def read_qaqc(
    source: QaqcSource,
    root: Path,
    assay_files: Sequence[QaqcFile] = (),
    not_assayed: Sequence[str] = (),
    paths: Mapping[str, Path] | None = None,
) -> QaqcReading:
    """Read and judge the QA/QC of a deposit.

    Parameters
    ----------
    source
        Files, rules, certificates and units, from the belt's file.
    root
        Folder of the files.
    assay_files
        The assay tables, searched for controls among the samples.
    not_assayed
        Texts that mean "no assay was made" (``conventions.not_assayed``).
    paths
        Name of a file -> what is read for it, where that lies elsewhere (a frozen query).

    Returns
    -------
    QaqcReading
        Never raises for data: a file that can't be read is a finding.
    """
    tables = [
        table
        for file in (*source.files, *assay_files)
        for table in _read_inside(root, file, not_assayed, paths or {})
    ]
    return _judged(tables, source)


def check_qaqc_folder(path: Path, units: dict[str, str] | None = None) -> QaqcReading:
    """Look for QA/QC in every table of a folder of unknown files (or in one file).

    ``units`` are those of determinations whose tables don't state them (``*``: all). Nothing is
    held; every finding is told.
    """
    files = sorted(p for p in path.rglob("*") if p.suffix.casefold() in TABLES and p.is_file())
    found = [path] if path.is_file() else files
    base = path.parent if path.is_file() else path
    tables = []
    for each in found:
        name = each.relative_to(base).as_posix()
        # nothing says that two files are of one laboratory, so each is judged by itself
        tables += _read_file(each, QaqcFile(path=name, laboratory=name), ())
    return _judged(tables, QaqcSource(rules=PLAIN_RULES, units=units or {}))


def read_sheet(sheet: Sheet, file: QaqcFile, not_assayed: Sequence[str] = ()) -> TableControls:
    """Controls of one sheet, with what was found on the way; none is no error."""
    marks = (*words("not_assayed"), *not_assayed)
    table = read_control_sheet(sheet, marks) if worth_reading(sheet, file) else None
    layout = None if table is None else read_layout(table, file)
    if table is None or layout is None:
        note = finding("BN-QAQ-023", file=file.path, sheet=file.sheet)
        return TableControls(Controls(samples=0), (note,), None, None)
    balance = RowBalance(
        file.path,
        "qaqc",
        len(table),
        len(layout.used),
        0,
        len(table) - len(layout.used),
        file.sheet,
    )
    found = tuple(_table_findings(table, layout, file))
    return TableControls(layout.controls, found, balance, layout.name)


def _read_inside(
    root: Path, file: QaqcFile, not_assayed: Sequence[str], paths: Mapping[str, Path]
) -> list[TableControls]:
    """A configured file; one outside the folder isn't read."""
    try:
        path = inside(root, file.path)
    except DataError as error:
        return [TableControls(Controls(), error.findings, None, None)]
    return _read_file(paths.get(file.path, path), file, not_assayed)


def _read_file(path: Path, file: QaqcFile, not_assayed: Sequence[str]) -> list[TableControls]:
    """Every sheet of a file that holds controls, or one note that none does."""
    try:
        sheets = open_sheets(locate(path), file.sheet)
    except UnreadableError as error:
        found = finding(error.code, file=file.path, sheet=file.sheet, **error.words)
        return [TableControls(Controls(), (found,), None, None)]
    several = len(sheets) > 1
    read = [
        read_sheet(
            sheet,
            file.model_copy(update={"sheet": sheet.name}) if several else file,
            not_assayed,
        )
        for sheet in sheets
    ]
    held = [table for table in read if table.layout is not None]
    return held or read[:1]


def _table_findings(table: ControlSheet, layout: Layout, file: QaqcFile) -> list[Finding]:
    """What the table itself shows: controls found, negatives, blanks, lost originals."""
    where: dict[str, Any] = {"file": file.path, "sheet": file.sheet}
    kinds: dict[str, Any] = {
        f"kinds_{language}": ", ".join(
            f"{named(k)[f'kind_{language}']} {n}" for k, n in layout.controls.count.items()
        )
        for language in ("zh", "en")
    }
    found = [finding("BN-QAQ-001", **where, count=len(layout.used), **kinds)]
    for position, of in layout.unmatched:
        row = int(table.rows[position])
        found.append(finding("BN-QAQ-002", **where, row=row, of=of or "?", value=of))
    if table.negatives:
        count = table.negatives
        found.append(finding("BN-QAQ-013", **where, value=count, count=count))
    pairs = layout.controls.pairs
    if table.blanks:
        incomplete = int((pairs["first"].isna() | pairs["second"].isna()).sum())
        shown: dict[str, Any] = {"count": table.blanks, "pairs": incomplete}
        found.append(finding("BN-QAQ-014", **where, value=table.blanks, **shown))
    if layout.kind_assumed:
        found.append(finding("BN-QAQ-026", **where))
    return found


def _judged(tables: list[TableControls], source: QaqcSource) -> QaqcReading:
    """Judge the controls of all tables together."""
    controls = _with_units(joined(t.controls for t in tables), source.units)
    metals = {e.casefold() for e in source.elements} or set(words("metals"))
    standards = judge_standards(controls.repeats, _certificates(source), source.rules)
    blanks = judge_blanks(
        controls.repeats, controls.limits, source.detection_limits, source.rules, metals
    )
    pairs = judge_pairs(controls.pairs)
    failures = failed_batches(standards, blanks, pairs, metals)
    rates = insertion_rates(controls)
    found = [f for table in tables for f in table.findings]
    found += tell_units(controls.repeats, controls.pairs)
    found += tell_standards(standards) + tell_blanks(blanks) + tell_pairs(pairs)
    found += tell_insertion(rates, controls) + tell_failures(failures)
    return QaqcReading(
        controls,
        tuple(standards),
        tuple(blanks),
        tuple(pairs),
        tuple(failures),
        rates,
        tuple(dict.fromkeys(found)),
        tuple(t.balance for t in tables if t.balance is not None),
        {_place(t.balance): t.layout for t in tables if t.layout and t.balance},
        source.rules.on_failure == "hold",
    )


def _place(balance: RowBalance) -> str:
    """File and sheet of a table."""
    return f"{balance.file}#{balance.sheet}" if balance.sheet else balance.file


def _certificates(source: QaqcSource) -> list[Certified]:
    """The dictionary's certified values, with the project's own in front of them."""
    own = [
        Certified(c.material, known_element(c.element) or c.element, c.unit, c.value, c.sd, "")
        for c in source.certificates
    ]
    plain = [
        Certified(c["material"], c["element"], c["unit"], c["value"], c.get("sd"), c["source"])
        for c in words("certified")
    ]
    return [*plain, *own]


def _with_units(controls: Controls, units: dict[str, str]) -> Controls:
    """Fill units that the tables don't state, as configured."""
    if not units:
        return controls

    def told(element: str, unit: str) -> str:
        return unit or units.get(element, units.get("*", ""))

    frames = []
    for frame in (controls.repeats, controls.pairs):
        pairs = frame[["element", "unit"]].drop_duplicates().itertuples(index=False)
        known = {(e, u): told(str(e), str(u)) for e, u in pairs}
        keys = zip(frame["element"], frame["unit"], strict=True)
        frames.append(frame.assign(unit=[known[key] for key in keys]))
    limits = {(e, told(e, u)): value for (e, u), value in controls.limits.items()}
    return replace(controls, repeats=frames[0], pairs=frames[1], limits=limits)
