"""The readers' file and the door: who is let in, what is kept, and what a wrong password costs."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import shutil
import stat
import threading
from pathlib import Path

import pytest
import yaml

from flows import serve_door
from flows.cli import Exit, main
from flows.readers import add_reader, read_readers, remove_reader
from flows.serve_door import (
    FREE_TRIES,
    LONGEST_WAIT_S,
    MOST_OF_ADDRESS,
    MOST_WAITING,
    Door,
    Visitor,
)
from geo.config import ConfigError

PASSWORD = "correct horse battery"
NEW = {"replace": False}


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with one reader of each group; hashing is slow, so it is written once."""
    path = tmp_path_factory.mktemp("readers") / "readers.yaml"
    add_reader(path, "李工", "bureau", PASSWORD, replace=False)
    add_reader(path, "pat", "public", PASSWORD, replace=False)
    return path


@pytest.fixture
def path(written: Path, tmp_path: Path) -> Path:
    """The readers' file, for one test to change."""
    return Path(shutil.copy(written, tmp_path / "readers.yaml"))


def basic(name: str, password: str) -> str:
    """The header that a browser sends."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


class Waits:
    """Stands for the clock: notes how long the door would have waited."""

    def __init__(self) -> None:
        self.said: list[float] = []

    async def __call__(self, seconds: float) -> None:
        """Note it and go on at once."""
        self.said.append(seconds)
        await asyncio.sleep(0)


def ask(door: Door, header: str | None, address: str = "10.0.0.1") -> Visitor:
    return asyncio.run(door.let_in(header, address))


def quiet(path: Path) -> Door:
    """A door that does not really wait."""
    return Door(path, pytest.fail, Waits())


def test_two_who_write_at_once_both_stand_in_the_file(path: Path) -> None:
    threads = [
        threading.Thread(target=add_reader, args=(path, f"r{n}", "public", PASSWORD), kwargs=NEW)
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = {reader.name for reader in read_readers(path).readers}
    assert names == {"李工", "pat", *(f"r{n}" for n in range(6))}


def test_nobody_else_can_read_the_file_and_no_password_stands_in_it(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text("utf-8")
    assert PASSWORD not in text
    assert text.count("$argon2id$") == 2
    assert [one.group for one in read_readers(path).readers] == ["bureau", "public"]
    assert [one for one in path.parent.iterdir() if one.suffix != ".lock"] == [path]


def test_the_mode_does_not_depend_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        add_reader(tmp_path / "r.yaml", "a", "public", PASSWORD, replace=False)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "r.yaml").stat().st_mode) == 0o600


def test_a_person_s_comments_stay(path: Path) -> None:
    path.write_text(path.read_text("utf-8").replace("anonymous: true", "anonymous: false  # 局令"))
    add_reader(path, "new", "public", PASSWORD, replace=False)
    remove_reader(path, "pat")
    assert "anonymous: false  # 局令" in path.read_text("utf-8")
    assert [one.name for one in read_readers(path).readers] == ["李工", "new"]


@pytest.mark.parametrize(
    ("name", "password", "said"),
    [
        ("", PASSWORD, "64"),
        ("a:b", PASSWORD, "冒号"),
        ("a\nb", PASSWORD, "冒号"),
        (" a", PASSWORD, "空格"),
        ("x" * 65, PASSWORD, "64"),
        ("new", "short", "10"),
        ("new", "x" * 300, "256"),
        ("lihua2026", "lihua20261", "little more than the name"),
        ("pat", PASSWORD, "--replace"),
    ],
)
def test_what_will_not_do_is_said_and_nothing_is_written(
    path: Path, name: str, password: str, said: str
) -> None:
    before = path.read_bytes()
    with pytest.raises(ConfigError, match=said) as refused:
        add_reader(path, name, "bureau", password, replace=False)
    assert password not in str(refused.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "plain-text-secret"}, "no Argon2 hash"),
        ({"password": 123456789}, "no Argon2 hash"),
        ({"group": "owner"}, "bureau"),
        ({"name": "pat"}, "twice"),
        ({"pasword": "plain-text-secret"}, "did you mean 'password'"),
    ],
)
def test_a_wrong_file_is_named_and_never_quoted(path: Path, change: dict, said: str) -> None:
    raw = yaml.safe_load(path.read_text("utf-8"))
    raw["readers"][0] |= change
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), "utf-8")
    with pytest.raises(ConfigError, match=said) as refused:
        read_readers(path)
    assert str(path) in str(refused.value)
    for secret in ("plain-text-secret", "123456789", "$argon2id"):
        assert secret not in str(refused.value)


def test_who_is_let_in(path: Path) -> None:
    door = quiet(path)
    assert ask(door, None) == Visitor(200, "public", "")
    assert ask(door, basic("李工", PASSWORD)) == Visitor(200, "bureau", "李工")
    assert ask(door, basic("pat", PASSWORD)) == Visitor(200, "public", "pat")
    wrong = (basic("李工", "wrong"), basic("nobody", PASSWORD), "Bearer x", "Basic %%%", "Basic ")
    for header in (*wrong, basic("x" * 5000, "y"), "Basic " + base64.b64encode(b"\xff:").decode()):
        assert ask(door, header).status == 401


def test_a_name_typed_in_pieces_is_the_same_name(path: Path) -> None:
    add_reader(path, "Zoé", "bureau", "mot de passe é", replace=False)
    assert ask(quiet(path), basic("Zoe\u0301", "mot de passe e\u0301")).group == "bureau"


def test_without_anonymous_readers_everybody_gives_a_name(path: Path) -> None:
    path.write_text(path.read_text("utf-8").replace("anonymous: true", "anonymous: false"))
    assert ask(quiet(path), None).status == 401


def test_no_file_lets_everybody_read_the_public_site_and_nobody_more(tmp_path: Path) -> None:
    door = quiet(tmp_path / "none.yaml")
    assert ask(door, None) == Visitor(200, "public", "")
    assert ask(door, basic("a", "b")).status == 401


def test_an_unknown_name_costs_as_much_as_a_wrong_password(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    verify = serve_door._verify

    def counted(hashed: str, password: str) -> bool:
        checked.append(hashed.rsplit("$", 2)[0])
        return verify(hashed, password)

    monkeypatch.setattr(serve_door, "_verify", counted)
    door = quiet(path)
    ask(door, basic("李工", "wrong"))
    ask(door, basic("nobody", "wrong"))
    assert len(checked) == 2
    assert checked[0] == checked[1]  # the same kind, memory, rounds and lanes


def test_a_proven_password_is_not_hashed_again_until_its_hash_changes(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = quiet(path)
    header = basic("李工", PASSWORD)
    assert ask(door, header).status == 200
    monkeypatch.setattr(serve_door, "_verify", lambda _hashed, _password: False)
    assert ask(door, header).status == 200
    add_reader(path, "new", "public", PASSWORD, replace=False)
    assert ask(door, header).status == 200, "another reader's line drops nobody"
    add_reader(path, "李工", "bureau", "another password", replace=True)
    assert ask(door, header).status == 401


def test_one_address_with_many_names_does_not_keep_others_waiting(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crowd() -> tuple[list[Visitor], Visitor]:
        door = Door(path, pytest.fail)
        tries = [door.let_in(basic(f"n{n}", "wrong"), "10.0.0.9") for n in range(20)]
        *found, other = await asyncio.gather(
            *tries, door.let_in(basic("pat", PASSWORD), "10.0.0.2")
        )
        return found, other

    monkeypatch.setattr(serve_door, "_verify", lambda _hashed, password: password == PASSWORD)
    found, other = asyncio.run(crowd())
    assert sum(one.status == 429 for one in found) == 20 - MOST_OF_ADDRESS
    assert other.status == 200


def test_repeated_failures_wait_longer_and_only_theirs(path: Path) -> None:
    waits = Waits()
    door = Door(path, pytest.fail, waits)
    for _ in range(FREE_TRIES + 7):
        assert ask(door, basic("李工", "wrong")).status == 401
    assert waits.said[: FREE_TRIES + 2] == [0.0] * FREE_TRIES + [0.5, 1.0]
    assert waits.said == sorted(waits.said)
    assert waits.said[-1] == LONGEST_WAIT_S
    waits.said.clear()
    assert ask(door, basic("pat", PASSWORD)).status == 200  # another name, the same address
    assert ask(door, basic("李工", PASSWORD), "10.0.0.2").status == 200  # another address
    assert waits.said == [0.0, 0.0]
    assert ask(door, basic("李工", PASSWORD)).status == 200  # already proven: at once
    assert len(waits.said) == 2


def test_many_tries_at_once_are_turned_away_without_being_counted(path: Path) -> None:
    async def crowd() -> list[int]:
        door = Door(path, pytest.fail, Waits())
        tries = (door.let_in(basic("李工", f"wrong{n}"), "10.0.0.1") for n in range(12))
        return [visitor.status for visitor in await asyncio.gather(*tries)]

    found = asyncio.run(crowd())
    assert found.count(401) == MOST_WAITING
    assert found.count(429) == 12 - MOST_WAITING


def test_what_is_remembered_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve_door, "MOST_KNOWN", 5)
    monkeypatch.setattr(serve_door, "_verify", lambda _hashed, _password: False)
    door = quiet(path)
    for number in range(20):
        ask(door, basic(f"n{number}", "wrong"))
    assert len(door._tries) == 5


def test_a_changed_file_holds_at_once_and_a_broken_one_not_until_it_is_mended(path: Path) -> None:
    said: list[str] = []
    door = Door(path, said.append, Waits())
    assert ask(door, basic("李工", PASSWORD)).status == 200
    whole = path.read_text("utf-8")
    path.write_text("readers: 5", "utf-8")
    for _ in range(3):
        assert ask(door, basic("李工", PASSWORD)).group == "bureau"
        assert ask(door, basic("pat", PASSWORD)).status == 200
        assert ask(door, None).status == 200
    (complaint,) = said  # not once for each request
    assert str(path) in complaint
    assert "沿用" in complaint
    path.write_text(whole, "utf-8")
    remove_reader(path, "李工")
    assert ask(door, basic("李工", PASSWORD)).status == 401
    assert ask(door, basic("pat", PASSWORD)).status == 200
    assert len(said) == 1


def test_a_file_that_has_gone_lets_nobody_in_until_it_is_back(path: Path) -> None:
    said: list[str] = []
    door = Door(path, said.append, Waits())
    whole = path.read_text("utf-8")
    path.unlink()
    for _ in range(3):
        assert ask(door, None).status == 503
        assert ask(door, basic("pat", PASSWORD)).status == 503
    path.write_text("readers: 5", "utf-8")
    assert ask(door, None).status == 503
    assert ["it is gone" in words for words in said] == [True, False]
    path.write_text(whole, "utf-8")
    assert ask(door, basic("pat", PASSWORD)).status == 200


def test_a_file_made_readable_again_is_read_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    door = Door(path, said.append, Waits())
    remove_reader(path, "pat")

    def closed(*_words: object) -> str:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_text", closed)
        assert ask(door, basic("pat", PASSWORD)).status == 200
    assert ask(door, basic("pat", PASSWORD)).status == 200
    path.chmod(0o640)  # as a person does who finds the complaint
    assert ask(door, basic("pat", PASSWORD)).status == 401
    assert len(said) == 1


def run(
    *words: str, typed: str = "", monkeypatch: pytest.MonkeyPatch, interactive: bool = False
) -> int:
    """Exit code of a command that is given ``typed`` on stdin."""
    stream = io.StringIO(typed)
    stream.isatty = lambda: interactive  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stdin", stream)
    with pytest.raises(SystemExit) as leave:
        main(list(words))
    return int(str(leave.value.code))


def test_the_command_adds_lists_and_removes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "deep" / "readers.yaml"
    options = ("--readers", str(path), "--json")
    add = ("reader", "add", "李工", "--group", "bureau", "--password-stdin", *options)
    assert run(*add, typed=f"{PASSWORD}\n", monkeypatch=monkeypatch) == Exit.OK
    said = capsys.readouterr()
    assert json.loads(said.out)["readers"] == [{"name": "李工", "group": "bureau"}]
    assert PASSWORD not in said.out + said.err
    assert run(*add, typed=f"{PASSWORD}\n", monkeypatch=monkeypatch) == Exit.USAGE
    assert run("reader", "list", *options, monkeypatch=monkeypatch) == Exit.OK
    assert run("reader", "remove", "nobody", *options, monkeypatch=monkeypatch) == Exit.USAGE
    assert run("reader", "remove", "李工", *options, monkeypatch=monkeypatch) == Exit.OK
    assert read_readers(path).readers == ()
    for wrong in (("add", "a"), ("add",), ("list", "a"), ("remove",)):
        assert run("reader", *wrong, *options, monkeypatch=monkeypatch) == Exit.USAGE


def test_a_password_is_asked_twice_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "readers.yaml"
    add = ("reader", "add", "a", "--group", "public", "--readers", str(path))
    assert run(*add, monkeypatch=monkeypatch) == Exit.USAGE
    assert "--password-stdin" in capsys.readouterr().err
    answers = iter([PASSWORD, "another", PASSWORD, PASSWORD])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
    assert run(*add, monkeypatch=monkeypatch, interactive=True) == Exit.USAGE
    assert not path.exists()
    assert run(*add, monkeypatch=monkeypatch, interactive=True) == Exit.OK
    assert [one.name for one in read_readers(path).readers] == ["a"]
