"""``bornite digest``: is last night right, and if not, what to do; as of this moment."""

from __future__ import annotations

from typing import Any

import typer

from flows.cli_options import (
    CONFIGS,
    WORKSPACE,
    ConfigsOption,
    Exit,
    JsonOption,
    WorkspaceOption,
    next_options,
    print_json,
)


def digest(
    configs: ConfigsOption = CONFIGS,
    workspace: WorkspaceOption = WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """昨夜是否正常、该做什么 / Is last night right, and what is there to do."""
    from flows.digest import newest_digest
    from reporting.views.digest_text import digest_text

    found = newest_digest(configs, workspace)
    if as_json:
        print_json(digest_answer(found))
    else:
        print(digest_text(found, next_options(configs, workspace)), end="")
    raise typer.Exit(_code(found))


def _code(found: Any) -> int:
    """The night's own exit code; 3 where it did not run, did not end, or something is wrong."""
    if found.night is not None and found.night.outcome == "going":
        return Exit.LOCKED
    if found.light in ("red", "grey"):
        return Exit.DATA
    return int(found.code or Exit.OK)


def digest_answer(found: Any) -> dict[str, Any]:
    """The documented ``--json`` shape (docs/json.md)."""
    night = found.night
    return {
        "light": found.light,
        "headline": vars(found.headline),
        "at": found.at.isoformat(),
        "exit_code": found.code,
        "missed": found.missed,
        "night": None
        if night is None
        else {
            "run": night.run_id,
            "outcome": night.outcome,
            "started_at": _iso(night.started_at),
            "ended_at": _iso(night.ended_at),
        },
        "matters": [_matter(matter) for matter in found.matters],
        "deposits": [
            {
                "deposit": line.deposit,
                "light": line.light,
                "changed": vars(line.changed),
                "matters": [_matter(matter) for matter in line.matters],
            }
            for line in found.lines
        ],
    }


def _matter(matter: Any) -> dict[str, Any]:
    """One thing to do."""
    return {
        "light": matter.light,
        "what": vars(matter.what),
        "why": vars(matter.why),
        "commands": list(matter.commands),
    }


def _iso(at: Any) -> str | None:
    """A moment as ISO 8601."""
    return None if at is None else at.isoformat()
