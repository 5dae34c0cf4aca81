"""The served site as an application: which file a request gets, with which headers."""

from __future__ import annotations

import hashlib
import logging
import mimetypes
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from anyio import to_thread
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from flows.readers import Group
from flows.serve_door import Door, Visitor
from reporting.units import Text

LOG = logging.getLogger("uvicorn.error")
"""The server's own: to stderr."""
SIGN_IN = "/sign-in"
"""Asks for a name where anonymous readers are let in, then leads to the first page."""
CHUNK_BYTES = 1 << 18
LONGEST_PATH, LONGEST_NAME = 1024, 255
"""Characters of an address, and bytes of a name in it, that can be a page's."""
SWAP_S = 2.0
"""A site being swapped is looked for so long."""
POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'"
)
"""The policy that the pages themselves carry."""
HEADERS = {
    "content-security-policy": f"{POLICY}; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
TLS_ONLY = {"strict-transport-security": "max-age=31536000"}
WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UNKNOWN_TYPE = "application/octet-stream"
PACKED = (*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/pdf", WORKBOOK_TYPE, UNKNOWN_TYPE)
"""Types that are compressed already, or may be."""
SAID = {
    400: Text("请求无法识别，或请求头过长", "The request is no HTTP, or its head is too long"),
    401: Text("请输入姓名与密码", "A name and a password are needed"),
    404: Text("没有这一页", "No such page"),
    405: Text("只可读取", "Reading only: GET or HEAD"),
    429: Text("尝试过多，请稍后再试", "Too many tries; wait a little"),
    500: Text("服务出错，请告知管理员", "The server failed; tell whoever runs it"),
    503: Text("暂不可用，请稍后再试", "Not available now; try again soon"),
}
REFUSAL = """\
<!DOCTYPE html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{status} {zh} / {en}</title>
<style>
body{{margin:12vh auto 0;max-width:34em;padding:0 1em;color:#20262d;background:#f6f7f8;
font:16px/1.6 "Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei","PingFang SC",\
system-ui,sans-serif}}
h1{{font-size:1.4em;margin:0}} h1+p{{margin-top:0;color:#55606c}} a{{color:#8f4216}}
</style>
</head>
<body>
<main>
<h1>{zh}</h1>
<p lang="en">{en}</p>
<p><a href="/">返回首页 · <span lang="en">Back to the first page</span></a></p>
</main>
</body>
</html>
"""
"""What a reader sees in place of a page: why, in both languages, and the way home."""
CHALLENGE = 'Basic realm="bornite", charset="UTF-8"'


@dataclass(frozen=True)
class Pages:
    """The finished folders, by who reads them."""

    folders: dict[Group, Path]
    door: Door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        address = request.client.host if request.client else ""
        try:
            visitor = await self.door.let_in(request.headers.get("authorization"), address)
            scope["reader"] = visitor.name
            answer = await self._answer(request, visitor)
        except Exception:  # answered here, inside what puts the headers on and writes the line
            LOG.exception("500")
            answer = refusal(500)
        await answer(scope, receive, send)

    async def _answer(self, request: Request, visitor: Visitor) -> Response:
        path = request.scope["path"]
        if visitor.status != 200 or (path == SIGN_IN and not visitor.name):
            return refusal(visitor.status if visitor.status != 200 else 401)
        if request.method not in ("GET", "HEAD"):
            return refusal(405)
        if path == SIGN_IN:
            return RedirectResponse("/", 303, {"cache-control": "no-store"})
        parts = page_parts(path)
        if parts is None:
            return refusal(404)
        try:
            found = await to_thread.run_sync(open_page, self.folders[visitor.group], parts)
        except (OSError, ValueError):
            return refusal(503)
        return refusal(404) if found is None else _file_answer(request, visitor, found, parts[-1])


def make_app(pages: Pages, log: Callable[[str], None]) -> ASGIApp:
    """The application: headers on every answer, one line of log for each, text compressed."""
    return Dressed(GZipMiddleware(pages, compresslevel=6, exclude_content_types=PACKED), log)


class Dressed:
    """Puts the security headers on every answer and says in the log what was answered."""

    def __init__(self, app: ASGIApp, log: Callable[[str], None]) -> None:
        """Stand around ``app``; ``log`` takes lines."""
        self.app, self.log = app, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on."""
        begun, status, count = time.perf_counter(), 0, 0

        async def dressed(message: Message) -> None:
            nonlocal status, count
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS | (TLS_ONLY if scope.get("scheme") == "https" else {}))
                headers["vary"] = "Accept-Encoding, Authorization"
            elif message["type"] == "http.response.body":
                count += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, dressed)
        finally:
            spent_ms = (time.perf_counter() - begun) * 1000
            self.log(_log_line(scope, status, count, spent_ms))


def refusal(status: int) -> Response:
    """A small page, in both languages, that says why there is no other."""
    headers = {"cache-control": "no-store"}
    headers |= {"www-authenticate": CHALLENGE} if status == 401 else {}
    headers |= {"allow": "GET, HEAD"} if status == 405 else {}
    headers |= {"retry-after": "5"} if status in (429, 503) else {}
    said = SAID[status]
    return HTMLResponse(REFUSAL.format(status=status, zh=said.zh, en=said.en), status, headers)


def page_parts(path: str) -> tuple[str, ...] | None:
    """Parts of a page's address below the site's folder; None where it can be no page's.

    Nothing hidden, nothing above the folder, no sign that some system takes for a separator.
    """
    if path in ("", "/"):
        return ("index.html",)
    root, *parts = path.split("/")
    plain = (
        not root
        and len(path) <= LONGEST_PATH
        and all(
            part and not part.startswith(".") and len(part.encode()) <= LONGEST_NAME
            for part in parts
        )
    )
    return tuple(parts) if plain and not any(sign in path for sign in "\\:\0") else None


def open_page(folder: Path, parts: Sequence[str]) -> BinaryIO | None:
    """Open a file of the site; None where the site has no such file.

    The folder may be swapped meanwhile: what is opened is of the old site or of the new one, and
    between the two renames the old one is read where it was put aside.

    Raises
    ------
    OSError
        There is no site, or the file can't be read.
    """
    aside = folder.with_name(f".{folder.name}-old")
    until = time.monotonic() + SWAP_S
    while True:
        for place in (folder, aside):
            before = _identity(place)
            if before is None:
                continue
            found = _open_below(place, parts)
            if found is not None:
                return found
            if place == folder and _identity(place) == before:  # it stood, the file was not there;
                return None  # the one put aside is no witness: it is being removed
        if time.monotonic() > until:
            raise FileNotFoundError(folder)
        time.sleep(0.01)


def _identity(folder: Path) -> tuple[int, int] | None:
    """What tells one folder from another of the same name."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _open_below(folder: Path, parts: Sequence[str]) -> BinaryIO | None:
    """Open a plain file in ``folder``, or below; None where there is none, or a link leads out."""
    path = folder.joinpath(*parts)
    try:
        inside = path.resolve(strict=True).is_relative_to(folder.resolve(strict=True))
        return path.open("rb") if inside and path.is_file() else None
    except (FileNotFoundError, NotADirectoryError):
        return None


def _file_answer(request: Request, visitor: Visitor, stream: BinaryIO, name: str) -> Response:
    """The file, or the word that the reader has it already."""
    found = os.fstat(stream.fileno())
    words = f"{found.st_ino} {found.st_mtime_ns} {found.st_size}"
    tag = f'W/"{hashlib.sha256(words.encode()).hexdigest()[:32]}"'
    private = "private, " if visitor.name else ""
    headers = {"etag": tag, "cache-control": f"{private}no-cache"}
    known = {one.strip() for one in request.headers.get("if-none-match", "").split(",")}
    if {tag, "*"} & known:
        stream.close()
        return Response(status_code=304, headers=headers)
    kind = mimetypes.guess_type(name)[0] or UNKNOWN_TYPE
    headers["content-length"] = str(found.st_size)
    if request.method == "HEAD":
        stream.close()
        return Response(headers=headers, media_type=kind)
    return StreamingResponse(_chunks(stream), headers=headers, media_type=kind)


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    """The file's bytes; it is closed when they are read, or no longer wanted."""
    with stream:
        while chunk := stream.read(CHUNK_BYTES):
            yield chunk


def _log_line(scope: Scope, status: int, count: int, spent_ms: float) -> str:
    """Who asked for what and what he got; no query, no header, nothing that could fake a line."""
    client = scope.get("client")
    words = (
        datetime.now().astimezone().isoformat(timespec="seconds"),
        client[0] if client else "-",
        quote(scope.get("reader", ""), safe="") or "-",
        quote(scope["method"], safe=""),
        quote(scope["path"][:LONGEST_PATH], safe="/"),
        str(status),
        str(count),
        f"{spent_ms:.0f}ms",
    )
    return " ".join(words)
