"""The commands ``serve`` and ``reader``."""

from __future__ import annotations

import getpass
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.cli_options import WORKSPACE, JsonOption, WorkspaceOption, print_json
from flows.cli_options import voice as cli_voice
from flows.readers import READERS

ReadersOption = Annotated[
    Path, typer.Option("--readers", help="读者名单 / File of readers.", dir_okay=False)
]


class Action(StrEnum):
    """What is done to the file of readers."""

    ADD = "add"
    REMOVE = "remove"
    LIST = "list"


class ReaderGroup(StrEnum):
    """Groups of readers, as the option names them."""

    BUREAU = "bureau"
    PUBLIC = "public"


def serve(
    workspace: WorkspaceOption = WORKSPACE,
    host: Annotated[
        str, typer.Option("--host", help="监听地址 / Address to listen at.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="端口，0 为任意 / Port; 0: any.")
    ] = 8080,
    readers: Annotated[
        Path | None,
        typer.Option("--readers", help="读者名单 / File of readers; configs/readers.yaml if none."),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", help="TLS 证书 PEM / Certificate, PEM.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", help="TLS 私钥 PEM / Private key, PEM.")
    ] = None,
    behind_proxy: Annotated[
        bool,
        typer.Option(
            "--behind-proxy",
            help="信任本机反向代理的 X-Forwarded-* / Believe X-Forwarded-* of a proxy here.",
        ),
    ] = False,
) -> None:
    """在内网提供网站：公众版与局内版 / Serve the site: public pages, and the bureau's by name."""
    from flows.runtime import Workspace
    from flows.serve import Address, serve_site
    from flows.serve_door import Door

    voice = cli_voice()
    if (certificate is None) != (key is None):
        raise typer.BadParameter("--certificate and --key go together / 两者须同时给出")
    if readers is not None and not readers.is_file():
        raise typer.BadParameter(f"--readers {readers}: no such file / 没有此文件")
    path = readers or Path(READERS)
    address = Address(host, port, certificate, key, behind_proxy)
    door = Door(path, lambda words: voice.say(f"读者名单: {words}", f"readers' file: {words}"))

    def ready(url: str) -> None:
        _say_who_reads(voice, door, path)
        _warn(voice, door, path, address)
        voice.say(f"网站: {url}（Ctrl+C 停止）", f"site: {url} (Ctrl+C stops)")

    serve_site(
        Workspace(Path(workspace)),
        door,
        address,
        ready,
        lambda line: print(line, file=sys.stderr, flush=True),
    )
    voice.say("已停止", "stopped")


def _say_who_reads(voice: Any, door: Any, path: Path) -> None:
    """One line on who gets which pages."""
    if not path.exists():
        voice.say(
            f"没有 {path}：所有人只读公众版；bornite reader add 姓名 --group bureau 加入局内读者",
            f"no {path}: everybody reads the public site only; bornite reader add NAME --group "
            "bureau enters a reader of the whole",
        )
        return
    count = len(door.readers.readers)
    if door.readers.anonymous:
        voice.say(
            f"{count} 名读者；匿名者读公众版，局内读者由 /sign-in 登录",
            f"{count} readers; without a name the public site, by /sign-in the reader's own",
        )
    else:
        voice.say(f"{count} 名读者；须登录", f"{count} readers; nobody reads without a name")


def _warn(voice: Any, door: Any, path: Path, address: Any) -> None:
    """Say loudly what is unsafe."""
    from flows.readers import open_to_others

    if open_to_others(path):
        voice.say(
            f"警告: 其他用户可读 {path}；请 chmod 600 {path}",
            f"WARNING: other users can read {path}; chmod 600 {path}",
        )
    if door.readers.readers and not address.loopback and not address.tls:
        voice.say(
            f"警告: 在 {address.host} 上以明文传送密码，网络上任何人都能读到。请加 --certificate "
            "与 --key，或只监听 127.0.0.1 并在前面设 TLS 反向代理（docs/serve.md）",
            f"WARNING: passwords cross the network at {address.host} in clear, for anybody to "
            "read. Give --certificate and --key, or listen at 127.0.0.1 behind a reverse proxy "
            "with TLS (docs/serve.md)",
        )


def reader(
    action: Annotated[Action, typer.Argument(help="add | remove | list")],
    name: Annotated[str, typer.Argument(help="姓名 / Name.")] = "",
    group: Annotated[
        ReaderGroup | None,
        typer.Option(
            "--group",
            help="组:bureau 读全部,public 读公众版 / bureau reads all, public the public site.",
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="更换密码与组 / Give a new password and group.")
    ] = False,
    password_stdin: Annotated[
        bool,
        typer.Option("--password-stdin", help="密码取自标准输入 / Read the password from stdin."),
    ] = False,
    readers: ReadersOption = Path(READERS),
    as_json: JsonOption = False,
) -> None:
    """网站读者：加入、移除、列出 / Readers of the served site: add, remove, list."""
    from flows.readers import add_reader, read_readers, remove_reader

    if (action is Action.LIST) == bool(name):
        raise typer.BadParameter("NAME: needed by add and remove only / 仅 add 与 remove 需要姓名")
    if action is Action.ADD:
        if group is None:
            raise typer.BadParameter("--group bureau | public")
        password = _password_of_stdin() if password_stdin else _password_asked()
        add_reader(readers, name, group.value, password, replace=replace)
    elif action is Action.REMOVE:
        remove_reader(readers, name)
    found = read_readers(readers)
    listed = [{"name": one.name, "group": one.group} for one in found.readers]
    if as_json:
        print_json({"file": str(readers), "anonymous": found.anonymous, "readers": listed})
        return
    voice = cli_voice()
    for one in listed:
        voice.out.print(f"{one['group']}  {one['name']}", markup=False)
    if action is not Action.LIST:
        voice.say(f"已写入 {readers}", f"written to {readers}")


def _password_of_stdin() -> str:
    """The first line that a script hands over."""
    return sys.stdin.readline().rstrip("\r\n")


def _password_asked() -> str:
    """A password typed twice, unseen.

    Raises
    ------
    geo.config.ConfigError
        There is no terminal to ask at, or the two differ.
    """
    from geo.config import ConfigError

    if not sys.stdin.isatty():
        raise ConfigError("no terminal to ask at: --password-stdin / 没有终端，请用该选项")
    word = cli_voice().word
    first = getpass.getpass(word("密码（不显示）: ", "Password (not shown): "))
    if getpass.getpass(word("再输一次: ", "Once more: ")) != first:
        raise ConfigError("the two passwords differ; nothing was written / 两次输入不同，未写入")
    return first
