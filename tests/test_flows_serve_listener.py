"""Connections to the served site that are slow, silent, too many, or speak no HTTP."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from flows import serve_listener
from flows.serve import LONGEST_HEAD, Address, _settings
from flows.serve_door import Door
from flows.serve_pages import HEADERS, Pages, make_app

BIG = 24 * 1024 * 1024
"""Bytes of a download: more than the system keeps for a reader who doesn't take them."""
ASKED = b"GET /index.html HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A real server in a thread, with short patience."""
    monkeypatch.setattr(serve_listener, "HEAD_S", 0.4)
    monkeypatch.setattr(serve_listener, "STALL_S", 0.6)
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text("<p>first</p>", "utf-8")
    (site / "big.bin").write_bytes(bytes(BIG))
    door = Door(tmp_path / "none.yaml", pytest.fail)
    app = make_app(Pages({"bureau": site, "public": site}, door), lambda _line: None)
    server = uvicorn.Server(_settings(app, Address("127.0.0.1", 0)))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(20)
    assert not thread.is_alive()


@contextlib.contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """A connection of our own."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        yield link


def rest(link: socket.socket) -> bytes:
    """All that still comes until the server closes the connection."""
    found = bytearray()
    with contextlib.suppress(ConnectionError):
        while piece := link.recv(1 << 16):
            found += piece
    return bytes(found)


@pytest.mark.parametrize("said", [b"", b"GET /index", ASKED[:-2]])
def test_who_does_not_finish_his_request_is_sent_away(port: int, said: bytes) -> None:
    with connected(port) as link:
        begun = time.monotonic()
        link.sendall(said)
        assert rest(link) == b""
        assert 0.3 < time.monotonic() - begun < 5


def test_a_request_in_drops_is_sent_away_also_after_one_that_was_answered(port: int) -> None:
    with connected(port) as link:
        link.sendall(ASKED)
        assert link.recv(1 << 16).startswith(b"HTTP/1.1 200")
        time.sleep(0.6)  # a connection at rest is kept: the clock starts with the next request
        with contextlib.suppress(ConnectionError):
            for number in range(30):
                link.sendall(ASKED[number : number + 1])
                time.sleep(0.1)
            pytest.fail("it was listened to")


def test_a_body_that_never_comes_is_not_waited_for(port: int) -> None:
    with connected(port) as link:
        link.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab")
        begun = time.monotonic()
        assert rest(link).startswith(b"HTTP/1.1 405")
        assert time.monotonic() - begun < 3  # the pause between two requests would be longer


@pytest.mark.parametrize("taken_s", [None, 0.02])
def test_who_takes_nothing_is_sent_away_and_who_takes_slowly_gets_it_all(
    port: int, taken_s: float | None
) -> None:
    with connected(port) as link:
        link.sendall(ASKED.replace(b"index.html", b"big.bin"))
        if taken_s is None:
            time.sleep(1.5)
            assert len(rest(link)) < BIG
            return
        begun, count = time.monotonic(), 0
        while count < BIG:
            piece = link.recv(1 << 19)
            assert piece
            count += len(piece)
            time.sleep(taken_s)
        assert time.monotonic() - begun > serve_listener.STALL_S


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * (2 * LONGEST_HEAD),
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_http_is_told_so_with_the_headers(port: int, said: bytes) -> None:
    with connected(port) as link:
        link.sendall(said)
        head, _, body = rest(link).decode("utf-8").partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    assert first == "HTTP/1.1 400 Bad Request"
    sent = dict(line.split(": ", 1) for line in lines)
    assert HEADERS.items() <= sent.items()
    assert sent["connection"] == "close"
    assert "请求无法识别" in body
    assert 'href="/"' in body


@pytest.mark.parametrize("target", [b"*", b"http://elsewhere.example/index.html", b"index.html"])
def test_an_address_that_is_no_path_is_no_page(port: int, target: bytes) -> None:
    with connected(port) as link:
        link.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        said = rest(link).decode("utf-8")
    assert said.startswith("HTTP/1.1 404")
    assert "没有这一页" in said
    assert "content-security-policy" in said


def test_rubbish_after_an_answer_ends_quietly(port: int, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with connected(port) as link:
        link.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert link.recv(1 << 16).startswith(b"HTTP/1.1 405")
        link.sendall(b"no chunk\r\n")
        rest(link)
    assert "Traceback" not in caplog.text
    assert "Fatal error" not in caplog.text


def test_who_offers_another_protocol_is_answered_in_this_one(
    port: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("uvicorn"), "propagate", True)
    caplog.set_level(logging.WARNING)
    with connected(port) as link:
        link.sendall(ASKED.replace(b"Host", b"Connection: Upgrade\r\nUpgrade: websocket\r\nHost"))
        assert link.recv(1 << 16).startswith(b"HTTP/1.1 200")
    assert not caplog.records


def test_more_connections_than_are_held_are_closed(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve_listener, "MOST_OPEN", 3)
    monkeypatch.setattr(serve_listener, "HEAD_S", 20.0)
    with contextlib.ExitStack() as stack:
        links = [stack.enter_context(connected(port)) for _ in range(3)]
        time.sleep(0.2)
        assert rest(stack.enter_context(connected(port))) == b""
        links[0].sendall(ASKED.replace(b"Host: x", b"Host: x\r\nConnection: close"))
        assert rest(links[0]).startswith(b"HTTP/1.1 200")
