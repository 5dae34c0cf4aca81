"""Does a deposit have what its plan needs? Looked for before anything is computed."""

from __future__ import annotations

import difflib

from estimation.belts import Deposit
from geo.config import DrillholeFile
from geo.drillholes.reading import DrillholeReading
from geo.findings import Finding
from geo.rules import finding


def planned_elements_missing(deposit: Deposit, reading: DrillholeReading) -> tuple[Finding, ...]:
    """Findings for elements of the plan that the tables hold no assay of.

    The main element is needed in every campaign; the others by the first vintage.
    """
    plan, holes = deposit.plan, reading.drillholes
    if plan is None or holes is None:
        return ()
    missing = []
    for name, element in plan.elements.items():
        table = "assay" if element.source == "basic" else "combined"
        frame = getattr(holes, table)
        known = frame["as_of"][frame[name].notna()] if name in frame else frame["as_of"][:0]
        for campaign in deposit.drillholes.campaigns:
            files = [f for f in campaign.files if f.table == table]
            if name == plan.main_element:
                absent = not (known == campaign.as_of).any()
            else:
                late = campaign.as_of <= min(deposit.vintages)
                absent = late and not (known <= min(deposit.vintages)).any()
            if absent:
                missing.append(_missing_element(name, files, deposit, reading))
    return tuple(missing)


def _missing_element(
    name: str, files: list[DrillholeFile], deposit: Deposit, reading: DrillholeReading
) -> Finding:
    """A finding at the header row, with the unread headers that look most like the element."""
    file = files[0].path if files else deposit.drillholes.root
    unread = [
        heading
        for f in reading.findings
        if f.code == "BN-TAB-013" and f.file == file
        for heading in str(f.value).split(", ")
    ]
    near = difflib.get_close_matches(name, unread, n=3, cutoff=0.3)
    return finding(
        "BN-TAB-006",
        file=file,
        sheet=files[0].sheet if files else None,
        row=1,
        column=name,
        near=", ".join(near) or "-",
        near_first=(near or ["<header>"])[0],
        wanted=name,
    )


def codes_in_no_domain(deposit: Deposit, reading: DrillholeReading) -> tuple[Finding, ...]:
    """A finding for each logged code that no domain of the plan names: its metres are left out."""
    plan, holes = deposit.plan, reading.drillholes
    if plan is None or holes is None or plan.domains.column is None:
        return ()
    log = holes.lithology
    known = {code for codes in plan.domains.codes.values() for code in codes}
    stray = log[~log[plan.domains.column].isin(known)]
    found = []
    for code, rows in stray.groupby(plan.domains.column):
        metres = float((rows["to_m"] - rows["from_m"]).sum())
        first = rows.iloc[0]
        found.append(
            finding(
                "BN-INT-008",
                file=str(first["file"]),
                row=int(first["row"]),
                column=plan.domains.column,
                value=code,
                logged=code,
                metres=f"{metres:.1f}",
            )
        )
    return tuple(found)
