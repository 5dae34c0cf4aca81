"""The door of the served site: who asks, by HTTP Basic, and how often he was wrong before."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from flows.readers import Group, Readers, plain_name, read_readers
from geo.config import ConfigError

LONGEST_HEADER = 2048
"""Characters of an Authorization header; a longer one is refused unread."""
FREE_TRIES = 2
"""Wrong passwords of one address and name that cost nothing but themselves."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 8.0
"""The next ones wait, twice as long each time."""
FORGOTTEN_S = 900.0
"""A quarter of an hour after the last wrong password its address and name begin anew."""
MOST_WAITING, MOST_OF_ADDRESS = 4, 8
"""Requests of one address and name, and of one address with any names, that may wait at once."""
MOST_KNOWN = 4096
"""Addresses and names, and proven passwords, that are kept in mind."""
AT_ONCE = 2
"""Passwords checked at one time: each takes memory and a core."""


@dataclass(frozen=True)
class Visitor:
    """What the door says of one request."""

    status: int
    """200, or the refusal: 401 no (right) name, 429 too many tries, 503 no readers' file."""
    group: Group = "public"
    name: str = ""
    """Empty where nobody gave one, or gave a wrong password."""


@dataclass
class _Tries:
    """Wrong passwords of one address and name."""

    failures: int = 0
    last: float = 0.0
    waiting: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Door:
    """Tells who asks; the readers' file is read again whenever it changes."""

    def __init__(
        self,
        path: Path,
        complain: Callable[[str], None],
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Read the readers in ``path``; ``complain`` hears why a changed file can't be used.

        Raises
        ------
        geo.config.ConfigError
            The file is wrong.
        """
        self.path, self._complain, self._wait = path, complain, wait
        self._tries: OrderedDict[tuple[str, str], _Tries] = OrderedDict()
        self._proven: OrderedDict[bytes, str] = OrderedDict()
        self._secret = secrets.token_bytes(32)
        self._checks = asyncio.Semaphore(AT_ONCE)
        self._seen = self._state()
        self.readers: Readers | None = read_readers(path)
        """Those of the last file that could be used; None where the file has gone."""
        self._nobody = self._hash_of_nobody()

    async def let_in(self, authorization: str | None, address: str) -> Visitor:
        """Say who asks.

        Parameters
        ----------
        authorization
            The request's header, if any.
        address
            Where it came from.
        """
        self._look_again()
        if self.readers is None:
            return Visitor(503)
        if authorization is None:
            return Visitor(200) if self.readers.anonymous else Visitor(401)
        given = _name_and_password(authorization)
        if given is None:
            return Visitor(401)
        return await self._known(*given, address)

    async def _known(self, name: str, password: str, address: str) -> Visitor:
        """The visitor who gave this name and password."""
        assert self.readers is not None
        reader = next((one for one in self.readers.readers if one.name == name), None)
        proof = hmac.digest(self._secret, f"{name}\0{password}".encode(), "sha256")
        if reader is not None and self._proven.get(proof) == reader.password:
            return Visitor(200, reader.group, reader.name)
        tries = self._tries_of(address, name)
        of_address = sum(one.waiting for (place, _), one in self._tries.items() if place == address)
        if tries.waiting >= MOST_WAITING or of_address >= MOST_OF_ADDRESS:
            return Visitor(429)
        tries.waiting += 1
        try:
            async with tries.turn:
                await self._wait(_wait_s(tries.failures))
                right = await self._right(reader.password if reader else self._nobody, password)
                right = right and reader is not None
                tries.failures, tries.last = (0 if right else tries.failures + 1), time.monotonic()
        finally:
            tries.waiting -= 1
        if not right or reader is None:
            return Visitor(401)
        self._proven[proof] = reader.password
        if len(self._proven) > MOST_KNOWN:
            self._proven.popitem(last=False)
        return Visitor(200, reader.group, reader.name)

    async def _right(self, hashed: str, password: str) -> bool:
        """Whether the password is the hashed one; takes as long where nobody has the name."""
        async with self._checks:
            return await asyncio.to_thread(_verify, hashed, password)

    def _tries_of(self, address: str, name: str) -> _Tries:
        """What is remembered of an address and name; the longest unused make room."""
        key = (address, hashlib.sha256(name.encode()).hexdigest())
        tries = self._tries.pop(key, None) or _Tries()
        if tries.failures and time.monotonic() - tries.last > FORGOTTEN_S:
            tries.failures = 0
        self._tries[key] = tries
        for other in list(self._tries):
            if len(self._tries) <= MOST_KNOWN:
                break
            if not self._tries[other].waiting:
                del self._tries[other]
        return tries

    def _look_again(self) -> None:
        """Read the file again where it has changed.

        A slip in it changes nothing until it is mended; one that has gone lets nobody in.
        """
        state = self._state()
        if state == self._seen:
            return
        self._seen = state  # what was proven of a hash holds as long as the hash stands
        try:
            readers = read_readers(self.path) if state is not None else None
        except ConfigError as error:
            kept = "; until then the readers before hold / 改正前沿用此前的名单"
            self._complain(f"{error}{kept if self.readers is not None else ''}")
            return
        self.readers = readers
        if readers is None:
            self._complain(
                f"{self.path}: it is gone; nobody is let in until it is back / "
                "文件已不存在，恢复前拒绝所有人"
            )
        else:
            self._nobody = self._hash_of_nobody()

    def _state(self) -> tuple[int, ...] | None:
        """What tells one version of the file, or its mode, from another; None where none is."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:  # its folder can't be searched: read_readers says so
            return (error.errno or 0,)
        return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size

    def _hash_of_nobody(self) -> str:
        """Hash of a password that nobody has, as costly to check as the readers' own."""
        hashes = [one.password for one in self.readers.readers] if self.readers else []
        hasher = (
            PasswordHasher.from_parameters(extract_parameters(hashes[0]))
            if hashes
            else PasswordHasher()
        )
        return hasher.hash(secrets.token_hex(32))


def _verify(hashed: str, password: str) -> bool:
    """Whether an Argon2 hash is the password's; the library compares in constant time."""
    try:
        return PasswordHasher().verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def _wait_s(failures: int) -> float:
    """Seconds that the next try waits."""
    if failures < FREE_TRIES:
        return 0.0
    return min(FIRST_WAIT_S * 2.0 ** min(failures - FREE_TRIES, 16), LONGEST_WAIT_S)


def _name_and_password(header: str) -> tuple[str, str] | None:
    """What an ``Authorization: Basic`` header says; None where it says nothing of the kind."""
    scheme, _, coded = header.partition(" ")
    if scheme.lower() != "basic" or len(header) > LONGEST_HEADER:
        return None
    try:
        text = base64.b64decode(coded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    name, colon, password = text.partition(":")
    return (plain_name(name), plain_name(password)) if colon else None
