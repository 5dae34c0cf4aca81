"""Serving the finished site to an intranet: nothing is computed here, only read and sent.

Anonymous readers and those of group ``public`` get the public build, those of group ``bureau``
the whole; who is who stands in the readers' file (:mod:`flows.readers`).
"""

from __future__ import annotations

import ipaddress
import signal
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from flows.runtime import Workspace
from flows.serve_door import Door
from flows.serve_listener import Punctual
from flows.serve_pages import Pages, make_app
from geo.config import ConfigError

GRACE_S = 10
"""Requests under way when the server is stopped may last so long."""
IDLE_S = 5
"""A connection that was answered is kept open so long for the next request."""
AT_ONCE = 256
"""Connections at one time; more are told to come again."""
LONGEST_HEAD = 16 * 1024
"""Bytes of a request's head that may have come without its end; after more of them, 400."""
PROXIES = ("127.0.0.1", "::1")
"""Where a proxy is believed, if one is said to be there."""


@dataclass(frozen=True)
class Address:
    """Where the server listens, and with which certificate."""

    host: str
    port: int
    """0: any that is free."""
    certificate: Path | None = None
    key: Path | None = None
    behind_proxy: bool = False
    """Whether a proxy on this machine may name the reader's address and its own scheme."""

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def tls(self) -> bool:
        """Whether it listens under TLS."""
        return self.certificate is not None

    def url(self, port: int) -> str:
        """The address as a browser takes it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http{'s' if self.tls else ''}://{host}:{port}/"


def serve_site(
    house: Workspace,
    door: Door,
    address: Address,
    ready: Callable[[str], None],
    log: Callable[[str], None],
) -> None:
    """Serve until told to stop (SIGINT, SIGTERM); requests under way are finished.

    Parameters
    ----------
    house, door
        The workspace whose site is served, and who may read it.
    address
        Where to listen.
    ready
        Told the site's address once requests are taken.
    log
        Told each request, as a line.

    Raises
    ------
    geo.config.ConfigError
        There is no site, the address can't be listened at, or the certificate can't be used.
    """
    if not house.site.is_dir() and not house.public_site.is_dir():
        raise ConfigError(
            f"{house.root}: no site here; is --workspace right? bornite report writes the site / "
            "此处没有网站，请核对 --workspace，或先运行 bornite report"
        )
    pages = Pages({"bureau": house.site, "public": house.public_site}, door)
    server = uvicorn.Server(_settings(make_app(pages, log), address))
    listener = _listen(address)
    with listener:
        ready(address.url(listener.getsockname()[1]))
        for kind in (signal.SIGINT, signal.SIGTERM):  # the server raises them again when it is done
            signal.signal(kind, lambda _number, _frame: None)
        server.run(sockets=[listener])


def _settings(app: Any, address: Address) -> uvicorn.Config:
    """The server's settings, with the certificate loaded."""
    settings = uvicorn.Config(
        app,
        http=Punctual,
        h11_max_incomplete_event_size=LONGEST_HEAD,
        timeout_keep_alive=IDLE_S,
        access_log=False,
        log_level="warning",
        server_header=False,
        lifespan="off",
        ws="none",
        proxy_headers=address.behind_proxy,
        forwarded_allow_ips=list(PROXIES),
        limit_concurrency=AT_ONCE,
        timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=address.certificate,
        ssl_keyfile=address.key,
    )
    try:
        settings.load()
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"--certificate {address.certificate} --key {address.key}: {error}; PEM files are "
            "needed, the key without a password / 须为 PEM 文件，私钥不带密码"
        ) from None
    return settings


def _listen(address: Address) -> socket.socket:
    """A socket that listens at the address."""
    place = f"--host {address.host} --port {address.port}"
    try:
        family, *_ = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
        return socket.create_server((address.host, address.port), family=family)
    except OSError as error:
        raise ConfigError(
            f"{place}: {error.strerror or error}; is another program there? choose another --port "
            "/ 该地址不可用，或已被占用；请换 --port"
        ) from None
