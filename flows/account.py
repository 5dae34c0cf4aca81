"""The account of one belt's files: what was accepted, refused and found, where its rows went."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from estimation.belts import Belt, Deposit
from flows.manifest import plain
from flows.reasons import (
    NO_HOLES,
    folder_in_belt,
    folder_in_deposit,
    reason_of,
    reason_of_json,
)
from geo.drillholes.campaigns import campaign_summary
from geo.drillholes.reading import DrillholeReading
from geo.findings import Finding, RowBalance
from geo.qaqc import QaqcReading
from geo.rules import blocks
from geo.special.review import Review, review
from reporting.units import Text


def quality_account(quality: QaqcReading) -> dict[str, Any]:
    """What an account keeps of a deposit's quality control (docs/json.md)."""
    rates = {kind: None if v is None else round(v, 6) for kind, v in quality.pass_rates.items()}
    batches = dict.fromkeys((f.laboratory, f.batch) for f in quality.failures)
    return {
        "controls": quality.controls.count,
        "samples": quality.controls.samples,
        "pass_rates_pct": rates,
        "failed_batches": [{"laboratory": lab, "batch": batch} for lab, batch in batches],
        "held": quality.holds and bool(quality.failures),
    }


@dataclass
class Ingested:
    """What became of one belt's files."""

    belt_id: str
    accepted: list[str] = field(default_factory=list)
    """Deposits whose drill-holes can be estimated."""
    refused: dict[str, Text] = field(default_factory=dict)
    """Deposit, or survey file -> why it can't be used."""
    findings: tuple[Finding, ...] = ()
    balances: tuple[RowBalance, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    """Path as configured -> SHA-256 (its name in the vault)."""
    special: dict[str, Review] = field(default_factory=dict)
    """Deposit -> special values of its grades, before and after their rules."""
    quality: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Deposit -> its quality control: controls, pass rates, failed batches."""
    campaigns: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Deposit -> holes, metres and samples by campaign, drill type and laboratory."""
    unchanged_since: str | None = None
    """Where nothing new was dropped: when this account was made (ISO)."""

    def take_reading(self, deposit: Deposit, reading: DrillholeReading) -> None:
        """Enter one deposit's reading."""
        self.findings += reading.findings
        self.balances += reading.balances
        self.files |= reading.files
        self.special[deposit.id] = review(reading.special)
        if reading.quality is not None:
            self.quality[deposit.id] = quality_account(reading.quality)
        if reading.drillholes is not None:
            summary = campaign_summary(reading.drillholes)
            self.campaigns[deposit.id] = plain(summary.to_dict("records"))
        if reading.drillholes is None:
            self.refuse(deposit, tuple(filter(blocks, reading.findings)))
        else:
            self.accepted.append(deposit.id)

    def refuse(self, deposit: Deposit, why: tuple[Finding, ...]) -> None:
        """Refuse a deposit for the first of some findings."""
        folder = folder_in_deposit(deposit, why[0].file) if why else None
        self.refused[deposit.id] = reason_of(why[0], folder) if why else NO_HOLES

    def take_surveys(self, belt: Belt, findings: tuple[Finding, ...]) -> None:
        """Enter what was found in surveys and rasters.

        A file that can't be used is refused, and so is every deposit whose ground it is.
        """
        self.findings += findings
        for item in filter(blocks, findings):
            folder = folder_in_belt(belt, item.file)
            self.refused.setdefault(item.file, reason_of(item, folder, names_file=False))
            names = {raster.name for raster in belt.rasters if raster.path == item.file}
            for deposit in belt.deposits:
                if deposit.topography.raster in names and deposit.id in self.accepted:
                    self.accepted.remove(deposit.id)
                    self.refused[deposit.id] = reason_of(item, folder)

    def as_json(self) -> dict[str, Any]:
        """All of it, as :meth:`of_json` takes it back."""
        whole: dict[str, Any] = plain(self)
        return whole

    @classmethod
    def of_json(cls, kept: dict[str, Any]) -> Ingested:
        """The account from what :meth:`as_json` gave."""
        known = {f.name: kept[f.name] for f in fields(cls) if f.name in kept}
        known["special"] = {d: Review.of_json(r) for d, r in kept.get("special", {}).items()}
        known["refused"] = {n: reason_of_json(r) for n, r in kept.get("refused", {}).items()}
        known["findings"] = tuple(Finding(**found) for found in kept["findings"])
        known["balances"] = tuple(RowBalance(**balance) for balance in kept["balances"])
        return cls(**known)
