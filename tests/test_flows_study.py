"""Studies of a small deposit: every topic a page, in both languages, whatever one topic says."""

from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from estimation.errors import EstimationError
from flows.cli import main
from flows.cli_options import Exit
from flows.estimate import estimate
from flows.study import TOPICS, UNSIGNED
from tests.small_belt import write_small_belt

DEPOSIT = "small-deposit"
FOLDER = Path("studies") / DEPOSIT / "2025-12-31"


class _Page(HTMLParser):
    """Ids, addresses and words of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "a":
            self.links.append(str(found["href"]))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(configs, workspace) of a small belt that was estimated."""
    folder = tmp_path_factory.mktemp("study")
    configs, workspace = write_small_belt(folder), folder / "ws"
    estimate(DEPOSIT, str(configs), str(workspace))
    return configs, workspace


def _study(
    place: tuple[Path, Path], capsys: pytest.CaptureFixture[str], *topics: str
) -> tuple[int, Any]:
    """Exit code and JSON of ``bornite study``."""
    configs, workspace = (str(path) for path in place)
    capsys.readouterr()
    words = ["study", DEPOSIT, *topics, "--configs", configs, "--workspace", workspace, "--json"]
    with pytest.raises(SystemExit) as leave:
        main(words)
    text = capsys.readouterr().out
    return int(leave.value.code or 0), json.loads(text, parse_constant=_refuse) if text else None


def _refuse(word: str) -> None:
    raise AssertionError(f"{word} is not JSON")


def test_every_topic_gives_a_page_with_figures_and_tables(
    place: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """In order, with JSON as documented; every file that a page points to is there."""
    code, answer = _study(place, capsys)
    assert code == Exit.OK
    assert [one["topic"] for one in answer] == list(TOPICS)
    for one in answer:
        keys = {"topic", "failed", "page", "tables", "figures", "remarks", "checks"}
        assert set(one) == keys
        assert not one["failed"], one["remarks"]
        assert one["tables"], one["topic"]
        assert one["figures"], one["topic"]
        for check in one["checks"]:
            assert set(check) == {"test", "element", "domain", "value", "rule", "verdict"}
        path = Path(one["page"])
        folder = path.parent
        assert sorted(p.stem for p in (folder / "tables").iterdir()) == sorted(one["tables"])
        assert sorted(p.stem for p in (folder / "figures").iterdir()) == sorted(one["figures"])
        page = _Page(path.read_text("utf-8"))
        assert len(page.ids) == len(set(page.ids))
        inside = {link[1:] for link in page.links if link.startswith("#")}
        assert inside <= set(page.ids)
        assert {f"table-{name}" for name in one["tables"]} <= inside
        assert {f"figure-{name}" for name in one["figures"]} <= inside
        assert all((folder / link).is_file() for link in page.links if not link.startswith("#"))


def test_titles_remarks_and_captions_are_in_both_languages(place: tuple[Path, Path]) -> None:
    """Chinese in every Chinese text, none in an English heading; the hashes at the foot."""
    from flows.runtime import Workspace
    from flows.study import open_workbench, work_out

    bench = open_workbench(DEPOSIT, place[0], Workspace(place[1]))
    chinese = re.compile("[一-鿿]")
    for name in TOPICS:
        made = work_out(name, bench)
        titled = [made.title, *(t.title for t in made.tables), *(f.title for f in made.figures)]
        assert all(chinese.search(w.zh) or w.zh == w.en for w in titled), name
        assert not [w.en for w in titled if chinese.search(w.en)], name
        said = [*made.remarks, *(f.caption for f in made.figures)]
        said += [t.note for t in made.tables if t.note]
        assert all(w.zh and w.en for w in said), name
        assert made.topic == name
        text = (place[1] / FOLDER / name / "page.html").read_text("utf-8")
        assert bench.result is not None
        for word in (bench.data.data_hash()[:12], bench.result.digest[:12], "2025-12-31"):
            assert word in text[text.index("<footer") :], name
    runs = [p.name for p in (place[1] / "runs").iterdir() if list(p.glob("study-*.json"))]
    assert runs[-1] in text


def test_an_unknown_topic_is_a_usage_error_that_names_the_topics(
    place: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    configs, workspace = (str(path) for path in place)
    with pytest.raises(SystemExit) as leave:
        main(["study", DEPOSIT, "geology", "--configs", configs, "--workspace", workspace])
    assert leave.value.code == Exit.USAGE
    said = capsys.readouterr().err
    assert "geology" in said
    assert "variography" in said


def test_one_topics_trouble_does_not_stop_the_others(
    place: tuple[Path, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page says why, the exit code is 3, and the next topic has its page."""

    def refuse(bench: object) -> None:
        raise EstimationError("no composites in domain ore / 矿化域 ore 无组合样")

    monkeypatch.setattr("estimation.domains.study.study", refuse)
    before = place[1] / FOLDER / "domains" / "tables" / "old.csv"
    before.parent.mkdir(parents=True, exist_ok=True)
    before.write_text("a\n")
    code, answer = _study(place, capsys, "domains", "classification")
    assert code == Exit.DATA
    assert [one["failed"] for one in answer] == [True, False]
    assert "no composites in domain ore" in answer[0]["remarks"][-1]["en"]
    page = Path(answer[0]["page"]).read_text("utf-8")
    assert "no composites in domain ore" in page
    assert not before.exists(), "a table of an earlier run is not of this page"
    assert answer[1]["figures"]


def test_without_a_plan_the_page_says_whose_plan_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configs = write_small_belt(tmp_path)
    path = configs / "small.yaml"
    belt = yaml.safe_load(path.read_text("utf-8"))
    belt["deposits"][0]["plan"] = None
    path.write_text(yaml.safe_dump(belt, allow_unicode=True), "utf-8")
    code, answer = _study((configs, tmp_path / "ws"), capsys, "domains")
    assert code == Exit.OK
    assert answer[0]["remarks"][0] == UNSIGNED._asdict()
    text = Path(answer[0]["page"]).read_text("utf-8")
    assert UNSIGNED.en in html.unescape(text)
    assert "proposed by the program" in text
