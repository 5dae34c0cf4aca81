"""The house itself: one owner for each import name, what the wheel holds, the exported schema."""

from __future__ import annotations

import json
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from estimation.belts import Belt
from tests.conftest import LONG_FIRST

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("flows", "reporting", "tracking", "estimation", "geo")
LONGEST = 400
"""Lines of a source file."""


def _project() -> dict:  # type: ignore[type-arg]
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_each_import_name_has_one_owner() -> None:
    """Another distribution called geo would silently overwrite ours."""
    owners = packages_distributions()
    for room in ROOMS:
        assert set(owners.get(room, ["bornite"])) == {"bornite"}, room


def test_the_wheel_lists_exactly_the_five_rooms_and_is_never_uploaded() -> None:
    """An application, not a library on an index."""
    project = _project()
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(wheel["packages"]) == set(ROOMS)
    assert "Private :: Do Not Upload" in project["project"]["classifiers"]


def test_constraints_pin_every_dependency_and_name_no_host() -> None:
    """name==version and nothing else; each direct dependency is there."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").split()
    assert all(line.count("==") == 1 and "/" not in line for line in lines)
    pinned = {_name(line) for line in lines}
    project = _project()["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(text for extra in extras for text in extra)]
    names = {_name(text) for text in wanted}
    assert names <= pinned, names - pinned


def _name(requirement: str) -> str:
    """``psycopg[binary]>=3.2`` -> ``psycopg``."""
    for mark in "[<>=! ":
        requirement = requirement.split(mark)[0]
    return requirement.lower().replace("_", "-").replace(".", "-")


def test_the_schema_for_editors_is_that_of_the_code() -> None:
    """Written by: python -m estimation.belts > configs/belt.schema.json."""
    kept = json.loads((ROOT / "configs" / "belt.schema.json").read_text("utf-8"))
    assert kept == Belt.model_json_schema()


def test_every_belt_file_points_editors_to_the_schema() -> None:
    """The first line of each belt file is read by editors that complete YAML."""
    for path in [*ROOT.glob("configs/belts/*.yaml"), *ROOT.glob("configs/public/*.yaml")]:
        first = path.read_text("utf-8").splitlines()[0]
        assert first == "# yaml-language-server: $schema=../belt.schema.json", path


def test_no_source_file_is_too_long() -> None:
    """Tests as well: what grows beyond it is divided by the trade's words."""
    folders = (*ROOMS, "benchmarks", "data/sample", "tests")
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    lines = {path.relative_to(ROOT): len(path.read_text("utf-8").splitlines()) for path in paths}
    assert len(lines) > 800
    assert {path: count for path, count in lines.items() if count > LONGEST} == {}


def test_the_files_that_are_taken_first_are_there() -> None:
    """A renamed file would go back among the others, and perhaps be left for the end."""
    assert [name for name in LONG_FIRST if not (ROOT / "tests" / f"{name}.py").is_file()] == []
