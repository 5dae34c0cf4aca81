"""Who may read the served site: a file of names, groups and hashed passwords.

Passwords are kept as Argon2id hashes only; no message ever shows one, nor a hash.
"""

from __future__ import annotations

import io
import os
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from argon2 import PasswordHasher, extract_parameters
from filelock import FileLock
from pydantic import BeforeValidator, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from geo.config import ConfigError, StrictModel
from geo.config_words import explained
from geo.files import partial_name

READERS = "configs/readers.yaml"
Group = Literal["bureau", "public"]
SHORTEST, LONGEST = 10, 256
"""Characters of a password."""
LONGEST_NAME = 64
LOCK_S = 30.0
"""Another change of the file is waited for so long."""
HASH = re.compile(
    r"\$argon2(?:id|i|d)\$v=19\$m=\d{1,7},t=\d{1,2},p=\d{1,2}\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{22,}"
)
"""How a hash is written whole."""
MOST_MEMORY_KIB = 1 << 20
"""Memory that checking one password may take."""
NEW = """\
# Who may read what `bornite serve` shows. Written by `bornite reader`; only its owner may read it.
# anonymous: true lets anybody read the public site; false asks everybody for a name.
anonymous: true
readers: []
"""


class Reader(StrictModel):
    """One reader."""

    name: str
    group: Group
    """``bureau`` reads everything, ``public`` what the public build holds."""
    password: Annotated[str, BeforeValidator(str)]
    """Argon2 hash; anything is taken here, so that no message says what was found."""


class Readers(StrictModel):
    """Everybody who may read."""

    anonymous: bool = True
    """Whether somebody without a name may read the public site."""
    readers: tuple[Reader, ...] = ()


def read_readers(path: Path, mended: str = "") -> Readers:
    """The readers in ``path``; nobody by name where there is no such file.

    ``mended`` is a reader about to be written anew or taken out: his password may be no hash.

    Raises
    ------
    geo.config.ConfigError
        The file can't be read or is wrong: no YAML, a key, a name that stands twice, or a
        password that is no hash.
    """
    raw = _raw(path)
    if raw is None:
        return Readers()
    try:
        found = Readers.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(f"{path}:\n  " + "\n  ".join(explained(error, Readers))) from None
    seen: set[str] = set()
    for reader in found.readers:
        if trouble := _trouble_of_name(reader.name):
            raise ConfigError(f"{path}: readers, {reader.name[:LONGEST_NAME]!r}: {trouble}")
        if reader.name in seen:
            raise ConfigError(
                f"{path}: readers, {reader.name!r} stands twice; take one out / 重名，请删去其一"
            )
        seen.add(reader.name)
        if reader.name != mended and not _is_hash(reader.password):
            raise ConfigError(
                f"{path}: readers, {reader.name!r}: password is no Argon2 hash "
                "(argon2id, version 19, whole, at most 1 GiB); write it by bornite reader add NAME "
                "--replace / password 不是完整的 Argon2 散列，请用该命令写入"
            )
    return found


def add_reader(path: Path, name: str, group: Group, password: str, *, replace: bool) -> None:
    """Enter a reader; the file is made where there is none, for its owner alone (mode 0600).

    Raises
    ------
    geo.config.ConfigError
        The name or the password will not do, the name stands already (without ``replace``), or
        the file is wrong.
    """
    name, password = plain_name(name), plain_name(password)
    if trouble := _trouble_of_name(name):
        raise ConfigError(f"NAME {name[:LONGEST_NAME]!r}: {trouble}")
    _check_password(name, password)
    line = {"name": name, "group": group, "password": PasswordHasher().hash(password)}
    with _alone(path):
        there = {reader.name for reader in read_readers(path, name).readers}
        if name in there and not replace:
            raise ConfigError(
                f"{path}: {name!r} is there already; --replace gives a new password and group / "
                "已有此读者，--replace 更换密码与组"
            )
        raw = _raw(path) or _yaml().load(NEW)
        others = [one for one in raw.get("readers", []) if one["name"] != name]
        raw["readers"] = [*others, line]
        _write(path, raw)


def remove_reader(path: Path, name: str) -> None:
    """Take a reader out.

    Raises
    ------
    geo.config.ConfigError
        There is no such reader, or the file is wrong.
    """
    name = plain_name(name)
    with _alone(path):
        names = [reader.name for reader in read_readers(path, name).readers]
        if name not in names:
            listed = ", ".join(names) or "—"
            raise ConfigError(f"{path}: no reader {name!r} / 没有此读者; there / 现有: {listed}")
        raw = _raw(path)
        raw["readers"] = [one for one in raw["readers"] if one["name"] != name]
        _write(path, raw)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep others from changing the file between its reading and its writing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_name(f".{path.name}.lock"), timeout=LOCK_S, mode=0o600):
        yield


def plain_name(text: str) -> str:
    """A name or password in one form of Unicode, however a keyboard composed it."""
    return unicodedata.normalize("NFC", text)


def open_to_others(path: Path) -> bool:
    """Whether other users of this machine may read the file."""
    return path.exists() and bool(path.stat().st_mode & 0o077)


def _trouble_of_name(name: str) -> str:
    """What is wrong with a reader's name, in both languages; empty where nothing is."""
    if not 0 < len(name) <= LONGEST_NAME:
        return f"1 to {LONGEST_NAME} characters are needed / 须为 1–{LONGEST_NAME} 个字符"
    if ":" in name or not name.isprintable() or name != name.strip():
        return (
            "no colon, control character or space at an end, for browsers can't send it / "
            "不得含冒号、控制字符，首尾不得有空格"
        )
    return "" if name == plain_name(name) else "write it in Unicode NFC / 须为 Unicode NFC 形式"


def _check_password(name: str, password: str) -> None:
    """Refuse a password that is too short, too long, or the name itself."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ConfigError(
            f"password: {SHORTEST} to {LONGEST} characters are needed / "
            f"密码须为 {SHORTEST}–{LONGEST} 个字符"
        )
    if name.casefold() in password.casefold() and len(password) < len(name) + SHORTEST // 2:
        raise ConfigError("password: it is little more than the name / 密码与姓名过于接近")


def _is_hash(text: str) -> bool:
    """Whether a text is an Argon2 hash that can be checked, at a bearable cost."""
    if HASH.fullmatch(text) is None:
        return False
    cost = extract_parameters(text)
    lanes, rounds = cost.parallelism, cost.time_cost
    return min(lanes, rounds) >= 1 and 8 * lanes <= cost.memory_cost <= MOST_MEMORY_KIB


def _yaml() -> YAML:
    """A reader and writer that keeps a person's comments."""
    yaml = YAML()
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _raw(path: Path) -> Any:
    """The file as it stands, with its comments; None where there is none.

    What is wrong is said without quoting the file: a password may stand there.
    """
    try:
        raw = _yaml().load(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(
            f"{path}: can't be read ({error.strerror}); it must be a file of the user who runs "
            "bornite, mode 600 / 无法读取；须为运行 bornite 的用户所有的文件，权限 600"
        ) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8; save it as UTF-8 / 不是 UTF-8，请另存") from None
    except (YAMLError, ValueError) as error:  # a date such as 2024-13-31 is a ValueError
        mark = getattr(error, "problem_mark", None)
        en, zh = (f" at line {mark.line + 1}", f"第 {mark.line + 1} 行") if mark else ("", "")
        raise ConfigError(
            f"{path}: not readable YAML{en} (a key twice, an indent, a quote); put it right or "
            f"write it by bornite reader / {zh}不是可读的 YAML（键重复、缩进或引号），请改正"
        ) from None
    return _blocks(path, raw)


def _blocks(path: Path, raw: Any) -> Any:
    """The file's content, where it is a block with a list of blocks.

    Raises
    ------
    geo.config.ConfigError
        It is not; what stands in its place is not shown, for it may be a password.
    """
    readers = raw.get("readers", []) if isinstance(raw, dict) else None
    if not isinstance(readers, list):
        raise ConfigError(
            f"{path}: keys anonymous (true, false) and readers (a list) are needed / "
            "须有键 anonymous（true、false）与 readers（列表）"
        )
    for number, one in enumerate(readers):
        if not isinstance(one, dict):
            raise ConfigError(
                f"{path}: readers.{number}: keys name, group and password are needed / "
                "须有键 name、group、password"
            )
    return raw


def _write(path: Path, raw: Any) -> None:
    """Write the file whole; nobody but its owner can open it, not even while it is written."""
    text = io.StringIO()
    _yaml().dump(raw, text)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{partial_name()}")
    try:
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text.getvalue())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
