"""A ledger of any length, written past the triggers with the hashes and folds it would have.

Nights of small estimates that were superseded come first, then one night of whole estimates, then
what people entered: publications, holds, filings, statistics, mining records, splits of changes and
a few corrections. Contents of superseded nights are small (a few hundred bytes, where a real one
has ten thousand): millions of them differ from real ones in disk space only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import Any

from tracking.ledger.entries import (
    FIGURES,
    FORMAT,
    GENESIS,
    STATUS,
    LedgerEntry,
    canonical,
    entry_hash,
)
from tracking.ledger.schema import ledger_entry
from tracking.ledger.standing import EntryState, Key, Standing, fold, key_of
from tracking.ledger.standing_tables import FIGURE, line_rows, plain

BELTS, PROVINCES = 16, 9
VINTAGES = tuple(date(2016 + year, 12, 31) for year in range(10))
CLASSES = ("measured", "indicated", "inferred")
GRADES = {"cu_pct": 0.5, "mo_pct": 0.02, "re_ppm": 0.1, "au_gpt": 0.1, "ag_gpt": 2.0}
PER_TONNE = {"pct": 100, "ppm": 10**6, "gpt": 10**6}
CUTOFFS = (0.2, 0.3, 0.4)
REPORTING_CUTOFF = 0.3
FACTORS = ("depletion", "drilling", "method")
AT = "2026-11-01T00:00:00.000000+00:00"
TURN = "@turn@"
COLUMNS = tuple(column.name for column in ledger_entry.columns)

Line = tuple[Any, ...]
"""One row of ``ledger_entry``, in the order of ``COLUMNS``."""


def row_of(class_name: str, domain: str, cutoff: float, ore_kg: int, elements: int) -> Any:
    """One row of a statement whose metal is its ore times its grade."""
    figures = {
        name: {
            "grade": grade,
            "metal_kg": round(ore_kg * grade / PER_TONNE[name.rpartition("_")[2]]),
            "evaluated_ore_kg": ore_kg,
        }
        for name, grade in list(GRADES.items())[:elements]
    }
    return {
        "class": class_name,
        "domain": domain,
        "cutoff": cutoff,
        "volume_m3": ore_kg / 2600.0,
        "ore_kg": ore_kg,
        "elements": figures,
    }


def figure_of(deposit: int, vintage: date, kind: str, series: str) -> dict[str, Any]:
    """What every content of a deposit begins with."""
    return {
        "format": FORMAT,
        "kind": kind,
        "series": series,
        "status": STATUS.get(kind, "filed / 已备案"),
        "belt_id": f"belt-{deposit % BELTS:02d}",
        "deposit_id": f"deposit-{deposit:05d}",
        "vintage": vintage.isoformat(),
        "province": {"zh": f"省{deposit % PROVINCES}", "en": f"Province {deposit % PROVINCES}"},
        "domestic": deposit % 50 > 0,
    }


def night_content(deposit: int, vintage: date, turn: int | str) -> dict[str, Any]:
    """An estimate that was superseded: one row."""
    return {
        **figure_of(deposit, vintage, "estimate", "internal"),
        "main_element": "cu_pct",
        "reporting_cutoff": REPORTING_CUTOFF,
        "data_hash": str(turn),
        "statement": [row_of("measured", "all", REPORTING_CUTOFF, 10**10, 1)],
    }


def whole_content(deposit: int, vintage: date) -> dict[str, Any]:
    """An estimate as large as a real one: classes, domains, cut-offs and five elements."""
    ore_kg = 10**10 + deposit * 10**6 + vintage.year * 10**5
    return {
        **figure_of(deposit, vintage, "estimate", "internal"),
        "main_element": "cu_pct",
        "elements": list(GRADES),
        "reporting_cutoff": REPORTING_CUTOFF,
        "statement": [
            row_of(name, domain, cutoff, round(ore_kg * (1.2 - cutoff)), len(GRADES))
            for cutoff in CUTOFFS
            for name in CLASSES
            for domain in ("oxide", "sulphide")
        ],
        "mined": [row_of("measured", "sulphide", REPORTING_CUTOFF, 10**8, len(GRADES))],
        "depletion": [row_of("measured", "sulphide", REPORTING_CUTOFF, 10**7, len(GRADES))],
        "support": [
            {"element": e, "source": "basic", "method": "ordinary kriging"} for e in GRADES
        ],
        "data_hash": hashlib.sha256(f"{deposit} {vintage}".encode()).hexdigest(),
    }


@dataclass
class Folded:
    """What the three folded tables hold, by the ledger's own pure function."""

    standings: dict[Key, Standing] = field(default_factory=dict)
    states: dict[int, EntryState] = field(default_factory=dict)
    by_figure: dict[Key, dict[int, EntryState]] = field(default_factory=dict)
    changed_by: dict[int, int] = field(default_factory=dict)
    figure_of_state: dict[int, Key] = field(default_factory=dict)
    lines: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    """Summed kilograms of figures' entries that may be pointed to."""
    texts: dict[int, str] = field(default_factory=dict)
    """Contents of the same entries, as written."""
    before: dict[int, int | None] = field(default_factory=dict)

    def older(self, number: int) -> int | None:
        """Number of the figure's entry before the given one."""
        return self.before[number]

    def content(self, number: int) -> dict[str, Any]:
        """Content of one of the entries kept."""
        content: dict[str, Any] = json.loads(self.texts[number])
        return content

    def take(self, entry: LedgerEntry) -> None:
        """Fold one entry."""
        key = key_of(entry)
        if entry.kind in FIGURES:
            self.enter(entry.number, entry.content, entry.supersedes)
        if entry.kind in FIGURES or entry.content.get("of") in FIGURES:
            own = self.by_figure.setdefault(key, {})
            self.standings[key], changed = fold(self.standings.get(key), own, entry, self)
            own |= changed
        elif entry.kind == "correction":
            about = entry.content["about"]
            changed = {about: replace(EntryState(about), corrected_by=entry.number)}
        else:
            return
        for number, state in changed.items():
            self.states[number], self.changed_by[number] = state, entry.number
            self.figure_of_state[number] = key

    def enter(self, number: int, content: dict[str, Any], older: int | None) -> None:
        """Keep what a pointer to this entry of a figure would need."""
        self.lines[number], self.before[number] = line_rows(number, content), older
        self.texts[number] = canonical(content)

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Rows of every folded table."""
        pointed = sorted(number for s in self.standings.values() for number in s.pointed)
        return {
            "standing": [plain(found) for found in self.standings.values()],
            "entry_state": [
                {
                    **dict(zip(FIGURE, self.figure_of_state[number], strict=True)),
                    **asdict(state),
                    "changed_by": self.changed_by[number],
                }
                for number, state in self.states.items()
            ],
            "standing_line": [row for number in pointed for row in self.lines[number]],
        }


class Chain:
    """The lines of a ledger, one after another; after the last, ``folded`` is what stands."""

    def __init__(self, entries: int, deposits: int):
        self.folded = Folded()
        self._figures = [(d, v) for v in VINTAGES for d in range(deposits)]
        self._deposits = deposits
        self._turns = max(2, (entries - self._entered()) // len(self._figures))
        self._number, self._last_hash = 0, GENESIS

    def __iter__(self) -> Iterator[Line]:
        """Every line in order."""
        yield from self._nights()
        for deposit, vintage in self._figures:
            older = self._number - len(self._figures) + 1
            self.folded.enter(older, night_content(deposit, vintage, self._turns - 2), None)
            yield self._append(whole_content(deposit, vintage), supersedes=older)
        yield from self._reviews()
        yield from self._records()
        yield from self._splits()

    def _entered(self) -> int:
        """About how many entries people make."""
        return self._deposits * 40

    def _nights(self) -> Iterator[Line]:
        """Estimates that were superseded, fast: text is cut and joined, hashes are real."""
        cut = []
        for deposit, vintage in self._figures:
            content = night_content(deposit, vintage, TURN)
            head, tail = canonical(content).split(TURN)
            cut.append((head, tail, content))
        for turn in range(self._turns - 1):
            for head, tail, content in cut:
                text = f"{head}{turn}{tail}"
                older = self._number + 1 - len(cut) if turn else None
                yield self._tie(text, content, older)

    def _tie(self, text: str, content: dict[str, Any], supersedes: int | None) -> Line:
        """One line, tied to the one before."""
        self._number += 1
        number, before = self._number, self._last_hash
        belt, deposit, vintage = content["belt_id"], content["deposit_id"], content["vintage"]
        kind, series, status = content["kind"], content["series"], content["status"]
        content_hash = hashlib.sha256(text.encode()).hexdigest()
        tied = (
            f'{{"belt_id":"{belt}","code_version":"bench","content_hash":"{content_hash}",'
            f'"deposit_id":"{deposit}","format":2,"kind":"{kind}","number":{number},'
            f'"previous_hash":"{before}","recorded_at":"{AT}","run_id":"bench",'
            f'"series":"{series}","status":"{status}",'
            f'"supersedes":{supersedes or "null"},"vintage":"{vintage}"}}'
        )
        self._last_hash = hashlib.sha256(tied.encode()).hexdigest()
        return (
            number, belt, deposit, vintage, status, text, content_hash, before, self._last_hash,
            "bench", AT, "bench", supersedes, FORMAT, kind, series,
        )  # fmt: skip

    def _append(self, content: dict[str, Any], supersedes: int | None = None) -> Line:
        """One line of a whole content, folded."""
        line = self._tie(canonical(content), content, supersedes)
        named = dict(zip(COLUMNS, line, strict=True))
        if entry_hash(named) != named["entry_hash"]:
            raise AssertionError("the chain is tied otherwise than the ledger ties it")
        vintage = date.fromisoformat(named["vintage"])
        self.folded.take(LedgerEntry(**{**named, "content": content, "vintage": vintage}))
        return line

    def _reviews(self) -> Iterator[Line]:
        """Every figure but the last of a deposit is published; some last ones are held."""
        for (deposit_id, vintage, _), found in sorted(self.folded.standings.items()):
            last = vintage == VINTAGES[-1].isoformat()
            steps = ("approved", "published") if not last else ("held",)
            now = "draft"
            deposit = int(deposit_id.rpartition("-")[2])
            if last and deposit % 10:
                continue
            for to in steps:
                about = {"about": found.newest, "of": "estimate", "axis": "review", "from": now}
                said = {"to": to, "by": "bench", "reason": "bench", "date": vintage, "limits": []}
                base = figure_of(deposit, date.fromisoformat(vintage), "decision", "internal")
                yield self._append({**base, **about, **said})
                now = to

    def _records(self) -> Iterator[Line]:
        """Filings, statistics and mining records; every hundredth of these taken back."""
        for deposit in range(self._deposits):
            for vintage in VINTAGES[4::5]:
                number = f"备案〔{vintage.year}〕{deposit}号"
                yield self._append(_filing(deposit, vintage, number))
            for vintage in VINTAGES[1:]:
                base = figure_of(deposit, vintage, "mining", "records")
                mined = [row_of("measured", "all", REPORTING_CUTOFF, 10**7, 2)]
                yield self._append({**base, "mined": mined, "citation": "bench"})
            if deposit % 100 == 0:
                about = {"about": self._number, "of": "mining", "by": "bench", "reason": "bench"}
                base = figure_of(deposit, VINTAGES[-1], "correction", "records")
                yield self._append({**base, **about})
        for vintage in VINTAGES:
            for province in range(PROVINCES):
                content = _filing(province, vintage, f"source:statistics-{province}")
                area = {"deposit_id": f"province:省{province}", "scope": "province"}
                yield self._append({**content, **area})

    def _splits(self) -> Iterator[Line]:
        """The change between every two figures of a deposit."""
        own = [(d, v, k) for (d, v, k) in sorted(self.folded.standings) if k == "internal"]
        for earlier, later in pairwise(own):
            if earlier[0] != later[0]:
                continue
            opening, closing = (self.folded.standings[key].newest for key in (earlier, later))
            deposit = int(later[0].rpartition("-")[2])
            series = f"forward:{opening}-{closing}"
            moved = {"cu_pct": dict.fromkeys(CLASSES, 10**6)}
            steps = [{"factor": name, "kg": moved} for name in FACTORS]
            base = figure_of(deposit, date.fromisoformat(later[1]), "attribution", series)
            yield self._append({**base, "opening": opening, "closing": closing, "steps": steps})


def _filing(deposit: int, vintage: date, series: str) -> dict[str, Any]:
    """A filed figure from outside."""
    proved = {
        "state": "filed",
        "filed_date": f"{vintage.year + 1}-06-30",
        "stat_year": None,
        "document_no": series if series.startswith("备案") else None,
    }
    return {
        **figure_of(deposit, vintage, "outside", series),
        "scope": "deposit",
        "filing": proved,
        "main_element": "cu_pct",
        "statement": [row_of(name, "all", REPORTING_CUTOFF, 10**10, 2) for name in CLASSES],
        "reporting_cutoff": REPORTING_CUTOFF,
        "citation": "bench",
    }
