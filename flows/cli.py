"""The command ``bornite``.

Results go to stdout, messages and progress to stderr; ``--json`` on every command (docs/json.md).
Exit codes: 0 ok, 1 unexpected failure, 2 usage, 3 data errors (quarantine written), 4 held for
review, 5 another run holds the model or the workspace, 6 environment.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.cli_attribute import attribute
from flows.cli_data import belts, check, ingest
from flows.cli_digest import digest
from flows.cli_explain import explain
from flows.cli_export import export
from flows.cli_geochemistry import geochemistry
from flows.cli_init import init
from flows.cli_movement import movement
from flows.cli_options import Exit, in_a_workspace
from flows.cli_options import voice as cli_voice
from flows.cli_plan import accept, diff
from flows.cli_proof import doctor, trace, verify
from flows.cli_qaqc import qaqc
from flows.cli_record import form, record
from flows.cli_retained import mined, retained
from flows.cli_review import (
    advance,
    approve,
    compare,
    hold,
    ledger,
    publish,
    rollback,
    withdraw,
)
from flows.cli_serve import reader, serve
from flows.cli_shell import shell
from flows.cli_study import pack, study
from flows.cli_work import demo, estimate, growth, propose, report
from geo.config import ConfigError
from geo.findings import DataError

__all__ = ["Exit", "app", "main", "run"]

HELP = """\
斑铜:铜矿及伴生资源估算与增长跟踪 / Copper resources by kriging, and their growth.

先试样例 bornite demo;自有数据 docs/own-data.md;每夜运行 docs/operations.md / The sample first:
bornite demo. Your own data: docs/own-data.md. Every night: docs/operations.md.
"""
app = typer.Typer(
    name="bornite",
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
GROUPS: tuple[tuple[str, tuple[Callable[..., Any], ...]], ...] = (
    ("开始 / To begin", (demo, init, doctor)),
    ("数据 / Data", (belts, check, ingest, qaqc, geochemistry)),
    ("估算 / Estimation", (propose, study, shell, accept, estimate, explain, diff, pack, export)),
    (
        "变动与台账 / Growth and ledger",
        (growth, movement, attribute, form, record, mined, retained, ledger, compare),
    ),
    ("审核与备案 / Review", (hold, approve, publish, withdraw, rollback, advance)),
    ("网站与日常 / Site and nights", (report, digest, serve, reader)),
    ("核验 / Proof", (trace, verify)),
)
"""Commands as ``bornite --help`` lists them."""
COMMANDS = tuple(command for _, commands in GROUPS for command in commands)
ON_WHAT_IS_THERE = (
    explain,
    attribute,
    movement,
    retained,
    ledger,
    compare,
    hold,
    approve,
    publish,
    withdraw,
    rollback,
    advance,
    export,
    report,
    digest,
    trace,
    verify,
)
"""Commands that make no workspace where there is none."""

for title, commands in GROUPS:
    for command in commands:
        checked = in_a_workspace(command) if command in ON_WHAT_IS_THERE else command
        app.command(rich_help_panel=title)(checked)


@app.callback()
def options(
    lang: Annotated[
        str | None, typer.Option("--lang", help="消息语言 / Language of messages: zh | en")
    ] = None,
) -> None:
    """Set what holds for every command."""
    if lang is not None:
        if lang not in {"zh", "en"}:
            raise typer.BadParameter("zh | en")
        os.environ["BORNITE_LANG"] = lang


def main(arguments: list[str] | None = None) -> None:
    """Run the command; a user never sees a traceback for a data error."""
    sys.exit(run(lambda: app(arguments, standalone_mode=False)))


def run(command: Callable[[], Any]) -> int:
    """Run ``command`` and turn what goes wrong into a message and an exit code."""
    try:
        return int(command() or 0)
    except (typer.Exit, SystemExit) as leave:
        return int(getattr(leave, "exit_code", getattr(leave, "code", 0)) or 0)
    except typer.Abort:
        return Exit.FAILURE
    except DataError as error:
        cli_voice().findings(error.findings)
        return Exit.DATA
    except ConfigError as error:
        cli_voice().say(f"配置错误: {error}", f"configuration error: {error}")
        return Exit.USAGE
    except KeyboardInterrupt:
        cli_voice().say(
            "已中断;完成的瓦片已保存,重新运行同一命令即可继续",
            "interrupted; finished tiles are saved, run the same command to go on",
        )
        return 130
    except Exception as error:
        return _other_trouble(error)


def _other_trouble(error: Exception) -> int:
    """Exit code and message for what is neither data nor configuration."""
    if hasattr(error, "format_message"):  # a usage error of the option parser
        said = error.format_message()
        cli_voice().say(f"用法: {said}", f"usage: {said}")
        return Exit.USAGE
    for kind, zh, en, code in _known_troubles():
        if isinstance(error, kind):
            cli_voice().say(zh.format(error), en.format(error))
            return code
    return _unexpected(error)


def _known_troubles() -> tuple[tuple[type[Exception], str, str, Exit], ...]:
    """What can go wrong outside the data, in both languages, and its exit code; first one that
    fits."""
    from estimation.errors import EstimationError
    from estimation.models.store import StoreBusyError
    from flows.lock import WorkspaceBusyError
    from flows.review import HeldFigureError
    from tracking import LedgerError
    from tracking.errors import StateError

    return (
        (WorkspaceBusyError, "工作区被占用: {}", "the workspace is in use: {}", Exit.LOCKED),
        (StoreBusyError, "模型被另一运行占用: {}", "another run holds the model: {}", Exit.LOCKED),
        (EstimationError, "无法估算: {}", "can't be estimated: {}", Exit.DATA),
        (HeldFigureError, "待审: {}", "held for review: {}", Exit.HELD),
        (StateError, "台账: {}", "ledger: {}", Exit.USAGE),
        (LedgerError, "台账: {}", "ledger: {}", Exit.ENVIRONMENT),
        (
            OSError,
            "文件或磁盘: {};检查 --workspace 可写、磁盘未满",
            "file or disk: {}; is --workspace writable, and the disk not full?",
            Exit.ENVIRONMENT,
        ),
    )


def _unexpected(error: Exception) -> int:
    """The whole trace goes to a file that the message names."""
    from flows.manifest import new_run_id

    folder = Path(tempfile.gettempdir()) / "bornite-errors"
    folder.mkdir(parents=True, exist_ok=True)
    log = folder.resolve() / f"{new_run_id()}.log"
    log.write_text("".join(traceback.format_exception(error)), "utf-8")
    cli_voice().say(
        f"意外错误 {type(error).__name__}: {error}\n详情: {log}",
        f"unexpected failure {type(error).__name__}: {error}\ndetails: {log}",
    )
    return Exit.FAILURE


if __name__ == "__main__":
    main()
