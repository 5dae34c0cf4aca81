"""Fabricated data, runs and nights, for the pages of operators."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from estimation.belts import Belt
from reporting.facts.operations import (
    BeltData,
    DepositLight,
    Digest,
    Holes,
    Input,
    Made,
    Matter,
    Operations,
    Quality,
    RefusedRow,
    Run,
    Source,
)
from reporting.units import Text

AT = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\u202e=1+1|\"'.csv"
"""A name as an attacker, or a broken export, would give it."""


def fabricated_data(belt: Belt, waiting: int = 3) -> BeltData:
    """A belt's data: every deposit fresh, with controls, and a row of a hostile name."""
    rows = tuple(
        RefusedRow("d", file, "", "7", "BN-INT-001", HOSTILE, AT) for file in (HOSTILE, "b.csv")
    )
    rates = (("blank", 100.0), ("standard", 96.25))
    deposit = belt.deposits[0].id
    return BeltData(
        belt=belt.id,
        read_at=AT,
        looked_at=AT + timedelta(hours=5),
        rows=(1000, 990, 7, 3),
        sources=(
            Source(deposit, Text("钻孔", "drill-holes"), (HOSTILE,), 6, date(2026, 10, 31), AT),
            Source("", Text("化探", "geochemistry"), ("stream.csv",), 1, None, AT),
        ),
        holes=(Holes(deposit, 54, 1),),
        quality=(Quality(deposit, 120, 2400, rates, ("L 7",), True),),
        waiting=waiting,
        listed=rows,
        released=4,
    )


def fabricated_run(number: int = 1, **told: object) -> Run:
    """A night that took 41 minutes and estimated one deposit."""
    began = AT + timedelta(days=number)
    run = Run(
        run_id=f"{began:%Y%m%dT%H%M%S}-00{number:02d}",
        command="nightly",
        by="operator",
        started_at=began,
        ended_at=began + timedelta(minutes=41),
        outcome="done",
        environment=(("code_version", "0.1.0+abc"), ("python", "3.11.7"), ("numpy", "2.0.0")),
        inputs=(Input("nowhere", HOSTILE, "a" * 64),),
        inputs_count=9,
        made=(Made("some", "2026-10-31", 3, 21, 4.25, 811.0, "d" * 64, "e" * 64, "f" * 64),),
        made_count=3,
        deposits=("some",),
        tiles=(3, 21),
        entered=2,
        waiting=1,
        published=1,
        figures=("some 2026-10-31",),
        findings=(("error", 12), ("warning", 4)),
        parts=(("nightly", "b" * 64),),
        digest="c" * 64,
    )
    return Run(**{**vars(run), **told})  # type: ignore[arg-type]


def fabricated_operations(belts: tuple[Belt, ...]) -> Operations:
    """All of it: a night after which one deposit is held and another right."""
    night = fabricated_run()
    first, second = belts[0].deposits[0], belts[1].deposits[0]
    held = Matter(
        "red",
        Text(first.name.zh, first.name.en),
        Text(f"暂缓：{HOSTILE}", f"held back: {HOSTILE}"),
        (f"bornite check {belts[0].id}",),
    )
    lines = (
        DepositLight(
            "red", Text("带", "belt"), first.id, Text(first.name.zh, first.name.en),
            held.why, Text("未估算", "not estimated"), (held,),
        ),
        DepositLight(
            "green", Text("带", "belt"), second.id, Text(second.name.zh, second.name.en),
            Text("正常", "right"), Text("无变化", "unchanged"),
        ),
    )  # fmt: skip
    digest = Digest(
        "red", Text("昨夜有误：1 项", "Last night went wrong"), AT, night, 0, 3, lines,
        (Matter("red", Text("台账", "the ledger"), Text("断链", "broken"), ("bornite verify",)),),
    )  # fmt: skip
    return Operations(
        data=tuple(fabricated_data(belt) for belt in belts),
        runs=(fabricated_run(2, outcome="broken", ended_at=None), night),
        runs_more=5,
        digest=digest,
    )
