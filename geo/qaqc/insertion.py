"""How many controls were inserted (质控样插入率), against what is wanted."""

from __future__ import annotations

from dataclasses import dataclass

from geo.findings import Finding
from geo.qaqc.controls import Controls
from geo.qaqc.limits import limits, words
from geo.rules import finding


@dataclass(frozen=True)
class Insertion:
    """Controls of one kind (or ``controls``: of all kinds) for the samples they stand among."""

    kind: str
    count: int
    samples: int
    wanted_pct: float

    @property
    def share_pct(self) -> float:
        """Controls for 100 samples; for all kinds, their share of all determinations' rows."""
        total = self.samples + (self.count if self.kind == "controls" else 0)
        return 100 * self.count / total

    @property
    def enough(self) -> bool:
        """Whether the wanted share is reached."""
        return self.share_pct >= self.wanted_pct


def insertion_rates(controls: Controls) -> tuple[Insertion, ...]:
    """Rates of internal checks (~10 %), external checks (3-5 %) and all controls (20 %).

    Sources: DZ/T 0130-2006 for the first two, practice for the last (all unverified). Empty where
    no samples stand beside the controls, so that nothing is known of the rate.
    """
    if not controls.samples:
        return ()
    figures = limits()["insertion"]
    count = controls.count
    made = [
        Insertion(kind, count.get(kind, 0), controls.samples, figures[f"{kind}_pct"])
        for kind in ("pulp", "check")
    ]
    made.append(
        Insertion("controls", sum(count.values()), controls.samples, figures["controls_pct"])
    )
    return tuple(made)


def tell_insertion(rates: tuple[Insertion, ...], controls: Controls) -> list[Finding]:
    """One finding for each rate that isn't reached."""
    names = {**words("names"), "controls": {"zh": "全部质控样", "en": "all controls"}}
    frame = controls.repeats if len(controls.repeats) else controls.pairs
    file = str(frame["file"].iloc[0]) if len(frame) else ""
    return [
        finding(
            "BN-QAQ-018",
            file=file,
            what_zh=names[r.kind]["zh"],
            what_en=names[r.kind]["en"],
            share=f"{r.share_pct:.1f}",
            wanted=f"{r.wanted_pct:g}",
            count=r.count,
            total=r.samples + (r.count if r.kind == "controls" else 0),
        )
        for r in rates
        if not r.enough
    ]
