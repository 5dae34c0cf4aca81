"""What ``trace`` prints on a terminal: words and tonnes in one language; and its exit codes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from flows.cli import Exit, main
from flows.nightly import nightly
from flows.trace import trace
from reporting.rounding import printed
from tests.figure_desk import DEPOSIT
from tests.small_belt import spoil, write_small_belt

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small belt after one night."""
    folder = tmp_path_factory.mktemp("night")
    nightly(str(write_small_belt(folder)), str(folder / "workspace"), workers=1)
    return folder


class Desk:
    """The command typed in one language."""

    def __init__(
        self, place: Path, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch
    ) -> None:
        self.place, self.capsys, self.patch = place, capsys, patch

    def run(self, language: str, *words: str) -> tuple[int, str]:
        """Exit code and what stands on stdout."""
        self.patch.setenv("BORNITE_LANG", language)
        belts, workspace = self.place / "configs" / "belts", self.place / "workspace"
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(["trace", *words, "--configs", str(belts), "--workspace", str(workspace)])
        return int(str(left.value.code)), self.capsys.readouterr().out


def test_a_figure_is_told_in_words_and_tonnes(
    night: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every class with its tonnes, the entry's state in words; no value of the program's own."""
    desk = Desk(night, capsys, monkeypatch)
    found = trace(DEPOSIT, str(night / "configs" / "belts"), str(night / "workspace"))
    tonnes = [f"{printed(t, 0)} t" for t in found["figure"]["metal_t"].values()]
    for language, words in (
        ("zh", ("铜 Cu: 探明", "控制", "推断", "台账第 2 条: 草稿、最新、采用", "化验", "块体")),
        ("en", ("Cu: Measured", "Indicated", "Inferred", "ledger entry 2: draft, newest, in use")),
    ):
        code, out = desk.run(language, DEPOSIT, "--block", "5", "5", "3")
        assert code == Exit.OK
        assert all(word in out for word in (*words, *tonnes))
        assert not re.search(r"[{}]|None|metal_t|model_hash", out)
    assert not CHINESE.search(out.replace(str(night), ""))


def test_what_a_row_weighs_is_told_in_tonnes(
    night: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By element and class, with its sign."""
    desk = Desk(night, capsys, monkeypatch)
    row = ("--file", "0/assay.csv", "--row", "60")
    for language, words in (("zh", ("该行所占: 铜 Cu:", "该行所占: 钼 Mo:", "样品 1 个")),
                            ("en", ("due to the row: Cu:", "due to the row: Mo:"))):  # fmt: skip
        code, out = desk.run(language, *row)
        assert code == Exit.OK
        assert all(word in out for word in words)
        assert re.search(r"[+−][\d,]+ t", out)
        assert not re.search(r"[{}]|None", out)
    assert not CHINESE.search(out)


def test_a_trace_that_cannot_be_followed_to_the_end_ends_with_3(
    night: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The originals are gone and the files are others: said in one language, both ways."""
    place = Path(shutil.copytree(night, tmp_path / "copy"))
    belts = place / "configs" / "belts"
    text = (belts / "small.yaml").read_text("utf-8")
    (belts / "small.yaml").write_text(
        text.replace(str(night / "data"), str(place / "data")), "utf-8"
    )
    spoil(belts, "assay", lambda text: text.replace(",0.351,", ",0.352,", 1))
    shutil.rmtree(place / "workspace" / "vault")
    desk = Desk(place, capsys, monkeypatch)
    for words in ((DEPOSIT,), ("--file", "0/assay.csv", "--row", "60")):
        code, out = desk.run("en", *words)
        assert code == Exit.DATA
        assert "not in the vault" in out
        assert not CHINESE.search(out)
        code, out = desk.run("zh", *words)
        assert code == Exit.DATA
        assert "原件不在库中" in out or "不在资料库" in out
        assert desk.run("en", *words, "--json")[0] == Exit.DATA
