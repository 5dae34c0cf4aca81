"""The estimation plan: every choice between composites and a statement, in one block.

A plan is proposed by the program and accepted by a person; its hash goes into every tile's key.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from estimation.plan.classes import ClassificationPlan
from estimation.plan.domains import CompositePlan, DomainPlan
from estimation.plan.elements import DerivedPlan, ElementPlan, known_to_pykrige
from estimation.plan.statement import CutoffPlan, DensityPlan, StatementPlan
from estimation.plan.uncertainty import UncertaintyPlan
from geo.config import StrictModel, digest

Stage = Literal["prospecting", "general", "detailed", "production"]
"""Exploration stage: 普查, 详查, 勘探 (GB/T 17766-2020), 生产."""


class SamplePoints(StrictModel):
    """Points along a sample over which its covariances are averaged: 1 is a point sample."""

    basic: Annotated[int, Field(ge=1, le=16)]
    combined: Annotated[int, Field(ge=1, le=16)]


UNSEALED = "accepted, not sealed / 已认可（未封存）"
"""Status of a plan marked as accepted without the digest of what was accepted."""


class Acceptance(StrictModel):
    """Who decided, when and why. A proposed plan runs, and its figures say "proposed"."""

    status: Literal["proposed", "accepted"]
    by: str | None
    date: date | None
    reason: str
    of: str | None = None
    """Digest of what was accepted (``bornite accept`` writes it); null: accepted by hand, so that
    nothing says what the person saw."""

    @property
    def sealed(self) -> bool:
        """Whether a person accepted exactly what stands; :class:`Plan` refuses another digest."""
        return self.status == "accepted" and self.of is not None

    @property
    def words(self) -> str:
        """What figures made by the plan say of it: ``proposed``, ``accepted``, or :data:`UNSEALED`
        where the plan may have been changed since."""
        return UNSEALED if self.status == "accepted" and not self.sealed else self.status

    @model_validator(mode="after")
    def _an_accepted_plan_has_a_person(self) -> Acceptance:
        if self.status == "accepted" and not (self.by and self.date):
            raise ValueError("an accepted plan names who accepted it and when (by, date)")
        return self


class Plan(StrictModel):
    """The whole decision for one deposit."""

    main_element: str
    stage: Stage
    """Below 详查 (general) no geostatistical figure is surer than Inferred."""
    composites: CompositePlan
    domains: DomainPlan
    discretisation: tuple[PositiveInt, PositiveInt, PositiveInt]
    """Points of a block along x, y, z."""
    sample_points: SamplePoints
    engine: Literal["bornite", "pykrige"]
    """``pykrige``: the whole estimate by PyKrige instead, slow and independent."""
    elements: dict[str, ElementPlan]
    derived: dict[str, DerivedPlan] = Field(default_factory=dict)
    """By-products that have no estimate of their own."""
    classification: ClassificationPlan
    density: DensityPlan
    cutoffs: CutoffPlan
    statement: StatementPlan = StatementPlan()
    uncertainty: UncertaintyPlan | None = None
    """Simulation of how far the figures may be off; null: none. It moves no figure."""
    acceptance: Acceptance

    @property
    def all_elements(self) -> tuple[str, ...]:
        """Elements of a statement: the estimated ones, then the derived ones."""
        return (*self.elements, *self.derived)

    @property
    def decided(self) -> str:
        """Digest of all that is decided, its acceptance apart; choices at rest don't change it."""
        return digest(self.model_dump(mode="json", exclude={"acceptance"}, exclude_defaults=True))

    @model_validator(mode="after")
    def _what_was_accepted_is_what_stands(self) -> Plan:
        held = self.acceptance
        if held.status == "accepted" and held.of not in (None, self.decided):
            raise ValueError(
                f"changed since {held.by} accepted it on {held.date}: set acceptance.status to "
                "proposed (by, date, of: null) and accept it again / 审定后被改动,请重新审定"
            )
        return self

    @model_validator(mode="after")
    def _the_main_element_is_planned(self) -> Plan:
        if self.main_element not in self.elements:
            raise ValueError(f"main_element {self.main_element!r} has no entry in elements")
        twice = set(self.elements) & set(self.derived)
        if twice:
            raise ValueError(f"{', '.join(sorted(twice))}: in elements and in derived")
        return self

    @model_validator(mode="after")
    def _every_element_named_is_estimated(self) -> Plan:
        named = {
            f"derived.{n}.regression.predictor": d.regression.predictor
            for n, d in self.derived.items()
            if d.regression
        }
        for name, element in self.elements.items():
            for choices in (element, *element.by_domain.values()):
                if choices.partner:
                    named[f"elements.{name}.partner.element"] = choices.partner.element
        for domain, line in self.density.regressions.items():
            named[f"density.regressions.{domain}.on"] = line.on
        for where, element_name in named.items():
            if element_name not in self.elements:
                raise ValueError(f"{where}: {element_name!r} has no entry in elements")
        return self

    @model_validator(mode="after")
    def _pykrige_can_do_what_is_asked(self) -> Plan:
        if self.engine == "pykrige":
            for name, element in self.elements.items():
                if not known_to_pykrige(element, getattr(self.sample_points, element.source)):
                    raise ValueError(
                        f"engine: pykrige can't do elements.{name}: it knows method: ordinary, "
                        "samples that are points, no high_yield, no by_domain, and one anisotropy "
                        "for all structures"
                    )
        return self

    @model_validator(mode="after")
    def _every_domain_named_is_a_domain(self) -> Plan:
        known = set(self.domains.names)
        named = {f"elements.{n}.caps": set(e.caps) for n, e in self.elements.items()}
        named |= {f"elements.{n}.by_domain": set(e.by_domain) for n, e in self.elements.items()}
        named |= {f"derived.{n}.factors": set(d.factors) for n, d in self.derived.items()}
        named["density.assigned_tpm3"] = set(self.density.assigned_tpm3)
        named["density.regressions"] = set(self.density.regressions)
        for i, cap in enumerate(self.classification.caps):
            named[f"classification.caps[{i}].domains"] = set(cap.domains)
        for kind, domains in self.statement.ore_types.items():
            named[f"statement.ore_types.{kind}"] = set(domains)
        for where, domains_named in named.items():
            if domains_named - known:
                raise ValueError(
                    f"{where}: no such domain {', '.join(sorted(domains_named - known))} "
                    f"(domains: {', '.join(sorted(known))})"
                )
        return self
