"""Records from outside: forms read, checked, held against what stands, and entered in the ledger.

A form is entered whole or not at all, and one form's trouble stops no other. Its original is kept
in the vault before the ledger is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from flows.belts import all_belts
from flows.door import workflow
from flows.manifest import new_run_id, write_manifest
from flows.runtime import Workspace, read_runtime
from geo.config import ConfigError
from geo.days import today
from geo.files import write_whole
from geo.findings import Finding
from geo.vault import keep
from reporting.record_form import form_workbook, form_yaml
from tracking import INTERNAL, Ledger, LedgerEntry, LedgerError
from tracking import Standing as Figure
from tracking.forms.against import Standing, compare, open_questions, standing_records
from tracking.forms.checks import KnownDeposit, checked_figure
from tracking.forms.outside import OutsideFigure
from tracking.forms.reading import ENDINGS, Form, read_form

Outcome = Literal["entered", "standing", "whole", "held", "refused"]
"""entered; standing: says what an entry says already; whole: only checked; held: something must be
confirmed; refused: an error."""


@dataclass(frozen=True)
class Recorded:
    """What became of one form."""

    file: str
    outcome: Outcome
    entry: int | None
    """Number in the ledger, of the new entry or of the one that stands."""
    figure: OutsideFigure | None
    """What the form states; None where it isn't whole."""
    findings: tuple[Finding, ...]

    def as_json(self) -> dict[str, Any]:
        """The documented ``--json`` shape (docs/json.md)."""
        content = self.figure.content if self.figure else {}
        return {
            "file": self.file,
            "outcome": self.outcome,
            "entry": self.entry,
            "deposit": content.get("deposit_id"),
            "vintage": content.get("vintage"),
            "series": content.get("series"),
            "filing": self.figure.filing if self.figure else None,
            "status": content.get("status"),
            "findings": [finding.as_json() for finding in self.findings],
        }


@workflow(name="record")
def record(
    paths: Sequence[str],
    configs: str = "configs/belts",
    workspace: str = "workspace",
    *,
    only_check: bool = False,
    run_id: str | None = None,
) -> tuple[Recorded, ...]:
    """Check the forms (folders: every form in them) and enter those that are whole.

    Raises
    ------
    ConfigError
        A path names nothing, or a folder holds no form.
    LedgerError
        The ledger can't be reached; forms entered before stay entered.
    """
    forms = form_files(paths)
    house = Workspace(Path(workspace))
    url = house.ledger_url(read_runtime(Path(configs).parent / "runtime.yaml"))
    run_id = run_id or new_run_id()
    with Ledger(url) as ledger:
        desk = _Desk(ledger, house, run_id, _known_deposits(configs), only_check)
        desk.look()
        found = tuple(_one(desk, path) for path in forms)
    if not only_check:
        write_manifest(house.run(run_id), "record", [item.as_json() for item in found])
    return found


def form_files(paths: Sequence[str]) -> list[Path]:
    """Forms named, and all forms of the folders named, in order of name.

    Raises
    ------
    ConfigError
        A path names nothing, or a folder holds no form.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = [p for p in sorted(path.iterdir()) if p.suffix.lower() in ENDINGS]
            inside = [p for p in inside if not p.name.startswith(("~$", "."))]
            if not inside:
                wanted = ", ".join(ENDINGS)
                raise ConfigError(f"{path}: no form ({wanted}) / 文件夹里没有登记表")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise ConfigError(f"{path}: no such file / 没有这个文件; bornite form FORM.xlsx")
    return list(dict.fromkeys(found))


def write_form(out: Path) -> Path:
    """Write an empty form, XLSX or YAML by its ending; what is there is never written over.

    Raises
    ------
    ConfigError
        The ending is another, or the file exists.
    """
    ending = out.suffix.lower()
    if ending not in (".xlsx", ".yaml", ".yml"):
        raise ConfigError(f"{out}: .xlsx or .yaml is needed / 须为 .xlsx 或 .yaml")
    if out.exists():
        raise ConfigError(f"{out} exists; name another file / 文件已存在，请另起名")
    write_whole(out, form_workbook() if ending == ".xlsx" else form_yaml().encode("utf-8"))
    return out


@dataclass
class _Desk:
    """What every form of a batch is held against and entered into."""

    ledger: Ledger
    house: Workspace
    run_id: str
    deposits: dict[str, KnownDeposit]
    only_check: bool
    standing: list[Standing] = field(default_factory=list)
    """Records from outside that stand, those of this batch too."""
    filed_inside: dict[str, Figure] = field(default_factory=dict)
    """Estimates of our own that were filed, by number."""

    def look(self) -> None:
        """Read what stands in the ledger now."""
        taken_back = {entry.content["about"] for entry in self.ledger.entries(kind="correction")}
        found = self.ledger.entries(kind="outside")
        self.standing = standing_records(e for e in found if e.number not in taken_back)
        own = [s for s in self.ledger.standings() if s.series == INTERNAL and s.official]
        self.filed_inside = {s.document_no: s for s in own if s.document_no}

    def checked(self, form: Form, figure: OutsideFigure) -> None:
        """Note a form that is whole, so that the next of the batch is held against it."""
        self.standing = [s for s in self.standing if s.number != (figure.replaces or -1)]
        self.standing.append(Standing(0, figure.content, form.file))

    def entered(self, entry: LedgerEntry, replaces: int | None) -> None:
        """Note a new entry, so that the next form is held against it."""
        self.standing = [s for s in self.standing if s.number != replaces]
        self.standing += standing_records([entry])


def _one(desk: _Desk, path: Path) -> Recorded:
    """Check one form, and enter it where it is whole."""
    form = read_form(path)
    figure = checked_figure(form, today(), desk.deposits)
    if figure is None:
        return _outcome(form, "refused", None)
    judged = _judged(desk, form, figure)
    if judged is not None:
        return judged
    if desk.only_check:
        desk.checked(form, figure)
        return _outcome(form, "whole", figure)
    if keep(path, desk.house.root) != form.sha256:
        form.say("BN-INB-005")
        return _outcome(form, "refused", None)
    return _entered(desk, form, figure)


def _entered(desk: _Desk, form: Form, figure: OutsideFigure) -> Recorded:
    """Enter the figure; where another writer came first, say what stands now."""
    try:
        entry = desk.ledger.record_outside(figure, desk.run_id)
    except LedgerError:
        desk.look()
        judged = _judged(desk, form, figure)
        if judged is None:
            raise
        return judged
    desk.entered(entry, figure.replaces)
    mine = entry.run_id == desk.run_id
    return _outcome(form, "entered" if mine else "standing", figure, entry.number)


def _judged(desk: _Desk, form: Form, figure: OutsideFigure) -> Recorded | None:
    """What becomes of the form without being entered; None where it may be."""
    own = desk.filed_inside.get(figure.document_no or "")
    if own is not None:  # an estimate of ours was filed under the number: it counts once
        words = {"deposit": own.deposit_id, "vintage": own.vintage, "entry": own.official}
        form.say("BN-LED-045", form.header["filing_no"], number=figure.document_no, **words)
    stands = compare(form, figure, desk.standing, desk.deposits)
    if any(found.severity == "error" for found in form.findings):
        return _outcome(form, "refused", None)
    if stands is not None:
        return _outcome(form, "standing", figure, stands.number or None)
    return _outcome(form, "held", figure) if open_questions(form) else None


def _outcome(
    form: Form, outcome: Outcome, figure: OutsideFigure | None, entry: int | None = None
) -> Recorded:
    return Recorded(form.file, outcome, entry, figure, tuple(form.findings))


def _known_deposits(configs: str) -> dict[str, KnownDeposit]:
    """Configured deposits: their belt and province."""
    return {
        deposit.id: KnownDeposit(belt.id, belt.province.zh)
        for _, belt in all_belts(Path(configs)).values()
        for deposit in belt.deposits
    }
