"""Commands of review: ``ledger``, ``compare``, and the decisions on a figure.

``hold``, ``approve``, ``publish``, ``withdraw`` and ``rollback`` move a figure inside the house;
``advance`` takes it through filing (送审, 受理, 评审, 备案, 入统).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.cli_options import (
    CONFIGS,
    WORKSPACE,
    ConfigsOption,
    DepositArgument,
    Exit,
    JsonOption,
    WorkspaceOption,
    next_options,
    print_json,
)
from flows.cli_options import voice as cli_voice
from geo.config import ConfigError
from geo.days import today

VintageArgument = Annotated[str, typer.Argument(help="基准日 / Effective date, YYYY-MM-DD.")]
ByOption = Annotated[
    str | None, typer.Option("--by", help="谁;缺省为当前用户 / Who; the user if none.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="理由 / Why.")]
SeriesOption = Annotated[
    str, typer.Option("--series", help="数字系列 / Series: internal, a filing number, or source:…")
]
EntryOption = Annotated[
    int | None, typer.Option("--entry", min=1, help="台账编号 / Ledger entry; the newest if none.")
]
OnOption = Annotated[
    str | None, typer.Option("--on", help="决定日期;缺省今天 / Date YYYY-MM-DD; today if none.")
]
INTERNAL = "internal"


@dataclass(frozen=True)
class Asked:
    """What a command of review was given."""

    deposit: str
    vintage: str
    by: str | None
    reason: str
    entry: int | None
    on: str | None
    series: str = INTERNAL


def _command(name: str, to: str, words: str) -> Callable[..., None]:
    """A command that takes one entry of a figure to the state ``to``; ``words`` is its help."""

    def command(
        deposit: DepositArgument,
        vintage: VintageArgument,
        by: ByOption = None,
        reason: ReasonOption = "",
        series: SeriesOption = INTERNAL,
        entry: EntryOption = None,
        on: OnOption = None,
        configs: ConfigsOption = CONFIGS,
        workspace: WorkspaceOption = WORKSPACE,
        as_json: JsonOption = False,
    ) -> None:
        asked = Asked(deposit, vintage, by, reason, entry, on, series)
        _one_step(asked, to, (configs, workspace), as_json)

    command.__name__, command.__doc__ = name, words
    return command


hold = _command("hold", "held", "暂缓使用一期数字 / Hold a figure until somebody approves it.")
approve = _command(
    "approve", "approved", "批准一期数字 / Approve a figure; one that was held needs the reason."
)
withdraw = _command(
    "withdraw",
    "withdrawn",
    "撤回一期数字 / Take a figure out of use; the one before it is used again.",
)


def rollback(
    deposit: DepositArgument,
    vintage: VintageArgument,
    by: ByOption = None,
    reason: ReasonOption = "",
    on: OnOption = None,
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """退回到此前发布的数字 / Return to what was published before."""
    asked = Asked(deposit, vintage, by, reason, None, on)
    _one_step(asked, "rolled_back", (configs, workspace), as_json)


def publish(
    deposit: DepositArgument,
    vintage: VintageArgument,
    by: ByOption = None,
    reason: ReasonOption = "",
    entry: EntryOption = None,
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """发布一期数字 / Publish a figure; a draft within its limits is approved with it."""
    from flows.review import publish as publish_figure

    asked = Asked(deposit, vintage, by, reason, entry, None)

    def step(ledger: Any, figure: Any, run_id: str) -> Any:
        about = asked.entry or figure.newest
        return publish_figure(ledger, figure, about, _by(asked.by), asked.reason, run_id)

    _decided(asked, step, (configs, workspace), as_json)


def advance(
    deposit: DepositArgument,
    vintage: VintageArgument,
    to: Annotated[
        str,
        typer.Option(
            "--to", help="新状态 / New state: reviewed, submitted, accepted, review_passed, filed …"
        ),
    ],
    by: ByOption = None,
    reason: ReasonOption = "",
    document_no: Annotated[
        str | None, typer.Option("--document-no", help="文号、备案号 / Document or filing number.")
    ] = None,
    authority: Annotated[str | None, typer.Option("--authority", help="机关 / Authority.")] = None,
    stat_year: Annotated[
        int | None, typer.Option("--stat-year", help="入统年度 / Statistics year.")
    ] = None,
    series: SeriesOption = INTERNAL,
    entry: EntryOption = None,
    on: OnOption = None,
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """登记评审备案进展 / Note how far a figure is with the authority: submitted … filed."""
    from flows.review import decide, on_its_way
    from tracking.ledger.entries import Decision
    from tracking.ledger.states import FILING

    if to not in FILING:
        names = ", ".join(f"{s.name} {s.zh}" for s in FILING.values() if s.name != "draft")
        raise ConfigError(f"--to {to}: {names}")
    asked = Asked(deposit, vintage, by, reason, entry, on, series)

    def step(ledger: Any, figure: Any, run_id: str) -> Any:
        about = asked.entry or on_its_way(ledger, figure, to)
        who, when = _by(asked.by), _day(on)
        decision = Decision(
            about, "filing", to, who, reason, when, document_no, authority, stat_year
        )  # fmt: skip
        return decide(ledger, figure, decision, run_id)

    _decided(asked, step, (configs, workspace), as_json)


def _one_step(asked: Asked, to: str, where: tuple[str, str], as_json: bool) -> None:
    """One move inside the house."""
    from flows.review import decide
    from tracking.ledger.entries import Decision

    def step(ledger: Any, figure: Any, run_id: str) -> Any:
        about = asked.entry or figure.newest
        if to == "rolled_back":
            about = figure.published or figure.newest
        decision = Decision(about, "review", to, _by(asked.by), asked.reason, _day(asked.on))
        return decide(ledger, figure, decision, run_id)

    _decided(asked, step, where, as_json)


def _decided(
    asked: Asked, step: Callable[[Any, Any, str], Any], where: tuple[str, str], as_json: bool
) -> None:
    """Find the figure, take the step, and say where it stands."""
    from flows.manifest import new_run_id, write_manifest
    from flows.review import find_figure, ledger_url
    from flows.runtime import Workspace
    from flows.show_review import say_decided
    from tracking import Ledger

    configs, workspace = where
    house, run_id = Workspace(Path(workspace)), new_run_id()
    with Ledger(ledger_url(configs, house)) as ledger:
        figure = find_figure(ledger, asked.deposit, asked.vintage, asked.series)
        done = step(ledger, figure, run_id)
    write_manifest(house.run(run_id), "decision", done.as_json())
    if as_json:
        print_json(done.as_json())
        return
    say_decided(cli_voice(), done, next_options(configs, workspace))


def _by(name: str | None) -> str:
    """Who decides: the one named, or whoever runs this."""
    from flows.accept import user

    return name or user()


def _day(text: str | None) -> date | None:
    """The day of a decision; None for today."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--on {text}: YYYY-MM-DD is needed / 须为 YYYY-MM-DD") from None
    if day > today():
        raise ConfigError(f"--on {text}: lies ahead / 日期在将来")
    return day


def ledger(
    deposit: Annotated[
        str | None, typer.Argument(help="矿床;缺省为全部 / Deposit; all if none.")
    ] = None,
    entries: Annotated[
        bool, typer.Option("--entries", help="逐条列出 / List every entry.")
    ] = False,
    held: Annotated[
        bool, typer.Option("--held", help="只看待审 / Only figures that wait.")
    ] = False,
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """列出台账:数字、状态、待审 / List the ledger: figures, their states, what waits."""
    from flows.ledger_lines import account
    from flows.runtime import Workspace
    from flows.show_review import show_account

    found = account(configs, Workspace(Path(workspace)), deposit, listed=entries)
    if held:
        found = found.only_held()
    if as_json:
        print_json(found.as_json())
    else:
        show_account(cli_voice(), found, next_options(configs, workspace))
    raise typer.Exit(Exit.DATA if found.problems else Exit.OK)


def compare(
    before: Annotated[
        str,
        typer.Argument(help="基准日、运行、台账编号、published / Vintage, run, entry, published …"),
    ],
    after: Annotated[str, typer.Argument(help="同上 / The same.")],
    deposit: Annotated[
        str | None, typer.Option("--deposit", help="只比一个矿床 / One deposit.")
    ] = None,
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """比较各矿床的两个状态 / Compare two states of every deposit: figures, data, plans, checks."""
    from flows.compare import compare as compare_states
    from flows.show_review import show_compared

    found = compare_states(before, after, configs, workspace, deposit)
    if as_json:
        print_json({"before": before, "after": after, "deposits": [one.as_json() for one in found]})
        return
    show_compared(cli_voice(), (before, after), found, next_options(configs, workspace))
