"""Writing a proposed plan into the belt's file, comments and all else left as they are."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from estimation.belts import Belt
from flows.belts import all_belts
from geo.config import ConfigError
from geo.files import write_whole


def write_plan(deposit_id: str, configs: Path, plan: dict[str, Any]) -> Path:
    """Put a plan into the file of the belt that has the deposit; returns the file.

    Parameters
    ----------
    deposit_id, configs
        The deposit, and the folder of belt files.
    plan
        The plan as plain values.

    Raises
    ------
    ConfigError
        No belt has the deposit, or its plan has been accepted by a person: that one is not
        overwritten.
    """
    path = _file_of(deposit_id, configs)
    yaml, belt, deposit = _open(path, deposit_id)
    present = deposit.get("plan")
    if present and present["acceptance"]["status"] == "accepted":
        raise ConfigError(
            f"{path}: the plan of {deposit_id} is accepted; remove it first / 方案已审定，先移除"
        )
    deposit["plan"] = _laid_out(plan)
    _close(path, yaml, belt)
    return path


def accept_plan(deposit_id: str, configs: Path, by: str, reason: str, on: date) -> Path:
    """Mark the proposed plan of a deposit as accepted: by whom, when, why; returns the file.

    Raises
    ------
    ConfigError
        No belt has the deposit, it has no plan, the plan is accepted already, the name or reason is
        blank, or the date lies ahead.
    """
    path = _file_of(deposit_id, configs)
    yaml, belt, deposit = _open(path, deposit_id)
    present = deposit.get("plan")
    if not present:
        raise ConfigError(
            f"{deposit_id}: no plan to accept; run: bornite propose {deposit_id} --write / "
            "尚无方案可审定"
        )
    held = present["acceptance"]
    if held["status"] == "accepted":
        raise ConfigError(
            f"{path}: the plan of {deposit_id} was accepted by {held['by']} on {held['date']} / "
            "方案已审定"
        )
    if not by.strip() or not reason.strip():
        raise ConfigError("--by and --reason must say something / 审定人与理由不能为空")
    if on > date.today():
        raise ConfigError(f"--on {on} lies ahead / 审定日期晚于今天")
    held.update({"status": "accepted", "by": by.strip(), "date": on, "reason": reason.strip()})
    _close(path, yaml, belt)
    return path


def _open(path: Path, deposit_id: str) -> tuple[YAML, Any, Any]:
    """A belt's file as it is written, comments kept, and one deposit in it."""
    yaml = YAML()
    yaml.representer.add_representer(type(None), _null)
    yaml.preserve_quotes = True
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    belt = yaml.load(path.read_text("utf-8"))
    return yaml, belt, next(d for d in belt["deposits"] if d["id"] == deposit_id)


def _close(path: Path, yaml: YAML, belt: Any) -> None:
    """Write the file whole, if it can be read as a belt."""
    text = io.StringIO()
    yaml.dump(belt, text)
    Belt.model_validate(YAML(typ="safe").load(text.getvalue()))
    write_whole(path, text.getvalue().encode("utf-8"))


def _file_of(deposit_id: str, configs: Path) -> Path:
    """The belt file that has a deposit."""
    for path, belt in all_belts(configs).values():
        if any(deposit.id == deposit_id for deposit in belt.deposits):
            return path
    raise ConfigError(f"unknown deposit '{deposit_id}' / 没有这个矿床")


def _null(representer: Any, _: None) -> Any:
    """``null`` spelt out, as the file has it."""
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


def _laid_out(value: Any) -> Any:
    """Plain values for the file: lists of numbers and small blocks on one line."""
    if isinstance(value, dict):
        made = CommentedMap({key: _laid_out(item) for key, item in value.items()})
        if value and not any(isinstance(item, dict | list) for item in value.values()):
            made.fa.set_flow_style()
        return made
    if isinstance(value, list):
        items = CommentedSeq([_laid_out(item) for item in value])
        if not any(isinstance(item, dict | list) for item in value):
            items.fa.set_flow_style()
        return items
    return value
