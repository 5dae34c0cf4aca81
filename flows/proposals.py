"""Writing a proposed plan into the belt's file, comments and all else left as they are.

Each reason stands as a comment above the key that it belongs to.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.tokens import CommentToken

from estimation.belts import Belt
from estimation.proposal import Proposal
from estimation.proposal.propose import NOBODY
from flows.belts import all_belts
from geo.config import ConfigError
from geo.days import today
from geo.files import write_whole

PLAN_INDENT = 6
"""Columns before a key of a plan in a belt's file."""


def plan_text(proposal: Proposal) -> str:
    """A proposed plan as YAML under ``plan:``, reasons and remarks as comments."""
    text = io.StringIO()
    _yaml().dump(CommentedMap({"plan": _commented(proposal, 2)}), text)
    return text.getvalue()


def write_plan(deposit_id: str, configs: Path, proposal: Proposal) -> Path:
    """Put a plan with its reasons into the file of the belt that has the deposit; returns the file.

    Parameters
    ----------
    deposit_id, configs
        The deposit, and the folder of belt files.

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
    if present:
        deposit.ca.items.pop("plan", None)  # remarks of the plan that goes
    deposit["plan"] = _commented(proposal, PLAN_INDENT)
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
    if on > today():
        raise ConfigError(f"--on {on} lies ahead / 审定日期晚于今天")
    said = {"by": by.strip(), "date": on, "reason": reason.strip()}
    held.update({"status": "accepted", **said, "of": _decided(path, deposit_id)})
    _without_proposed_comments(deposit)
    _close(path, yaml, belt)
    return path


def _without_proposed_comments(deposit: Any) -> None:
    """Take out the comment that says that nobody has accepted the plan; all others stay."""
    for token in _comments_of(deposit):
        lines = token.value.split("\n")
        token.value = "\n".join(line for line in lines if NOBODY.en not in line)


def _comments_of(block: Any) -> Iterator[CommentToken]:
    """Every comment in a block of YAML and in those below it."""
    if not isinstance(block, CommentedMap | CommentedSeq):
        return
    waiting = [block.ca.comment, block.ca.end, *block.ca.items.values()]
    while waiting:
        one = waiting.pop()
        if isinstance(one, CommentToken):
            yield one
        elif isinstance(one, list):
            waiting.extend(one)
    for inner in block.values() if isinstance(block, CommentedMap) else block:
        yield from _comments_of(inner)


def _decided(path: Path, deposit_id: str) -> str:
    """Digest of the plan that a person accepts."""
    belt = Belt.model_validate(YAML(typ="safe").load(path.read_text("utf-8")))
    plans = [d.plan.decided for d in belt.deposits if d.id == deposit_id and d.plan is not None]
    return plans[0]


def _yaml() -> YAML:
    """How belts' files are written."""
    yaml = YAML()
    yaml.representer.add_representer(type(None), _null)
    yaml.preserve_quotes = True
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _commented(proposal: Proposal, indent: int) -> CommentedMap:
    """The plan laid out, each reason above its key; remarks above the first."""
    plan: CommentedMap = _laid_out(proposal.plan.model_dump(mode="json"))
    above: dict[tuple[str, ...], list[str]] = {(next(iter(plan)),): []}
    for words in proposal.remarks:
        above[(next(iter(plan)),)].append(f"! {words.zh} / {words.en}")
    for path, words in proposal.reasons.items():
        keys, inner = _place(plan, path)
        about = f"{inner}: " if inner else ""
        above.setdefault(keys, []).append(f"{about}{words.zh} / {words.en}")
    for keys, lines in above.items():
        block = plan
        for key in keys[:-1]:
            block = block[key]
        depth = indent + 2 * (len(keys) - 1)
        if lines:
            text = "\n".join(" ".join(line.split()) for line in lines)
            block.yaml_set_comment_before_after_key(keys[-1], before=text, indent=depth)
    return plan


def _place(plan: CommentedMap, path: str) -> tuple[tuple[str, ...], str]:
    """Keys of the innermost line of its own on a path, and what of the path lies within it."""
    names = path.split(".")
    keys: list[str] = []
    block: Any = plan
    while names and isinstance(block, CommentedMap) and not block.fa.flow_style():
        key = next((k for n in range(len(names), 0, -1) if (k := ".".join(names[:n])) in block), "")
        if not key:
            break
        keys.append(key)
        names = names[key.count(".") + 1 :]
        block = block[key]
    return tuple(keys), ".".join(names)


def _open(path: Path, deposit_id: str) -> tuple[YAML, Any, Any]:
    """A belt's file as it is written, comments kept, and one deposit in it."""
    yaml = _yaml()
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
