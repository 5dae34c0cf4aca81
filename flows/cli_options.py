"""What every command shares: options, exit codes, the reader's language, JSON on stdout."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable
from enum import IntEnum
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

CONFIGS, WORKSPACE = "configs/belts", "workspace"

ConfigsOption = Annotated[
    str, typer.Option("--configs", help="成矿带配置文件夹 / Folder of belt files.")
]
WorkspaceOption = Annotated[
    str,
    typer.Option(
        "--workspace", help="工作区 / Where results are kept.", envvar="BORNITE_WORKSPACE"
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="JSON 输出到标准输出 / Print JSON on stdout.")
]
WorkersOption = Annotated[
    int | None, typer.Option("--workers", min=1, help="并行数 / Workers; never changes a number.")
]
AcceptOption = Annotated[
    str | None,
    typer.Option(
        "--accept",
        help="放行未审定特殊值的理由 / Reason for letting undecided special values pass.",
    ),
]
BeltsArgument = Annotated[
    list[str] | None, typer.Argument(help="成矿带;缺省为全部 / Belts; all if none.")
]
DepositArgument = Annotated[str, typer.Argument(help="矿床 / Deposit.")]


class Exit(IntEnum):
    """What the exit code says."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    DATA = 3
    HELD = 4
    LOCKED = 5
    ENVIRONMENT = 6


MADE_HERE = ("ledger.db", "models", "runs", "vault", "quarantine", "curated")
"""What a workspace holds, some of it, once anything was done in it."""


def in_a_workspace(command: Callable[..., Any]) -> Callable[..., Any]:
    """A command that works on what is there, and so refuses a folder that is no workspace.

    Nothing is made in such a folder: it is a mistyped one. Where the ledger lies on a server, the
    folder isn't asked for.
    """

    @wraps(command)
    def checked(*args: Any, **kwargs: Any) -> Any:
        from flows.runtime import read_runtime
        from geo.config import ConfigError

        root = Path(kwargs.get("workspace", WORKSPACE))
        settings = read_runtime(Path(kwargs.get("configs", CONFIGS)).parent / "runtime.yaml")
        if settings.database_url is None and not any((root / name).exists() for name in MADE_HERE):
            raise ConfigError(
                f"{root}: no workspace here; is --workspace right? bornite demo or bornite "
                "estimate makes one / 此处没有工作区，请核对 --workspace；bornite demo 或 "
                "bornite estimate 会新建"
            )
        return command(*args, **kwargs)

    return checked


def language() -> str:
    """Language of messages: --lang or BORNITE_LANG, else runtime.yaml, else the locale, else zh."""
    from flows.runtime import read_runtime
    from geo.config import ConfigError

    wanted = os.environ.get("BORNITE_LANG")
    if not wanted:
        try:
            wanted = read_runtime(Path(CONFIGS).parent / "runtime.yaml").language
        except ConfigError:  # said by the command itself, in the locale's language
            wanted = None
    return "en" if (wanted or os.environ.get("LANG", "")).lower().startswith("en") else "zh"


def voice() -> Any:
    """Return the terminal's voice, in the reader's language."""
    from flows.show import Voice

    return Voice(language())


def warn_of_bad_belts(configs: str) -> None:
    """Say on stderr which belt files can't be used; the others go on.

    Where none can, the command itself says so.
    """
    from estimation.belts import read_belts

    belts, troubles = read_belts(Path(configs))
    for words in troubles.values() if belts else ():
        voice().say(f"配置错误: {words}", f"configuration error: {words}")


def next_options(configs: str, workspace: str | None = None) -> str:
    """Options that the next command must repeat, where they are not the usual ones."""
    text = "" if configs == CONFIGS else f" --configs {shlex.quote(configs)}"
    if workspace is not None and workspace not in (WORKSPACE, os.environ.get("BORNITE_WORKSPACE")):
        text += f" --workspace {shlex.quote(workspace)}"
    return text


def print_json(answer: Any) -> None:
    """Print an answer as JSON on stdout."""
    print(json.dumps(answer, ensure_ascii=False, indent=1))
