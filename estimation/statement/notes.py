"""What a reader of a statement must know beside its figures, in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from estimation.results import GateVerdict, StatementRow
from estimation.statement.density import Densities, density_remarks
from estimation.statement.standards import standard
from estimation.statement.tally import Counted
from geo.config import Names

NOTHING_CLASSIFIED = (
    "没有块段可列为资源量：工程太稀，或边界品位以上无矿 / "
    "no block can be stated as a resource: drilling too sparse for any class, or nothing above the "
    "cut-off"
)


def statement_notes(
    gate: Iterable[GateVerdict], counted: Counted, kind: Names, rows: Sequence[StatementRow]
) -> tuple[str, ...]:
    """No resource at all, domains held back, densities unlike their ore, moisture, smoothing.

    ``kind``: the deposit's kind, by which a density is judged; ``rows``: what is stated.
    """
    notes = [] if rows else [NOTHING_CLASSIFIED]
    notes += [
        f"{v.domain}：不具备地质统计学条件（{v.reason_zh}），"
        f"按距离平方反比法估算，不高于推断资源量 / "
        f"{v.domain}: geostatistics don't apply ({v.reason_en}); by inverse distance squared, "
        "Inferred at best"
        for v in gate
        if not v.allowed
    ]
    for r in density_remarks(counted.density, f"{kind.zh} {kind.en}"):
        low, high = r.expected_tpm3
        notes.append(
            f"{r.domain}：体重 {r.value_tpm3:.2f} t/m³ 超出{r.kind['zh']}的"
            f"常见范围 {low:g}–{high:g} / "
            f"{r.domain}: density {r.value_tpm3:.2f} t/m³ is outside the usual {low:g}-{high:g} of "
            f"{r.kind['en']}"
        )
    notes += _not_taken(counted.density)
    moisture = standard("density")["moisture"]
    notes.append(f"{moisture['zh']} / {moisture['en']}")
    steps = {step.name: step for step in counted.classes.steps}
    if "smoothing" in steps:
        before, after = (sum(steps[n].isolated.values()) for n in ("rules", "smoothing"))
        notes.append(
            f"类别平滑：孤立块段由 {before} 个减为 {after} 个 / "
            f"classes smoothed: isolated blocks from {before} to {after}"
        )
    return tuple(notes)


def _not_taken(density: Densities) -> list[str]:
    """Domains whose assigned density stands in the plan and isn't used: the measured mean is."""
    if density.plan.method != "domain_mean":
        return []
    given = density.plan.assigned_tpm3
    return [
        f"{name}：方案中的指定体重 {given[name]:g} t/m³ 未采用，取实测均值 {value:.2f}"
        f"（n={density.measured[name]}） / "
        f"{name}: the plan's assigned density {given[name]:g} t/m³ is not used, the measured mean "
        f"{value:.2f} is (n={density.measured[name]})"
        for name, value in density.by_domain.items()
        if name in given and name in density.means
    ]
