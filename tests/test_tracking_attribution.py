"""An attribution leads from one figure to the other, to the kilogram, or it is refused."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimation.errors import EstimationError
from estimation.plan import CLASSES
from tests.fabricated import chain_of
from tests.movement_cases import attribution, quantities, steps, three_vintages
from tracking.movement.attribution import (
    FACTOR_NAMES,
    Step,
    check_attribution,
    flat,
    nested,
    read_attribution,
    settled,
)
from tracking.movement.quantities import retained_kg
from tracking.review.file import FACTORS


def test_every_factor_of_the_configuration_has_words_in_its_order() -> None:
    """One list of factors, in the order in which they are printed."""
    assert tuple(FACTOR_NAMES) == FACTORS
    assert all(zh and en for zh, en in FACTOR_NAMES.values())


def test_what_is_written_is_read_back() -> None:
    """Through JSON, as the ledger keeps it; absent parts stay absent."""
    _, opening, closing = chain_of(three_vintages())
    found = attribution(opening, closing)
    content = json.loads(json.dumps(found.content()))
    assert read_attribution(content) == found
    assert content["steps"][0]["kg"]["cu_pct"] == {"measured": 1000}
    assert "sterilized_kg" not in content["steps"][0]
    check_attribution(read_attribution(content), opening, closing)


@pytest.mark.parametrize(
    ("steps_changed", "words"),
    [
        ({"density": {"measured": 4.001, "indicated": 3}}, "by 1 kg"),
        ({"depletion": {"measured": -14}, "correction": {"measured": -1, "indicated": -5}},
         "depletion of .* differs by"),
    ],
)  # fmt: skip
def test_steps_that_do_not_foot_are_refused(steps_changed: dict, words: str) -> None:  # type: ignore[type-arg]
    """A kilogram off, or mining that is not what the closing entry says."""
    _, opening, closing = chain_of(three_vintages())
    found = attribution(opening, closing, steps=steps(**steps_changed))
    with pytest.raises(EstimationError, match=words):
        check_attribution(found, opening, closing)


def test_mining_is_valued_in_the_opening_model() -> None:
    """Depletion after drilling is refused, but not in the reverse order, which is only a check."""
    _, opening, closing = chain_of(three_vintages())
    backwards = tuple(reversed(steps()))
    with pytest.raises(EstimationError, match="depletion comes first"):
        check_attribution(attribution(opening, closing, steps=backwards), opening, closing)
    found = attribution(opening, closing, steps=backwards, reverse=True)
    check_attribution(found, opening, closing)


def test_an_attribution_of_other_entries_is_refused() -> None:
    """Its numbers are those of the figures it is held against."""
    first, opening, closing = chain_of(three_vintages())
    with pytest.raises(EstimationError, match="not of 1"):
        check_attribution(attribution(opening, closing), first, closing)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steps": (Step("weather", quantities({"measured": 1})),)}, "weather"),
        ({"steps": (*steps(), Step("density", quantities({"measured": 1})))}, "density"),
        ({"steps": (Step("drilling", Counter({("cu_pct", "certain"): 1})),)}, "certain"),
        ({"domains_are": "guessed"}, "guessed"),
        ({"steps": (Step("drilling", Counter(), sterilized_kg=quantities({"measured": 1})),)},
         "only a licence step"),
    ],
)  # fmt: skip
def test_names_are_checked(change: dict, words: str) -> None:  # type: ignore[type-arg]
    """Factors and classes are known, each once."""
    _, opening, closing = chain_of(three_vintages())
    content = attribution(opening, closing, **change).content()
    with pytest.raises(EstimationError, match=words):
        read_attribution(content)


@pytest.mark.parametrize("spoil", ["order", "steps", "opening"])
def test_a_missing_key_is_refused_in_one_sentence(spoil: str) -> None:
    """Never a traceback of the reader's own."""
    _, opening, closing = chain_of(three_vintages())
    content = attribution(opening, closing).content()
    del content[spoil]
    with pytest.raises(EstimationError, match="documented shape"):
        read_attribution(content)


def test_a_fraction_of_a_kilogram_is_refused() -> None:
    """Whole kilograms only."""
    _, opening, closing = chain_of(three_vintages())
    content = attribution(opening, closing).content()
    content["steps"][0]["kg"]["cu_pct"]["measured"] = 1000.5
    with pytest.raises(EstimationError, match="whole number"):
        read_attribution(content)


def test_mining_valued_by_the_present_program_is_settled_with_the_program() -> None:
    """The entry's depletion stands; what a rerun makes of it beyond that is the program's."""
    _, opening, closing = chain_of(three_vintages())
    rerun = steps(depletion={"measured": -15.25}, software={"measured": 1.25})
    found = attribution(opening, closing, steps=settled(rerun, closing))
    check_attribution(found, opening, closing)
    by_name = {step.factor: step for step in found.steps}
    assert by_name["depletion"].kg["cu_pct", "measured"] == -15_000
    assert by_name["software"].kg["cu_pct", "measured"] == 1_000
    assert "opening model" in by_name["software"].remark_en
    assert settled(steps(), closing) == steps()


def test_settling_makes_the_steps_that_are_missing() -> None:
    """A rerun without a program step, or without mining, gets what it needs."""
    closing = chain_of(three_vintages())[-1]
    bare = tuple(step for step in steps() if step.factor not in ("software", "depletion"))
    found = settled(bare, closing)
    assert [step.factor for step in found[:2]] == ["software", "depletion"]
    assert found[0].kg == quantities({"measured": 15})


kilograms = st.integers(-(10**12), 10**12)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.tuples(st.sampled_from(["ore", "cu_pct"]), st.sampled_from(CLASSES)),
                        kilograms),
        max_size=8,
    )
)  # fmt: skip
def test_any_steps_that_telescope_pass_and_one_kilogram_less_does_not(parts: list) -> None:  # type: ignore[type-arg]
    """The last step takes what is left; then any kilogram taken away is found."""
    _, opening, closing = chain_of(three_vintages())
    names = [name for name in FACTORS if name != "depletion"][: len(parts)]
    made = [Step("depletion", quantities({"measured": -15}))]
    made += [Step(name, Counter(part)) for name, part in zip(names, parts, strict=False)]
    rest = Counter(retained_kg(closing))
    rest.subtract(retained_kg(opening))
    for step in made:
        rest.subtract(step.kg)
    made.append(Step("licence", rest))
    made = [step for step in made if step.factor != "software"]
    software = [Step("software", Counter(parts[0]))] if parts else []
    found = attribution(opening, closing, steps=(*software, *made))
    check_attribution(found, opening, closing)
    spoilt = Counter(rest)
    spoilt["cu_pct", "inferred"] -= 1
    short = (*found.steps[:-1], replace(found.steps[-1], kg=spoilt))
    with pytest.raises(EstimationError):
        check_attribution(replace(found, steps=short), opening, closing)


def test_quantities_nest_and_unnest() -> None:
    """Zeros are left out, order is fixed."""
    plain = nested(Counter({("ore", "measured"): 5, ("cu_pct", "inferred"): 0}))
    assert plain == {"ore": {"measured": 5}}
    assert flat(plain) == Counter({("ore", "measured"): 5})
