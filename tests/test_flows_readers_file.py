"""A readers' file that is damaged: what is wrong is said, and what stands in it never is."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from flows.readers import add_reader, read_readers
from geo.config import ConfigError
from tests.test_flows_readers import PASSWORD, path, written  # noqa: F401

HASH = "$argon2id$v=19$m=65536,t=3,p=4$" + "c" * 22 + "$" + "d" * 43


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"readers: [\n  - {name: a, password: my-secret", "line 2"),
        (b"anonymous: true\nanonymous: false\nx: my-secret", "line 2"),
        (b"password: *my-secret", "line 1"),
        (b"name: 2024-13-31", "YAML"),
        (b"x: \x00", "YAML"),
        (b"\xff\xfe my-secret", "UTF-8"),
        (b"", "readers"),
        (b"my-secret", "readers"),
        (b"readers: my-secret", "readers"),
        (b"readers:\n", "readers"),
        (b"readers: [{name: a}, my-secret]", r"readers\.1: keys name, group and password"),
        (b"readers: [{name: a, group: bureau}]", r"readers\.0\.password: this key is needed"),
    ],
)
def test_a_file_that_is_no_list_of_readers_is_said_and_never_quoted(
    tmp_path: Path, text: bytes, said: str
) -> None:
    spoilt = tmp_path / "readers.yaml"
    spoilt.write_bytes(text)
    with pytest.raises(ConfigError, match=said) as refused:
        read_readers(spoilt)
    assert str(refused.value).startswith(f"{spoilt}:")
    assert "my-secret" not in str(refused.value)


def test_a_file_that_can_t_be_opened_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="mode 600") as refused:
        read_readers(tmp_path)  # a folder, where the file should be
    assert str(tmp_path) in str(refused.value)


@pytest.mark.parametrize(
    "spoilt",
    [
        HASH[:-30], HASH.replace("p=4", "p=0"), HASH.replace("m=65536", "m=8388608"),
        HASH.replace("c", "*"), HASH.replace("v=19", "v=18"), HASH + "$", "$2b$12$" + "c" * 53,
    ],
)  # fmt: skip
def test_a_hash_that_can_t_be_checked_is_refused_and_the_command_named_mends_it(
    path: Path,  # noqa: F811
    spoilt: str,
) -> None:
    raw = yaml.safe_load(path.read_text("utf-8"))
    raw["readers"][1]["password"] = HASH
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), "utf-8")
    assert read_readers(path).readers[1].password == HASH
    raw["readers"][1]["password"] = spoilt
    path.write_text(yaml.safe_dump(raw, allow_unicode=True), "utf-8")
    with pytest.raises(ConfigError, match=r"'pat': password is no Argon2 hash.*--replace"):
        read_readers(path)
    add_reader(path, "pat", "public", PASSWORD, replace=True)
    assert [one.name for one in read_readers(path).readers] == ["李工", "pat"]
