"""A house with two entered vintages and the command in front of it, for tests of review."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from estimation.results import DepositResult
from flows.cli import Exit, main
from flows.review import result_of
from flows.runtime import Workspace
from tests.fabricated import fabricated_result
from tests.small_belt import write_small_belt
from tracking import Ledger

DEPOSIT = "small-deposit"
OLD, NEW = "2024-12-31", "2025-12-31"
NUMBER = "藏矿储评字【2026】06号"
FILED = "2026-02-11"


class House:
    """A configured belt with results put on disk, and the command in front of it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.configs = write_small_belt(folder)
        self.workspace = Workspace(folder / "workspace")
        self._capsys = capsys

    def estimate(self, vintage: str, scale: float, **changes: Any) -> DepositResult:
        """Put a result where a night leaves it, and keep it."""
        grown = {"holes": 30, "composites": 900} if vintage == OLD else {}
        result = fabricated_result(
            DEPOSIT, "small", date.fromisoformat(vintage), scale, **{**grown, **changes}
        )
        result.write(self.workspace.result(DEPOSIT, vintage))
        result.write(self.workspace.kept_result(DEPOSIT, result))
        return result

    def run(self, *words: str) -> int:
        """Exit code of a command."""
        more = ["--configs", str(self.configs), "--workspace", str(self.workspace.root)]
        with pytest.raises(SystemExit) as leave:
            main([*words, *more])
        return int(leave.value.code or 0)

    def said(self, code: int, *words: str) -> str:
        """What a command says on stderr, which ends with this code."""
        self._capsys.readouterr()
        assert self.run(*words) == code
        return self._capsys.readouterr().err

    def answer(self, code: int, *words: str) -> Any:
        """The JSON of a command, which ends with this code."""
        self._capsys.readouterr()
        assert self.run(*words, "--json") == code
        return json.loads(self._capsys.readouterr().out)

    def used(self, vintage: str = NEW) -> DepositResult:
        """The result behind the usable figure."""
        with Ledger(f"sqlite:///{self.workspace.root / 'ledger.db'}") as ledger:
            for entry in ledger.current(DEPOSIT, view="usable"):
                if entry.vintage.isoformat() == vintage:
                    result = result_of(entry, self.workspace)
                    assert result is not None
                    return result
        raise AssertionError(f"no usable figure of {vintage}")

    def page(self) -> str:
        """The deposit's page, figures left out."""
        html = (self.workspace.site / "deposits" / f"{DEPOSIT}.html").read_text("utf-8")
        return re.sub(r'data:[^"]*', "", html)


def entered_house(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> House:
    """Two vintages entered; nothing waits."""
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setenv("BORNITE_LANG", "en")
    made = House(folder, capsys)
    made.estimate(OLD, 1.0)
    made.estimate(NEW, 1.05)
    assert made.run("growth") == Exit.OK
    return made


def file_figure(house: House, vintage: str) -> None:
    """Take a vintage's newest entry all the way to its filing."""
    house.run("approve", DEPOSIT, vintage)
    for state in ("reviewed", "submitted", "accepted", "review_passed"):
        house.run("advance", DEPOSIT, vintage, "--to", state)
    filed = ("--to", "filed", "--document-no", NUMBER, "--on", "2026-02-11")
    go = ("advance", DEPOSIT, vintage, *filed)
    assert house.run(*go) == Exit.OK
