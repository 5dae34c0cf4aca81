"""Archives are opened within limits, and no member chooses where it is written."""

from __future__ import annotations

import zipfile

import pytest

from geo import archives
from geo.archives import locate, original
from geo.tables.sheets import UnreadableError


def _zip(path, members, **how):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **how) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return path


def test_a_member_is_read_and_the_archive_is_the_original(tmp_path):
    drop = _zip(tmp_path / "drop.zip", {"2024/化验.csv": "a,b\n1,2\n"})
    path = locate(drop / "2024" / "化验.csv")
    assert path.read_text("utf-8") == "a,b\n1,2\n"
    assert path.name == "化验.csv"
    assert original(drop / "2024" / "化验.csv") == drop
    plain = tmp_path / "plain.csv"
    assert (locate(plain), original(plain)) == (plain, plain)


def test_a_changed_archive_gives_the_changed_member(tmp_path):
    path = tmp_path / "drop.zip"
    first = locate(_zip(path, {"a.csv": "old"}) / "a.csv").read_text()
    second = locate(_zip(path, {"a.csv": "new"}) / "a.csv").read_text()
    assert (first, second) == ("old", "new")


@pytest.mark.parametrize(
    "members",
    [
        {"a.csv": "x", "../../evil.csv": "x"},
        {"a.csv": "x", "/etc/evil": "x"},
        {"a.csv": "x", "..\\evil.csv": "x"},
        {"a.csv": b"\0" * (20 << 20)},
        {"other.csv": "x"},
        {"a.csv": "x", **{f"{i}.csv": "x" for i in range(1200)}},
    ],
    ids=["parent", "absolute", "backslash", "bomb", "no such member", "too many"],
)
def test_hostile_archives_are_refused(tmp_path, members):
    with pytest.raises(UnreadableError) as error:
        locate(_zip(tmp_path / "drop.zip", members) / "a.csv")
    assert error.value.code == "BN-INB-006"


def test_too_much_in_all_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "EXPANDED_BYTES", 1000)
    with pytest.raises(UnreadableError):
        locate(_zip(tmp_path / "drop.zip", {"a.csv": "x" * 600, "b.csv": "x" * 600}) / "a.csv")


def test_damage_is_refused(tmp_path):
    path = _zip(tmp_path / "drop.zip", {"a.csv": "abc" * 1000})
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(UnreadableError):
        locate(path / "a.csv")
    path.write_bytes(b"PK not really")
    with pytest.raises(UnreadableError):
        locate(path / "a.csv")
