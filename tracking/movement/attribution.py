"""The geologist's split of the change between two figures: its shape and its checks.

An attribution is an entry of its own in the ledger. Its steps come from making the figure again
with one factor advanced at a time, so they telescope: their sum is closing - opening, to the
kilogram, for the ore and every element of every class. The size of a step depends on the order
that the factors were advanced in; the order is therefore written down with the steps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from estimation.errors import EstimationError
from estimation.plan import CLASSES
from tracking.ledger.entries import LedgerEntry
from tracking.movement.quantities import Quantities, added, difference, part_kg, retained_kg
from tracking.review.file import FACTORS

FACTOR_NAMES: dict[str, tuple[str, str]] = {
    "software": ("程序版本", "Program"),
    "depletion": ("开采与损失", "Mining and losses"),
    "drilling": ("新增工程与化验", "New drilling and assays"),
    "correction": ("数据更正", "Data correction"),
    "domains": ("矿化域解释", "Domains"),
    "method": ("方法与参数", "Method and parameters"),
    "density": ("体重", "Density"),
    "cutoff": ("工业指标", "Cut-off"),
    "class": ("分类规则", "Class rules"),
    "licence": ("矿权与压覆", "Licence and sterilized ground"),
}
"""What each factor is called, in Chinese and English."""

Heading = Literal["explored", "recalculated"]
"""勘查增减 or 重算增减: where the author of an attribution puts a change of domains."""


@dataclass(frozen=True)
class Step:
    """One factor advanced, and what that changed."""

    factor: str
    kg: Quantities
    """Change, with its sign, by (element or ``ore``, class)."""
    remark_zh: str = ""
    remark_en: str = ""
    also: tuple[str, ...] = ()
    """Factors that could only be advanced together with this one."""
    sterilized_kg: Quantities | None = None
    """Of a ``licence`` step: the part that was overlain (压覆), positive when taken away."""


@dataclass(frozen=True)
class Attribution:
    """The split between two entries of the ledger, step by step."""

    opening: int
    """Number of the opening figure's entry, like ``closing``."""
    closing: int
    order: tuple[str, ...]
    reverse: bool
    """Advanced in the reverse order: a check beside the other, never the one that is booked."""
    steps: tuple[Step, ...]
    domains_are: Heading = "recalculated"
    note: str = ""
    mined_between: Quantities | None = None
    """Mined and lost as the vintages between the two say, where they don't follow each other; the
    closing entry only knows what was mined since the vintage before it."""
    lost_between: Quantities | None = None
    """Part of ``mined_between`` that was lost, valued like it; None: not told, within the mined."""

    def content(self) -> dict[str, Any]:
        """What the ledger's entry says: plain data, whole kilograms."""
        between = {"mined_between": self.mined_between, "lost_between": self.lost_between}
        return {
            **{name: nested(kg) for name, kg in between.items() if kg is not None},
            "opening": self.opening,
            "closing": self.closing,
            "order": list(self.order),
            "reverse": self.reverse,
            "domains_are": self.domains_are,
            "steps": [_step_content(step) for step in self.steps],
            "note": self.note,
        }


def read_attribution(content: Mapping[str, Any]) -> Attribution:
    """The attribution that an entry's content states, its shape checked.

    Raises
    ------
    EstimationError
        A key is missing, a factor or class is unknown or stands twice, or a quantity is no whole
        number of kilograms.
    """
    try:
        order = tuple(str(name) for name in content["order"])
        steps = tuple(_read_step(step) for step in content["steps"])
        found = Attribution(
            opening=_whole(content["opening"]),
            closing=_whole(content["closing"]),
            order=order,
            reverse=bool(content["reverse"]),
            steps=steps,
            domains_are=content.get("domains_are", "recalculated"),
            note=str(content.get("note", "")),
            mined_between=_quantities(content.get("mined_between")),
            lost_between=_quantities(content.get("lost_between")),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise EstimationError(
            f"attribution: not of the documented shape ({error!r}) / 变动归因内容不符合格式"
        ) from None
    _check_names(found)
    return found


def check_attribution(found: Attribution, opening: LedgerEntry, closing: LedgerEntry) -> None:
    """Refuse an attribution whose steps don't lead from one figure to the other.

    Raises
    ------
    EstimationError
        It is about other entries, the steps don't add up to closing - opening for the ore or an
        element of a class, or mining is not what the closing entry says was mined.
    """
    where = f"{closing.deposit_id} {opening.vintage} → {closing.vintage}"
    if (found.opening, found.closing) != (opening.number, closing.number):
        raise EstimationError(
            f"attribution of entries {found.opening} → {found.closing}, not of "
            f"{opening.number} → {closing.number} ({where}) / 归因所指台账条目不符"
        )
    change = difference(retained_kg(closing), retained_kg(opening))
    for key, off in difference(added(step.kg for step in found.steps), change).items():
        raise EstimationError(
            f"attribution of {where}: the steps of {key[0]} {key[1]} miss closing - opening by "
            f"{off} kg / 各步之和与期末减期初相差 {off} kg"
        )
    if not found.reverse:
        _check_mining(found, closing, where)


def mined_by(found: Attribution, closing: LedgerEntry) -> tuple[Quantities, Quantities]:
    """What an attribution counts as mined (lost ore is in it), and the part of it that was lost."""
    mined = added([part_kg(closing, "depletion"), found.mined_between or Counter()])
    lost = added([part_kg(closing, "lost"), found.lost_between or Counter()])
    return mined, lost


def settled(
    steps: Sequence[Step], closing: LedgerEntry, mined_between: Quantities | None = None
) -> tuple[Step, ...]:
    """Put into the depletion step what the ledger says was mined and lost.

    That is the closing entry's depletion, and ``mined_between`` where vintages lie between. The
    entry values it in the opening figure's own model; a rerun values it in a model made again by
    the present program. What differs is the program's, and goes to the ``software`` step.
    """
    mined = added([part_kg(closing, "depletion"), mined_between or Counter()])
    rerun = next((step.kg for step in steps if step.factor == "depletion"), Counter())
    off = added([rerun, mined])
    if not off:
        return tuple(steps)
    kept = [step for step in steps if step.factor not in ("software", "depletion")]
    by_name = {step.factor: step for step in steps}
    software = by_name.get("software", Step("software", Counter()))
    depletion = by_name.get("depletion", Step("depletion", Counter()))
    software = replace(
        software,
        kg=added([software.kg, off]),
        remark_zh=_join(software.remark_zh, "含动用量按原期初模型与按重算模型之差。"),
        remark_en=_join(
            software.remark_en,
            "Holds what mining is worth in the opening model as it was, less in the one made anew.",
        ),
    )
    return (software, replace(depletion, kg=difference(Counter(), mined)), *kept)


def _check_mining(found: Attribution, closing: LedgerEntry, where: str) -> None:
    """Mining is valued in the opening model: first, or after the program alone."""
    names = [step.factor for step in found.steps]
    mined, lost = mined_by(found, closing)
    if found.lost_between is not None and found.mined_between is None:
        raise EstimationError(
            f"attribution of {where}: lost_between without mined_between / 有损失量而无动用量"
        )
    for key, amount in lost.items():
        if not 0 <= amount <= max(mined[key], 0):
            raise EstimationError(
                f"attribution of {where}: {amount} kg of {key[0]} {key[1]} lost, of {mined[key]} "
                "mined and lost: give lost_between / 损失量大于动用量，须给出 lost_between"
            )
    if "depletion" in names and set(names[: names.index("depletion")]) - {"software"}:
        raise EstimationError(
            f"attribution of {where}: depletion comes first, or after software alone, since it is "
            "valued in the opening model / 动用量按期初模型计，须列于首位或仅次于程序版本"
        )
    stated = added(step.kg for step in found.steps if step.factor == "depletion")
    for key, off in added([stated, mined]).items():
        raise EstimationError(
            f"attribution of {where}: depletion of {key[0]} {key[1]} differs by {off} kg from what "
            "the closing entry says was mined and lost / 动用量与期末条目不符"
        )


def _check_names(found: Attribution) -> None:
    """Known factors, each once; known classes."""
    names = [name for step in found.steps for name in (step.factor, *step.also)]
    unknown = {*names, *found.order} - set(FACTORS)
    twice = {name for name in names if names.count(name) > 1}
    classes = {key[1] for step in found.steps for key in step.kg} - set(CLASSES)
    if unknown or twice or classes or found.domains_are not in get_args(Heading):
        wrong = sorted(unknown | twice | classes) or [found.domains_are]
        raise EstimationError(
            f"attribution: unknown or repeated {', '.join(wrong)} (factors: {', '.join(FACTORS)}) "
            "/ 归因中有未知或重复的因素、类别"
        )
    if any(step.sterilized_kg for step in found.steps if step.factor != "licence"):
        raise EstimationError(
            "attribution: only a licence step has a sterilized part / 仅矿权因素可有压覆部分"
        )


def _step_content(step: Step) -> dict[str, Any]:
    """One step as plain data; what it doesn't have is left out."""
    plain: dict[str, Any] = {
        "factor": step.factor,
        "kg": nested(step.kg),
        "remark_zh": step.remark_zh,
        "remark_en": step.remark_en,
    }
    if step.also:
        plain["also"] = list(step.also)
    if step.sterilized_kg is not None:
        plain["sterilized_kg"] = nested(step.sterilized_kg)
    return plain


def _read_step(raw: Mapping[str, Any]) -> Step:
    return Step(
        factor=str(raw["factor"]),
        kg=flat(raw["kg"]),
        remark_zh=str(raw.get("remark_zh", "")),
        remark_en=str(raw.get("remark_en", "")),
        also=tuple(str(name) for name in raw.get("also", ())),
        sterilized_kg=_quantities(raw.get("sterilized_kg")),
    )


def nested(kg: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    """``{element: {class: kg}}``, zeros left out, in order."""
    plain: dict[str, dict[str, int]] = {}
    for (element, name), amount in sorted(kg.items()):
        if amount:
            plain.setdefault(element, {})[name] = amount
    return plain


def flat(plain: Mapping[str, Mapping[str, int]]) -> Quantities:
    """The reverse of :func:`nested`."""
    return Counter(
        {
            (str(element), str(name)): _whole(amount)
            for element, by_class in plain.items()
            for name, amount in by_class.items()
        }
    )


def _quantities(plain: Mapping[str, Mapping[str, int]] | None) -> Quantities | None:
    return None if plain is None else flat(plain)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{value!r} is no whole number")
    return value


def _join(words: str, more: str) -> str:
    return f"{words} {more}".strip()
