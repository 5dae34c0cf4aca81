"""The served site: who gets which pages, with which headers, and nothing else of the machine."""

from __future__ import annotations

import gzip
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from flows.cli import Exit, main
from flows.runtime import Workspace
from flows.serve import Address, _settings, serve_site
from flows.serve_door import Door
from flows.serve_pages import HEADERS, POLICY, Pages, make_app, open_page, page_parts
from geo.config import ConfigError
from tests.test_flows_readers import PASSWORD, Waits, basic, written  # noqa: F401

ROOT = Path(__file__).resolve().parent.parent
BUREAU = {"authorization": basic("李工", PASSWORD)}
PUBLIC = {"authorization": basic("pat", PASSWORD)}
LONG = "网站 site " * 500


def write_site(folder: Path, words: str) -> None:
    """A small site: a first page, a page in a folder, a download, and what must never be sent."""
    (folder / "deposits").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / "index.html").write_text(f"<p>{words} {LONG}</p>", "utf-8")
    (folder / "deposits" / "a.html").write_text(f"<p>{words} deposit</p>", "utf-8")
    (folder / "book.xlsx").write_bytes(b"PK" + bytes(5000))
    (folder / ".hidden").write_text("hidden", "utf-8")
    (folder / ".git" / "config").write_text("hidden", "utf-8")
    (folder / "way-out.html").symlink_to(folder.parent / "ledger.db")


@pytest.fixture
def house(tmp_path: Path) -> Workspace:
    """A workspace with both sites, a ledger beside them, and the readers' file."""
    house = Workspace(tmp_path / "workspace")
    write_site(house.site, "BUREAU")
    write_site(house.public_site, "PUBLIC")
    (house.root / "ledger.db").write_text("ledger", "utf-8")
    return house


@pytest.fixture
def readers(written: Path, tmp_path: Path) -> Path:  # noqa: F811
    """The readers' file, for one test to change."""
    return Path(shutil.copy(written, tmp_path / "readers.yaml"))


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def client(house: Workspace, readers: Path, log: list[str]) -> TestClient:
    """Asks the application without a network."""
    pages = Pages(
        {"bureau": house.site, "public": house.public_site}, Door(readers, pytest.fail, Waits())
    )
    return TestClient(make_app(pages, log.append), follow_redirects=False)


def assert_refusal(answer: Any, zh: str, en: str) -> None:
    """A small page in both languages, with the way home and the security headers."""
    assert HEADERS.items() <= dict(answer.headers).items()
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert f"<h1>{zh}</h1>" in answer.text
    assert f'<p lang="en">{en}</p>' in answer.text
    assert re.findall(r'href="([^"]*)"', answer.text) == ["/"]


def test_each_group_gets_its_own_build(client: TestClient) -> None:
    for path in ("/", "/index.html", "/deposits/a.html"):
        assert "PUBLIC" in client.get(path).text
        assert "PUBLIC" in client.get(path, headers=PUBLIC).text
        assert "BUREAU" in client.get(path, headers=BUREAU).text
        wrong = client.get(path, headers={"authorization": basic("李工", "wrong")})
        assert wrong.status_code == 401
        assert "PUBLIC" not in wrong.text


def test_without_anonymous_readers_nothing_is_said_before_the_name(
    client: TestClient, readers: Path
) -> None:
    readers.write_text(readers.read_text("utf-8").replace("anonymous: true", "anonymous: false"))
    for method in ("GET", "POST", "DELETE"):
        for path in ("/", "/nothing.html", "/../x"):
            answer = client.request(method, path)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == 'Basic realm="bornite", charset="UTF-8"'
    assert client.get("/", headers=PUBLIC).status_code == 200


def test_signing_in_where_anybody_may_read(client: TestClient) -> None:
    assert client.get("/sign-in").status_code == 401
    answer = client.get("/sign-in", headers=BUREAU)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_failure_of_ours_is_answered_with_the_headers_and_logged(
    client: TestClient, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.serve_pages.page_parts", lambda _path: 1 / 0)
    answer = client.get("/index.html")
    assert answer.status_code == 500
    assert HEADERS.items() <= dict(answer.headers).items()
    assert "ZeroDivisionError" not in answer.text
    assert " /index.html 500 " in log[0]


def test_every_answer_carries_the_security_headers(client: TestClient, log: list[str]) -> None:
    answers = [
        client.get("/"),
        client.get("/", headers=BUREAU),
        client.get("/none.html"),
        client.post("/"),
        client.get("/sign-in"),
        client.get("/book.xlsx"),
    ]
    for answer in answers:
        assert HEADERS.items() <= dict(answer.headers).items()
        assert "strict-transport-security" not in answer.headers
        assert "Authorization" in answer.headers["vary"]
        assert re.search(r"no-cache|no-store", answer.headers["cache-control"])
    assert "private" in answers[1].headers["cache-control"]
    assert len(log) == len(answers)


def test_hsts_under_tls_only(client: TestClient) -> None:
    client.base_url = "https://testserver"  # type: ignore[assignment]
    assert client.get("/").headers["strict-transport-security"].startswith("max-age=")


def test_the_policy_is_the_pages_own() -> None:
    frame = (ROOT / "reporting" / "templates" / "frame.html.j2").read_text("utf-8")
    found = re.search(r'Content-Security-Policy" content="([^"]+)"', frame)
    assert found is not None
    assert found[1] == POLICY


def test_reading_only(client: TestClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"):
        answer = client.request(method, "/", headers=BUREAU)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    full, head = client.get("/"), client.head("/", headers={"accept-encoding": "identity"})
    assert head.status_code == 200
    assert head.content == b""
    assert int(head.headers["content-length"]) == len(full.content)


@pytest.mark.parametrize(
    "path",
    [
        "/deposits",
        "/deposits/",
        "/.hidden",
        "/.git/config",
        "/%2e%2e/ledger.db",
        "/..%2fledger.db",
        "/deposits/%2e%2e/%2e%2e/ledger.db",
        "/..%5cledger.db",
        "/%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/%2fetc%2fpasswd",
        "/etc/passwd%00.html",
        "/index.html%00",
        "/C:%5cboot.ini",
        "/way-out.html",
        "/index.html/",
        "/index.html/x",
        "/.site-old/index.html",
        "/%ff%fe",
        "/" + "a" * 5000,
        "/a" * 2000,
    ],
)
def test_nothing_but_pages_is_sent(client: TestClient, path: str) -> None:
    answer = client.get(path, headers=BUREAU)
    assert answer.status_code == 404
    assert_refusal(answer, "没有这一页", "No such page")


def test_the_parts_of_an_address() -> None:
    assert page_parts("/") == ("index.html",)
    assert page_parts("/deposits/铜.html") == ("deposits", "铜.html")
    for path in ("/..", "/a/../b", "/a//b", "/.a", "/a\\b", "/a\0", "/c:x", "/a/", "//a", "a", "*"):
        assert page_parts(path) is None


def test_text_is_compressed_and_what_is_compressed_already_is_not(client: TestClient) -> None:
    page = client.get("/", headers={"accept-encoding": "gzip"})
    assert page.headers["content-encoding"] == "gzip"
    plain = client.get("/", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == page.text
    assert "charset=utf-8" in page.headers["content-type"]
    book = client.get("/book.xlsx", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in book.headers
    assert "spreadsheetml" in book.headers["content-type"]


def test_a_page_that_did_not_change_is_not_sent_again(client: TestClient, house: Workspace) -> None:
    tag = client.get("/").headers["etag"]
    again = client.get("/", headers={"if-none-match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get("/", headers={"if-none-match": tag, **BUREAU}).status_code == 200
    (house.public_site / "new.html").write_text("<p>the morning's</p>", "utf-8")
    (house.public_site / "new.html").replace(house.public_site / "index.html")
    morning = client.get("/", headers={"if-none-match": tag})
    assert (morning.status_code, morning.text) == (200, "<p>the morning's</p>")


def test_the_log_has_no_password_and_nothing_can_fake_a_line(
    client: TestClient, log: list[str]
) -> None:
    client.get("/?key=secret-query", headers=BUREAU)
    client.get("/%0a2026 fake", headers={"authorization": basic("a\nb", "secret-word")})
    client.get("/" + "long" * 4000)
    text = "\n".join(log)
    assert len(text.splitlines()) == 3
    assert max(map(len, log)) < 1200
    assert not any(word in text for word in ("secret", PASSWORD, BUREAU["authorization"][6:]))
    assert re.search(r" %E6%9D%8E%E5%B7%A5 GET / 200 \d+ \d+ms$", log[0])


def test_a_site_that_is_not_there_yet(client: TestClient, house: Workspace) -> None:
    shutil.rmtree(house.site)
    answer = client.get("/", headers=BUREAU)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert client.get("/").status_code == 200


def test_between_the_two_renames_the_old_site_is_read(house: Workspace) -> None:
    house.site.rename(house.site.with_name(".site-old"))
    stream = open_page(house.site, ("index.html",))
    assert stream is not None
    with stream:
        assert b"BUREAU" in stream.read()


def test_what_can_t_be_served_is_said(house: Workspace, readers: Path, tmp_path: Path) -> None:
    door = Door(readers, pytest.fail)

    def refused(address: Address, place: Workspace = house) -> str:
        with pytest.raises(ConfigError) as error:
            serve_site(place, door, address, pytest.fail, pytest.fail)
        return str(error.value)

    assert "bornite report" in refused(Address("127.0.0.1", 0), Workspace(tmp_path / "none"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "--port" in refused(Address("127.0.0.1", taken.getsockname()[1]))
    pem = tmp_path / "no.pem"
    pem.write_text("nothing", "utf-8")
    assert "PEM" in refused(Address("127.0.0.1", 0, pem, pem))
    assert "PEM" in refused(Address("127.0.0.1", 0, tmp_path / "none.pem", pem))


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)],
)
def test_what_is_loopback(host: str, loopback: bool) -> None:
    assert Address(host, 1).loopback is loopback


def test_passwords_in_clear_beyond_loopback_are_warned_of(
    house: Workspace,
    readers: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("flows.serve.serve_site", lambda *words: words[3]("http://there/"))
    said = {}
    for host in ("127.0.0.1", "0.0.0.0"):
        words = ["serve", "--workspace", str(house.root), "--readers", str(readers)]
        with pytest.raises(SystemExit) as leave:
            main(["--lang", "en", *words, "--host", host])
        assert leave.value.code == Exit.OK
        said[host] = capsys.readouterr().err
    assert "WARNING" not in said["127.0.0.1"]
    assert "in clear" in said["0.0.0.0"]
    assert "reverse proxy" in said["0.0.0.0"]


def test_a_list_of_readers_that_was_named_and_is_not_there_lets_nobody_in(
    house: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.serve.serve_site", lambda *_words: pytest.fail("served"))
    missing = ["--readers", str(tmp_path / "reader.yaml")]
    with pytest.raises(SystemExit) as leave:
        main(["serve", "--workspace", str(house.root), *missing])
    assert leave.value.code == Exit.USAGE


@pytest.mark.parametrize("behind", [False, True])
def test_a_readers_address_is_taken_from_a_proxy_only_where_there_is_one(
    client: TestClient, behind: bool
) -> None:
    address = Address("127.0.0.1", 0, behind_proxy=behind)
    assert _settings(client.app, address).proxy_headers is behind


@pytest.fixture
def server(house: Workspace, readers: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The command itself, listening: (process, port)."""
    command = [sys.executable, "-m", "flows.cli", "--lang", "en", "serve", "--port", "0"]
    options = ["--workspace", str(house.root), "--readers", str(readers)]
    with subprocess.Popen(
        command + options, cwd=ROOT, stderr=subprocess.PIPE, text=True, env={**os.environ}
    ) as process:
        assert process.stderr is not None
        port = 0
        for line in process.stderr:
            if found := re.search(r"127\.0\.0\.1:(\d+)/", line):
                port = int(found[1])
                break
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield process, port
        process.kill()


def fetch(port: int, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
    """One real request; the path goes out as it is written."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    link.request("GET", path, headers=headers)
    answer = link.getresponse()
    body = answer.read()
    link.close()
    packed = answer.headers.get("content-encoding") == "gzip"
    return answer.status, gzip.decompress(body) if packed else body


def test_real_requests_while_the_site_is_swapped_and_a_graceful_stop(
    server: tuple[subprocess.Popen[str], int], house: Workspace
) -> None:
    """Every request gets a whole page, the old or the new; the server then ends with code 0."""
    process, port = server
    coded = {"authorization": BUREAU["authorization"], "accept-encoding": "gzip"}
    assert fetch(port, "/", {})[0] == 200
    for path in ("/../ledger.db", "/%2e%2e/ledger.db", "//etc/passwd", "/.hidden"):
        assert fetch(port, path, coded)[0] == 404
    seen: list[tuple[int, bytes]] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            seen.append(fetch(port, "/", coded))

    readers = [threading.Thread(target=read) for _ in range(3)]
    for thread in readers:
        thread.start()
    for number in range(60):
        fresh, old = (house.site.with_name(f".site-{word}") for word in ("fresh", "old"))
        write_site(fresh, f"BUREAU {number}")
        house.site.rename(old)
        time.sleep(0.01 * (number % 3))
        fresh.rename(house.site)
        shutil.rmtree(old)
    stop.set()
    for thread in readers:
        thread.join()
    assert len(seen) > 60
    assert {status for status, _ in seen} == {200}
    assert all(re.fullmatch(rb"<p>BUREAU.*</p>", body) for _, body in seen)
    assert len({body for _, body in seen}) > 5
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
