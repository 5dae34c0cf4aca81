"""What a run came to, gathered from the parts of its manifest: small enough for 200 runs' pages."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

RECORD = "run.json"
"""A run's own record; the other files of its folder are its parts."""
LISTED = 100
"""Input files that a record lists; all are in the parts."""
MADE_LISTED = 60
"""Estimates that a record lists, those with computed tiles first; all are in the parts."""


def summary_of(folder: Path) -> dict[str, Any]:
    """Inputs, estimates, what was entered and held, findings and parts of a run so far.

    Parameters
    ----------
    folder
        Where the run's manifest lies; parts that can't be read are left out.

    Returns
    -------
    dict
        ``inputs`` (belt, file, sha256; the first 100), ``inputs_count``, ``made`` (60 estimates at
        most), ``made_count``, ``deposits`` estimated, ``tiles``, ``ledger``,
        ``held``, ``not_prepared`` (for pages alone), ``findings`` (severity -> number), ``parts``
        (name -> SHA-256), ``digest``.
    """
    parts, hashes = _parts(folder)
    inputs = [
        {"belt": part.get("belt_id", ""), "file": file, "sha256": sha256}
        for name, part in parts.items()
        if name.startswith("ingest-")
        for file, sha256 in sorted(part.get("files", {}).items())
    ]
    made = [line for name, part in parts.items() for line in _made(name, part)]
    listed = sorted(made, key=lambda line: line["computed"] == 0)[:MADE_LISTED]
    tiles = {word: sum(line[word] for line in made) for word in ("computed", "reused")}
    whole = "\n".join(f"{name} {digest}" for name, digest in hashes.items())
    return {
        "inputs": inputs[:LISTED],
        "inputs_count": len(inputs),
        "made": sorted(listed, key=lambda line: (line["deposit"], line["vintage"])),
        "made_count": len(made),
        "deposits": sorted({line["deposit"] for line in made}),
        "tiles": tiles if made else None,
        "ledger": _ledger(parts.get("track")),
        "held": _held(parts),
        "not_prepared": dict(parts.get("nightly", {}).get("not_prepared", {})),
        "findings": _findings(parts),
        "parts": hashes,
        "digest": hashlib.sha256(whole.encode()).hexdigest() if hashes else "",
    }


def _parts(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Content and SHA-256 of each part that can be read, in order of name."""
    parts: dict[str, Any] = {}
    hashes: dict[str, str] = {}
    for path in sorted(folder.glob("*.json")):
        if path.name == RECORD:
            continue
        data = path.read_bytes()
        try:
            parts[path.stem] = json.loads(data)[path.stem]
        except (ValueError, KeyError, TypeError):
            continue
        hashes[path.stem] = hashlib.sha256(data).hexdigest()
    return parts, hashes


def _made(name: str, part: Any) -> list[dict[str, Any]]:
    """One line for each vintage of one deposit's estimate."""
    head, _, deposit = name.partition("-")
    if head != "estimate" or not isinstance(part, list):
        return []
    kept = ("vintage", "seconds", "peak_mib", "data_hash", "plan_hash", "model_hash")
    return [{"deposit": deposit, **run["tiles"], **{key: run[key] for key in kept}} for run in part]


def _ledger(track: Any) -> dict[str, Any] | None:
    """How many entries were written, refused, how many figures wait, and which are new."""
    if not isinstance(track, dict):
        return None
    return {
        "recorded": track["recorded"],
        "refused": len(track["refused"]),
        "problems": len(track["problems"]),
        "held": len(track["held"]),
        "figures": [one["figure"] for one in track["judged"]],
    }


def _held(parts: dict[str, Any]) -> dict[str, Any]:
    """What was refused or held back, and why: a night's own list, else those of its parts."""
    if "nightly" in parts:
        return dict(parts["nightly"]["held"])
    found: dict[str, Any] = {}
    for name, part in parts.items():
        found |= part.get("refused", {}) if name.startswith("ingest-") else {}
    return found


def _findings(parts: dict[str, Any]) -> dict[str, int]:
    """How many findings of each severity the run's readings listed."""
    counted: Counter[str] = Counter()
    for name, part in parts.items():
        if name.startswith("ingest-"):
            counted.update(found["severity"] for found in part.get("findings", ()))
    return dict(counted)
