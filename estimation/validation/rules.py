"""Thresholds of validation, as ``data/dictionaries/standards/validation.yaml`` cites them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from estimation.results import Check
from geo.dictionary import load_words


@dataclass(frozen=True)
class Rule:
    """One test's thresholds: the value's distance from ``target`` within ``passing``, ``marginal``.

    ``side``: ``below`` where only values below the target are wrong, else ``both``.
    """

    test: str
    label_zh: str
    label_en: str
    target: float
    passing: float
    marginal: float
    side: str = "both"

    def judge(self, value: float, element: str, domain: str = "all") -> Check:
        """Return the verdict on one value."""
        off = self.target - value if self.side == "below" else abs(value - self.target)
        # the last bit of a difference decides nothing
        verdict = (
            "pass"
            if off <= self.passing + 1e-12
            else "marginal"
            if off <= self.marginal + 1e-12
            else "fail"
        )
        if self.side == "below":
            low, lower = (f"{self.target - limit:g}" for limit in (self.passing, self.marginal))
            rule = f"value >= {low} pass, >= {lower} marginal"
        else:
            rule = (
                f"|value - {self.target:g}| <= {self.passing:g} pass, <= {self.marginal:g} marginal"
            )
        return Check(self.test, self.label_zh, self.label_en, domain, element, value, rule, verdict)


@lru_cache(maxsize=1)
def book() -> dict[str, Any]:
    """The file, read once."""
    return load_words("standards/validation.yaml")


def rule(test: str) -> Rule:
    """Thresholds of one test.

    Raises
    ------
    KeyError
        There is no such test.
    """
    found = book()["tests"][test]
    return Rule(
        test,
        found["label"]["zh"],
        found["label"]["en"],
        float(found["target"]),
        float(found["passing"]),
        float(found["marginal"]),
        found.get("side", "both"),
    )


def fewest_composites() -> int:
    """Fewer composites than this are not judged."""
    return int(book()["fewest"]["composites"])


def neighbourhood_limit(name: str, key: str = "value") -> float:
    """One limit of the neighbourhood study."""
    return float(book()["neighbourhood"][name][key])
