"""Tonnes of a resource and tonnes of a reserve: two types that can't be added.

Resources include the reserves that were converted from them (GB/T 17766-2020 clause 5): adding the
two counts ore twice. Classes of a resource are listed apart; they are added only where a label says
that it is a statistical total (``standards/classes.yaml``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import fsum
from typing import Literal, Self

from estimation.statement.standards import standard

ResourceClass = Literal["measured", "indicated", "inferred"]
ReserveClass = Literal["proved", "probable"]


@dataclass(frozen=True)
class ResourceTonnes:
    """Tonnes (ore or metal) of one class of a resource (资源量)."""

    class_name: ResourceClass
    tonnes: float

    def __add__(self, other: ResourceTonnes) -> ResourceTonnes:
        """Sum within one class.

        Raises
        ------
        TypeError
            The other is a reserve, or of another class.
        """
        return ResourceTonnes(self.class_name, self.tonnes + _alike(self, other))


@dataclass(frozen=True)
class ReserveTonnes:
    """Tonnes (ore or metal) of one class of a reserve (储量)."""

    class_name: ReserveClass
    tonnes: float

    def __add__(self, other: ReserveTonnes) -> ReserveTonnes:
        """Sum within one class.

        Raises
        ------
        TypeError
            The other is a resource, or of another class.
        """
        return ReserveTonnes(self.class_name, self.tonnes + _alike(self, other))


def _alike(one: ResourceTonnes | ReserveTonnes, other: ResourceTonnes | ReserveTonnes) -> float:
    """The other's tonnes, where both may be added."""
    if type(one) is not type(other):
        raise TypeError(
            "a resource includes its reserves: they are never added / 资源量与储量不得相加"
        )
    if one.class_name != other.class_name:
        raise TypeError(
            f"{one.class_name} and {other.class_name} are listed apart; for a statistical total "
            "use StatisticalTotal.of / 各类别分列，合计须注明统计口径"
        )
    return other.tonnes


@dataclass(frozen=True)
class StatisticalTotal:
    """Classes of a resource added on request, under the one label that allows it."""

    label_zh: str
    label_en: str
    tonnes: float

    @classmethod
    def of(cls, parts: Iterable[ResourceTonnes]) -> Self:
        """Add classes of a resource, labelled as the standard asks.

        Raises
        ------
        TypeError
            Something is not a resource.
        """
        parts = list(parts)
        if not all(isinstance(part, ResourceTonnes) for part in parts):
            raise TypeError("only classes of a resource / 只能合计资源量各类别")
        label = standard("classes")["aggregate"]
        return cls(label["zh"], label["en"], fsum(part.tonnes for part in parts))
