"""The walk from one figure to another: one factor advanced at a time, the figure made again.

Steps telescope: each is the statement after less the statement before, so their sum is the whole
change. The shares depend on the order; walking the reverse order is the check beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from estimation.attribution.models import WalkModels
from estimation.attribution.plans import STERILIZED, Mixtures
from estimation.deposit import (
    DepositData,
    composite_samples,
    set_up_kriging,
    state_resource,
)
from estimation.errors import EstimationError
from estimation.ground import measure_ground
from estimation.results import ResourceStatement
from geo.config import ConfigError
from geo.findings import DataError

TROUBLE = (EstimationError, DataError, ConfigError)
"""Why mixed inputs can't stand."""

LICENCE = "licence"

State = Callable[[DepositData], ResourceStatement]
"""Makes a statement of inputs."""


@dataclass(frozen=True)
class Advance:
    """One factor advanced, with those that had to come along."""

    factor: str
    also: tuple[str, ...]
    """Advanced together with it, since it can't stand alone."""
    after: ResourceStatement | None
    """None where nothing that the factor moves is different: the statement is that of before."""
    trouble: str = ""
    """Why it can't stand alone."""


@dataclass(frozen=True)
class Walk:
    """From the opening's inputs to the closing's, both by the present program."""

    order: tuple[str, ...]
    start: ResourceStatement
    """Of the opening's inputs."""
    advances: tuple[Advance, ...]
    """In the order walked; ``sterilized`` stands just before ``licence``."""

    @property
    def end(self) -> ResourceStatement:
        """Of the closing's inputs."""
        made = [step.after for step in self.advances if step.after is not None]
        return made[-1] if made else self.start


def state_with(models: WalkModels) -> State:
    """How a statement is made of mixed inputs: kriged where need be, and stated."""

    def state(data: DepositData) -> ResourceStatement:
        samples = composite_samples(data)
        model = models.model_of(set_up_kriging(data, samples))
        return state_resource(data, model, measure_ground(data, None), samples)

    return state


def walk(mixtures: Mixtures, order: Sequence[str], state: State) -> Walk:
    """Advance one factor after the other.

    Parameters
    ----------
    mixtures
        Inputs between the two ends.
    order
        Factors in the order to walk.
    state
        Makes a statement of inputs (:func:`state_with`).

    Returns
    -------
    Walk
        A factor that moves nothing costs nothing. One that can't stand without others (new domains
        without densities, say) takes the fewest of the later ones along, and says so.

    Raises
    ------
    EstimationError, DataError, ConfigError
        Even the opening's or the closing's own inputs can't be stated by this program.
    """
    factors = _with_sterilized(order)
    going = _Going(mixtures, state)
    start = going.begin()
    advances = []
    for factor in factors:
        if factor not in going.advanced:
            others = [name for name in factors if name not in going.advanced | {factor}]
            advances.append(going.advance(factor, others))
    return Walk(tuple(order), start, tuple(advances))


def _with_sterilized(order: Sequence[str]) -> tuple[str, ...]:
    """Sterilized ground is advanced just before the licence's other ground."""
    made: list[str] = []
    for factor in order:
        made += [STERILIZED, factor] if factor == LICENCE else [factor]
    return tuple(made)


@dataclass
class _Going:
    """Where a walk stands."""

    mixtures: Mixtures
    state: State
    advanced: frozenset[str] = frozenset()
    inputs: str = ""
    failed: dict[str, str] = field(default_factory=dict)
    """Inputs that can't be stated, and why: they are not tried twice."""

    def begin(self) -> ResourceStatement:
        """The statement of the opening's inputs."""
        data, self.inputs = self.mixtures.mixed(self.advanced)
        return self._state(data, self.inputs)

    def advance(self, factor: str, others: Sequence[str]) -> Advance:
        """The factor, alone or with the fewest others that it can stand with."""
        trouble = ""
        for also in _groups(others):
            wanted = self.advanced | {factor, *also}
            try:
                after = self._stated(wanted)
            except TROUBLE as error:
                if len(also) == len(others):
                    raise  # the other end itself
                trouble = trouble or _words(error)
                continue
            self.advanced = wanted
            return Advance(factor, also, after, trouble)
        raise AssertionError("the last group holds every factor")

    def _stated(self, wanted: frozenset[str]) -> ResourceStatement | None:
        """The statement with these factors advanced; None where the inputs are those of before."""
        data, inputs = self.mixtures.mixed(wanted)
        if inputs == self.inputs:
            return None
        if inputs in self.failed:
            raise EstimationError(self.failed[inputs])
        try:
            after = self._state(data, inputs)
        except TROUBLE as error:
            self.failed[inputs] = _words(error)
            raise
        self.inputs = inputs
        return after

    def _state(self, data: DepositData, inputs: str) -> ResourceStatement:
        """The statement of some inputs, made once."""
        known = self.mixtures.stated
        if inputs not in known:
            known[inputs] = self.state(data)
        return known[inputs]


def _groups(others: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Nothing, then one of the others, then two, and so on to all of them."""
    for count in range(len(others) + 1):
        yield from combinations(others, count)


def _words(error: Exception) -> str:
    """One line of what is wrong."""
    if isinstance(error, DataError) and error.findings:
        found = error.findings[0]
        return f"{found.message_en} / {found.message_zh}"
    return str(error).splitlines()[0]
