"""Growth against a target: per baseline, by vintage, belt, province and deposit.

With R0 the baseline, A the additions since its date and D the depletion, a growth of p needs
additions of ``p R0 + D`` in all where the basis is retained, ``p R0`` where it is cumulative
identified. Net, gross and growth without cut-off changes stand beside each other always
(:mod:`tracking.target.stock`). The growth of modelled deposits is never extrapolated to deposits
that are not in the ledger: of a baseline that counts more than the modelled deposits, coverage
and the growth required elsewhere are stated instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from estimation.plan import ClassName
from tracking.ledger.entries import LedgerEntry, current_of
from tracking.movement.movement import Movement, movements
from tracking.target.course import Course, Excluded, History, Question, course_of, excluded
from tracking.target.file import Baseline, Citation, Target, read_target
from tracking.target.likely import Likely, likely_growth
from tracking.target.official import FigurePart, figure_kg, official_views
from tracking.target.origin import origin_of
from tracking.target.progress import DAYS_A_YEAR, BaselineProgress, Line, Origin, TargetProgress
from tracking.target.projection import Aim, Projection, project
from tracking.target.stock import Share, Stock, base_kg, shares, stock_of

if TYPE_CHECKING:
    from tracking.ledger.book import Book

__all__ = [
    "AGGREGATE_EN",
    "AGGREGATE_ZH",
    "Baseline",
    "BaselineProgress",
    "Citation",
    "Excluded",
    "Line",
    "Share",
    "Stock",
    "Target",
    "TargetProgress",
    "read_target",
    "target_progress",
]

AGGREGATE_ZH = "合计（统计口径）"
AGGREGATE_EN = "total (statistical basis)"
"""Label of every tonnage here: classes added up, which only statistics do."""

SURER: tuple[ClassName, ...] = ("measured", "indicated")
"""Classes whose growth is stated apart: 探明 + 控制."""
NOTHING = ("台账中没有可用的内部估算", "the ledger holds no estimate that may be used")
"""Why our own sum is no baseline yet."""
NOWHERE = "—"
"""Province of deposits whose entries don't name one."""

Histories = Mapping[str, History]


@dataclass(frozen=True)
class _Base:
    """A baseline's figure as found: date, tonnes where they are written or recorded, or why not."""

    day: date | None
    written_t: float | None
    surer_t: float | None = None
    """Of a recorded figure: measured and indicated, where it tells classes apart."""
    origin: Origin | None = None
    remark_zh: str = ""
    remark_en: str = ""


@dataclass(frozen=True)
class _Measured:
    """The deposits' courses from one baseline on."""

    baseline: Baseline
    question: Question
    base: _Base
    courses: tuple[Course, ...]
    excluded: tuple[Excluded, ...]
    modelled_t: float | None = None
    base_t: float | None = None
    points: tuple[Stock, ...] = field(default=())

    @property
    def names(self) -> tuple[str, ...]:
        """Deposits that count."""
        return tuple(one.deposit_id for one in self.courses)


def target_progress(
    target: Target,
    book: Book,
    moves: Iterable[Movement] | None = None,
    *,
    element: str | None = None,
    classes: tuple[ClassName, ...] | None = None,
) -> TargetProgress:
    """Measure growth of ``element`` (the target's own by default) from each baseline.

    ``book`` is the ledger read in one go; the latest estimate of each deposit and vintage counts.
    ``moves`` are its movements, where they are known already (several targets share them).
    ``element`` may be a by-product: a tonnage written in the target is of the target's own element
    then, and no baseline. ``classes`` narrows the classes added up (for example measured and
    indicated only), with the same consequence. Baselines from the ledger answer both.
    """
    chosen, counted = element or target.element, classes or target.classes
    own = chosen == target.element and set(counted) == set(target.classes)
    question = Question(chosen, counted, own)
    histories = _histories(target, book, moves)
    progress = tuple(
        _progress(target, _measure(target, baseline, question, histories, book), histories, book)
        for baseline in target.baselines
    )
    return TargetProgress(target=target, element=chosen, classes=counted, baselines=progress)


def _measure(
    target: Target, baseline: Baseline, question: Question, histories: Histories, book: Book
) -> _Measured:
    """The deposits' courses from one baseline on; without a date there is nothing to measure."""
    base = _base(baseline, question, book)
    found = [
        _not_counted(target, history.figures[-1]) or course_of(history, base.day, question)
        for history in histories.values()
        if base.day
    ]
    courses = tuple(one for one in found if isinstance(one, Course))
    modelled_t = None
    if courses:
        modelled_t = sum(base_kg(one, baseline.basis) for one in courses) / 1000
    base_t = (modelled_t or None) if baseline.from_ledger else base.written_t
    days = sorted({day for one in courses for day in one.dates})
    return _Measured(
        baseline=baseline,
        question=question,
        base=base,
        courses=courses,
        excluded=tuple(one for one in found if isinstance(one, Excluded)),
        modelled_t=modelled_t,
        base_t=base_t,
        points=tuple(stock_of(courses, day, base_t) for day in days),
    )


def _progress(
    target: Target, found: _Measured, histories: Histories, book: Book
) -> BaselineProgress:
    """All that is stated for one baseline."""
    baseline, courses, base_t = found.baseline, found.courses, found.base_t
    basis, levels = baseline.basis, target.levels
    low_grade = [one.low_grade_kg for one in courses if one.low_grade_kg is not None]
    return BaselineProgress(
        baseline=baseline,
        since=found.base.day,
        baseline_t=base_t,
        low_t=base_t * (1 + levels[0]) if base_t and levels else None,
        high_t=base_t * (1 + levels[-1]) if base_t and levels else None,
        modelled_base_t=found.modelled_t,
        points=found.points,
        surer=_surer(found, histories),
        lines=_lines(target, found),
        by_belt=shares(courses, basis, base_t, lambda one: one.belt_id),
        by_province=shares(courses, basis, base_t, lambda one: one.province or NOWHERE),
        by_deposit=shares(courses, basis, base_t, lambda one: one.deposit_id),
        coverage_ratio=_coverage(found),
        deposits=found.names,
        excluded=found.excluded,
        discovered=tuple(one.deposit_id for one in courses if one.discovered),
        base_carried=tuple((one.deposit_id, day) for one in courses if (day := one.carried_from)),
        before=tuple(event for one in courses for event in one.before),
        low_grade_t=sum(low_grade) / 1000 if low_grade else None,
        official=official_views(
            book, found.names, found.base.day, found.base.written_t, found.question
        ),
        projection=_projection(target, found),
        likely=_likely(target, found),
        origin=found.base.origin,
        remark_zh=found.base.remark_zh,
        remark_en=found.base.remark_en,
    )


def _histories(target: Target, book: Book, moves: Iterable[Movement] | None) -> Histories:
    """Figures and movements of the deposits in the target's belts."""
    figures: dict[str, list[LedgerEntry]] = {}
    for entry in current_of(book.figures):
        if target.belts is None or entry.belt_id in target.belts:
            figures.setdefault(entry.deposit_id, []).append(entry)
    known: dict[str, list[Movement]] = {}
    for line in moves or ():
        known.setdefault(line.deposit_id, []).append(line)
    if moves is None:
        known = {
            name: list(movements(h, book.attributions, beside=book.mined_beside(name)))
            for name, h in figures.items()
        }
    return {
        name: History(tuple(history), tuple(known.get(name, ())), book.attributions)
        for name, history in figures.items()
    }


def _base(baseline: Baseline, question: Question, book: Book) -> _Base:
    """What the baseline's figure is: from our own sum, as written, or as recorded."""
    wanted = baseline.from_entry
    if wanted is None:
        why = NOTHING if baseline.from_ledger and not book.figures else ("", "")
        written_t = baseline.value_t if question.is_the_targets else None
        return _Base(baseline.date, written_t, None, None, *why)
    entries = [
        entry
        for entry in (*book.figures, *book.official)
        if (entry.deposit_id, entry.series) == (wanted.scope, wanted.series)
    ]
    where = f"{wanted.scope} {wanted.series}"
    if not entries:
        return _Base(None, None, None, None, f"台账中没有 {where}", f"{where} is not in the ledger")
    entry = max(entries, key=lambda entry: (entry.vintage, entry.number))
    part: FigurePart = "identified" if baseline.basis == "identified" else "statement"
    origin = origin_of(entry, book)
    stated = figure_kg(entry, question, part)
    if stated is None:
        why = (
            f"{where} 未按该元素、类别与口径载明资源量",
            f"{where} states no such resource: element, classes, or basis",
        )
        return _Base(entry.vintage, None, None, origin, *why)
    surer = figure_kg(entry, Question(question.element, _surer_of(question), False), part)
    return _Base(entry.vintage, stated / 1000, None if surer is None else surer / 1000, origin)


def _surer_of(question: Question) -> tuple[ClassName, ...]:
    """The asked classes among measured and indicated."""
    return tuple(name for name in SURER if name in question.classes)


def _not_counted(target: Target, newest: LedgerEntry) -> Excluded | None:
    """Why a deposit isn't the target's, by its newest figure, where it isn't."""
    if target.domestic_only and newest.content.get("domestic") is False:
        return excluded(newest, "位于境外，不计入国内目标", "lies abroad; the target is domestic")
    if target.provinces is None:
        return None
    province = newest.content.get("province")
    if province is None:
        return excluded(newest, "台账条目未注明省区", "its ledger entry names no province")
    if province["zh"] in target.provinces:
        return None
    return excluded(newest, f"位于{province['zh']}", f"lies in {province['en']}")


def _surer(found: _Measured, histories: Histories) -> Stock | None:
    """The same deposits' measured and indicated metal, in percent of the baseline's own.

    Of a figure that counts more deposits that is its own measured and indicated metal, not the
    deposits': growth is None where it doesn't tell them apart.
    """
    asked = _surer_of(found.question)
    day = found.base.day
    if day is None or not asked or not found.points:
        return None
    question = Question(found.question.element, asked, is_the_targets=False)
    courses = [
        one
        for name in found.names
        if isinstance(one := course_of(histories[name], day, question), Course)
    ]
    own_t = sum(base_kg(one, found.baseline.basis) for one in courses) / 1000
    base_t = own_t if found.baseline.scope == "modelled" else found.base.surer_t
    return stock_of(courses, found.points[-1].date, base_t or None)


def _coverage(found: _Measured) -> float | None:
    """Modelled over a baseline that counts more than the modelled deposits; None if unknown."""
    if found.baseline.scope == "modelled" or not found.base_t or found.modelled_t is None:
        return None
    return found.modelled_t / found.base_t


def _lines(target: Target, found: _Measured) -> tuple[Line, ...]:
    """What the lower and the upper line still need, from the latest point."""
    base_t, since = found.base_t, found.base.day
    if not base_t or found.modelled_t is None or since is None:
        return ()
    latest = found.points[-1]
    removed_t = 0.0 if found.baseline.basis == "identified" else latest.removed_t
    years = max(0.0, (target.deadline - latest.date).days / DAYS_A_YEAR)
    whole = (target.deadline - since).days
    gone = min(1.0, (latest.date - since).days / whole) if whole > 0 else 1.0
    others_t = 0.0 if found.baseline.scope == "modelled" else base_t - found.modelled_t
    lines = []
    for growth in target.levels:
        needed_t = growth * base_t + removed_t
        missing_t = needed_t - latest.additions_t
        lines.append(
            Line(
                growth=growth,
                line_t=base_t * (1 + growth),
                missing_t=missing_t,
                gross_required_t=needed_t,
                years_left=years,
                pace_t_per_year=missing_t / years if years > 0 and missing_t > 0 else None,
                elsewhere_growth_pct=100 * missing_t / others_t if others_t > 0 else None,
                reference_growth_pct=100 * growth * gone,
            )
        )
    return tuple(lines)


def _likely(target: Target, found: _Measured) -> Likely | None:
    """How sure the growth so far is; None where some counted figure was not simulated."""
    spreads = [one.spread for one in found.courses if one.spread]
    if not found.points or not found.base_t or len(spreads) < len(found.courses):
        return None
    grown_t = found.points[-1].grown_t(found.baseline.basis)
    return likely_growth(grown_t, found.base_t, target.levels, spreads)


def _projection(target: Target, found: _Measured) -> Projection | None:
    """Where planned work leads; None without plans, or for another metal than the plans are of."""
    if target.plans is None or not found.points or not found.question.is_the_targets:
        return None
    aim = Aim(found.baseline.basis, found.base_t, target.levels, target.deadline)
    return project(found.courses, found.points[-1], target.plans, aim)
