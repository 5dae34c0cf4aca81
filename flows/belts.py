"""Finding belts and deposits by name, with a helpful word when the name is wrong."""

from __future__ import annotations

import difflib
from pathlib import Path

from estimation.belts import Belt, Deposit, read_belts
from geo.config import ConfigError


def all_belts(configs: Path) -> dict[str, tuple[Path, Belt]]:
    """Every usable belt in a folder of configuration files.

    Raises
    ------
    ConfigError
        The folder is absent or empty, or not one file in it can be used.
    """
    if not configs.is_dir():
        raise ConfigError(f"{configs}: no such folder of belts / 没有这个成矿带配置文件夹")
    belts, troubles = read_belts(configs)
    inside = configs / "belts"
    if not belts and any(inside.glob("*.yaml")):
        raise ConfigError(
            f"{configs}: no belt files; did you mean {inside}? / "
            f"没有成矿带配置文件，是否应为 {inside}"
        )
    if not belts:
        empty = f"{configs}: no belt files (*.yaml) / 没有成矿带配置文件"
        raise ConfigError("\n".join(troubles.values()) or empty)
    return belts


def belt_troubles(configs: Path) -> dict[str, str]:
    """Belt files that can't be used, and why."""
    return read_belts(configs)[1] if configs.is_dir() else {}


def find_belt(belt_id: str, configs: Path) -> tuple[Belt, Path]:
    """One belt by id, with the folder its file lies in."""
    belts = all_belts(configs)
    if belt_id not in belts:
        words = [_unknown("belt / 成矿带", belt_id, list(belts)), *belt_troubles(configs).values()]
        raise ConfigError("\n".join(words))
    path, belt = belts[belt_id]
    return belt, path.parent


def find_deposit(deposit_id: str, configs: Path) -> tuple[Belt, Deposit, Path]:
    """One deposit by id, with its belt and the folder the belt's file lies in."""
    known = []
    for path, belt in all_belts(configs).values():
        for deposit in belt.deposits:
            if deposit.id == deposit_id:
                return belt, deposit, path.parent
            known.append(deposit.id)
    words = [_unknown("deposit / 矿床", deposit_id, known), *belt_troubles(configs).values()]
    raise ConfigError("\n".join(words))


def _unknown(what: str, name: str, known: list[str]) -> str:
    """A message that names the nearest right names."""
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return f"unknown {what} '{name}'{hint} (known: {', '.join(sorted(known))})"
