"""What the documents say is what the code does: commands, codes, settings, shapes, links."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from pydantic import BaseModel

from estimation.models.block_model import ModelRun
from estimation.plan import (
    CLASSES,
    Choices,
    DomainPlan,
    DomainVolume,
    ElementPlan,
    HighYield,
    Indicators,
    LocalOrientation,
    Orientation,
    Partner,
    Plan,
    SearchPass,
    SectorRule,
    Stage,
)
from estimation.rotation import axes_from_gslib, trend_plunge
from estimation.simulation.records import ClassDraws, Uncertainty
from estimation.validation import checks as validation
from flows.account import Ingested
from flows.answers import check_answer, deposit_answer, growth_answer
from flows.cli import COMMANDS, Exit, main
from flows.estimate import VintageRun, estimate
from flows.study import TOPICS
from flows.track import Tracked
from geo.findings import Finding, RowBalance
from tests.fabricated import chain_of, fabricated_result, write_figure_arrays
from tests.small_belt import write_small_belt
from tracking import movements, read_target, target_progress
from tracking.ledger.book import Book

ROOT = Path(__file__).resolve().parent.parent
READMES = ("README.md", "README.zh.md")
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        ROOT / "data" / "sample" / "README.md",
    )
)
SHOWN = {"elements.*.variogram", "elements.*.search"}
"""Fields that the documented plan shows."""
KRIGING_FIELDS = "How a plan says how to krige · 估算方案的克里格字段"
ROOMS = ("geo", "estimation", "tracking", "reporting", "flows")


def read(name: str) -> str:
    """One document's text."""
    return (ROOT / name).read_text("utf-8")


def blocks(text: str, language: str) -> list[str]:
    """Fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def sections(text: str) -> dict[str, str]:
    """Text of each second-level section by its heading."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(text: str) -> list[list[str]]:
    """Cells of every line of a Markdown table."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def example(command: str) -> Any:
    """The documented answer of one command."""
    found = [v for k, v in sections(read("docs/json.md")).items() if f"`bornite {command}" in k]
    assert len(found) == 1, command
    return json.loads(blocks(found[0], "json")[0])


@pytest.mark.parametrize("page", [*READMES, "docs/json.md", "docs/operations.md"])
@pytest.mark.parametrize("command", [command.__name__ for command in COMMANDS])
def test_every_command_is_described(page: str, command: str) -> None:
    assert f"bornite {command}" in read(page)


@pytest.mark.parametrize("page", PAGES)
def test_every_relative_link_resolves(page: str) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", read(page))
    local = [link.partition("#")[0] for link in links if "://" not in link]
    missing = [link for link in local if link and not (ROOT / page).parent.joinpath(link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_a_machine_path(page: str) -> None:
    assert re.findall(r"(?<![\w.~$])/(?:work|tmp|root|home|usr)/\S*", read(page)) == []


def test_documented_exit_codes_are_those_of_the_command_line() -> None:
    known = {str(code.value): code.name for code in Exit}
    table = rows(sections(read("docs/json.md"))["Exit codes"])
    assert {row[0]: row[1] for row in table if row[0].isdigit()} == known
    table = rows(sections(read("docs/operations.md"))["Exit codes"])
    assert [row[0] for row in table if row[0].isdigit()] == list(known)


def test_every_documented_setting_is_used_and_every_used_setting_is_documented() -> None:
    name = re.compile(r"\bBORNITE_[A-Z_]+")
    code = "".join(p.read_text("utf-8") for room in ROOMS for p in (ROOT / room).rglob("*.py"))
    used = set(name.findall(code))
    assert set(name.findall(read("docs/operations.md"))) == used
    for page in PAGES:
        assert set(name.findall(read(page))) <= used, page


@pytest.mark.parametrize("page", READMES)
def test_every_make_command_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    named = set(re.findall(r"^make (\w+)", read(page), re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


def test_both_readmes_have_the_same_parts() -> None:
    english, chinese = (read(page) for page in READMES)
    for pattern in (
        r"^##? ",
        r"^\| ",
        r"^```",
        r"^- ",
        r"^\d\. ",
        r"\]\((?!README)(?!docs/images)",
    ):
        counts = [len(re.findall(pattern, t, re.MULTILINE)) for t in (english, chinese)]
        assert counts[0] == counts[1], pattern
    links = [
        {link for link in re.findall(r"\]\(([^)]+)\)", text) if link.startswith(("docs/", "co"))}
        - {"docs/images/summary.png", "docs/images/summary.zh.png"}
        for text in (english, chinese)
    ]
    assert links[0] == links[1]


@pytest.mark.parametrize("page", READMES)
def test_the_picture_is_there_and_small(page: str) -> None:
    picture = re.findall(r"!\[[^\]]+\]\((docs/images/[^)]+\.png)\)", read(page))
    assert len(picture) == 1
    data = (ROOT / picture[0]).read_bytes()
    assert data.startswith(b"\x89PNG")
    assert 10_000 < len(data) < 400_000


def test_every_json_example_parses() -> None:
    found = blocks(read("docs/json.md"), "json")
    assert len(found) >= len(COMMANDS) - 1 - 5  # check and ingest share one, six decisions another
    for text in found:
        json.loads(text)


def test_the_proposed_plan_is_one_that_can_be_read() -> None:
    """The documented answer of ``propose`` has every field that a plan has, and no other."""
    documented = example("propose")
    assert Plan.model_validate(documented).model_dump(mode="json").keys() == documented.keys()


def test_every_choice_of_how_to_krige_is_explained() -> None:
    """Fields named in the conventions' table are a plan's, and say all that they can be."""
    table = rows(sections(read("docs/conventions.md"))[KRIGING_FIELDS])
    text = {row[0].strip("`"): row[1] for row in table if row[0].startswith("`")}
    known = {
        *(f"elements.*.{n}" for n in ElementPlan.model_fields),
        *(f"elements.*.search[].{n}" for n in SearchPass.model_fields),
        *(f"domains.{n}[]" for n in DomainPlan.model_fields),
        *(f"domains.{n}" for n in DomainPlan.model_fields),
        *Plan.model_fields,
    }
    assert set(text) <= known
    assert {f"elements.*.{n}" for n in Choices.model_fields} - set(text) <= SHOWN
    for field, model in (("method", ElementPlan), ("engine", Plan)):
        values = get_args(model.model_fields[field].annotation)
        said = text[f"elements.*.{field}" if model is ElementPlan else field]
        assert all(f"`{value}`" in said for value in values), field
    parts: tuple[tuple[str, type[BaseModel]], ...] = (
        ("high_yield", HighYield),
        ("search[].sectors", SectorRule),
        ("indicators", Indicators),
        ("partner", Partner),
        ("local_orientation", LocalOrientation),
    )
    for field, part in parts:
        names = set(part.model_fields)
        assert all(f"`{name}`" in text[f"elements.*.{field}"] for name in names), field
    volumes = text["domains.volumes[]"]
    assert all(f"`{name}`" in volumes for name in DomainVolume.model_fields)
    assert all(f"`{value}`" in text["stage"] for value in get_args(Stage))


def shape(value: Any, open_keys: frozenset[str] = frozenset()) -> Any:
    """Keys of nested dicts, with every list as its first item; None for a plain value.

    Values of ``open_keys`` (keyed by elements or deposits) are reduced to their first item.
    """
    if isinstance(value, list):
        return [shape(value[0], open_keys)] if value else []
    if not isinstance(value, dict):
        return None
    made = {}
    for key, item in value.items():
        if key in open_keys and isinstance(item, dict):
            made[key] = [shape(next(iter(item.values())), open_keys)] if item else []
        else:
            made[key] = shape(item, open_keys)
    return made


def plain(answer: Any) -> Any:
    """Answer as a reader of the JSON gets it."""
    return json.loads(json.dumps(answer))


def same_shape(documented: Any, given: Any) -> bool:
    """Whether two shapes agree; an empty list agrees with any list."""
    if isinstance(documented, list) and isinstance(given, list):
        return not documented or not given or same_shape(documented[0], given[0])
    if isinstance(documented, dict) and isinstance(given, dict):
        return documented.keys() == given.keys() and all(
            same_shape(documented[key], given[key]) for key in documented
        )
    return documented is None and given is None


def test_the_shape_of_check_is_as_documented() -> None:
    found = Finding("BN-TAB-001", "error", "a.csv", "无", "none", "放", "put")
    item = Ingested("b", ["d"], {}, (found,), (RowBalance("a.csv", "assay", 1, 1, 0, 0),))
    given = plain(check_answer([item]))
    assert same_shape(shape(example("check --json")), shape(given))


def test_the_shape_of_estimate_is_as_documented() -> None:
    result = fabricated_result()
    run = VintageRun(result, ModelRun(1, 0, 0.1, "2024-12-31"), 0.2, 100.0, Path("results/x.json"))
    given = plain({"deposits": [deposit_answer([run])]})
    by_element = frozenset({"elements"})
    assert same_shape(shape(example("estimate"), by_element), shape(given, by_element))


def test_the_shape_of_growth_is_as_documented() -> None:
    draws = tuple(ClassDraws(name, (900, 1000, 1100), (0, 0, 0)) for name in CLASSES)
    simulated = Uncertainty("cu_pct", 3, 1, (2, 2, 1), draws)
    results = [
        fabricated_result(vintage=date(year, 12, 31), uncertainty=simulated)
        for year in (2024, 2025)
    ]
    entries = chain_of(results)
    target = read_target(ROOT / "configs" / "targets" / "copper-2027.yaml")
    target = target.model_copy(update={"belts": None})
    progress = (target_progress(target, Book(entries)),)
    assert progress[0].baselines[0].lines
    given = plain(growth_answer(Tracked(Book(entries), (), movements(entries), progress, 2)))
    by_name = frozenset({"bars", "growth"})
    assert same_shape(shape(example("growth"), by_name), shape(given, by_name))
    demo = example("demo")
    assert same_shape(shape(demo["growth"], by_name), shape(given, by_name))


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """A small belt that was estimated: its folder of belts and its workspace, as options."""
    folder = tmp_path_factory.mktemp("answers")
    belts, workspace = str(write_small_belt(folder)), str(folder / "workspace")
    estimate("small-deposit", belts, workspace)
    return "--configs", belts, "--workspace", workspace


@pytest.mark.parametrize(
    "command",
    [
        ("study", "validation"),
        ("shell", "--element", "cu_pct", "--cutoff", "0.3"),
        ("explain", "2", "2", "2"),
        ("diff", "2024-12-31", "2025-12-31"),
        ("accept", "--by", "A person", "--reason", "a test"),
    ],
    ids=lambda command: command[0],
)
def test_the_shape_of_the_workbench_answers_is_as_documented(
    command: tuple[str, ...], places: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """``accept`` comes last: it changes the plan that the others rest on."""
    name, *words = command
    options = {"diff": places[2:], "accept": places[:2]}.get(name, places)
    with pytest.raises(SystemExit) as leave:
        main([name, "small-deposit", *words, *options, "--json"])
    assert leave.value.code == Exit.OK
    given = json.loads(capsys.readouterr().out)
    assert same_shape(shape(example(name)), shape(given))


def test_every_topic_is_named() -> None:
    for page in ("README.md", "README.zh.md", "docs/operations.md"):
        assert all(topic in read(page) for topic in TOPICS), page


def test_documented_axes_are_what_the_rotation_gives() -> None:
    table = [row for row in rows(read("docs/conventions.md")) if row[0].startswith("(")]
    assert len(table) == 3
    for row in table:
        angles = [float(a.replace("−", "-")) for a in re.findall(r"[−\d.]+", row[0])[:3]]
        azimuth, dip, rake = angles
        axes = axes_from_gslib(Orientation(azimuth_deg=azimuth, dip_deg=dip, rake_deg=rake))
        for axis, text in zip(axes, row[1:], strict=True):
            trend, plunge = map(float, text.split("/"))
            np.testing.assert_allclose(trend_plunge(axis), (trend, plunge), atol=0.05)


def test_every_validation_test_is_described() -> None:
    known = {rule.test for rule in vars(validation).values() if isinstance(rule, validation.Rule)}
    table = rows(sections(read("docs/methods.md"))["11. Validation"])
    assert {row[0].strip("`") for row in table if row[0].startswith("`")} == known


def test_every_figure_array_is_named(tmp_path: Path) -> None:
    write_figure_arrays(tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz") as held:
        named = re.findall(r"`(\w+)`", sections(read("docs/decisions.md"))["Figure arrays"])
        assert set(held.files) <= set(named)
