"""A desk for tests of figures made again and of changes split: the small belt and a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from estimation.results import DepositResult
from flows.attribute import Attributed, attribute
from flows.estimate import estimate
from flows.rederive import rederive
from flows.track import track
from tests.small_belt import write_small_belt

DEPOSIT = "small-deposit"
PIT = "v 900 1900 485\nv 1300 1900 485\nv 1300 2300 485\nv 900 2300 485\nf 1 2 3\nf 1 3 4\n"
"""A mined-out surface 15 m below the ground of 500 m, as a mesh."""


class Desk:
    """The small belt with a workspace."""

    def __init__(self, folder: Path) -> None:
        self.configs = write_small_belt(folder)
        self.workspace = folder / "ws"
        self.data = folder / "data" / "small"

    def night(self) -> list[DepositResult]:
        """Estimate and enter."""
        runs = estimate(DEPOSIT, str(self.configs), str(self.workspace), workers=1)
        track(str(self.configs), str(self.workspace))
        return [run.result for run in runs]

    def split(self, opening: str, closing: str, reverse: bool = False) -> Attributed:
        """Attribute."""
        places = (str(self.configs), str(self.workspace), 1)
        return attribute(DEPOSIT, opening, closing, *places, reverse)

    def again(self, result: DepositResult) -> DepositResult:
        """Rederive."""
        return rederive(result, str(self.configs), str(self.workspace), workers=1)

    def mine(self) -> None:
        """Mine to 485 m in the year between the two campaigns."""
        (self.data / "pit.obj").write_text(PIT)
        where = {"as_of": "2025-06-30", "root": str(self.data), "path": "pit.obj"}
        self.change(lambda deposit: deposit.update(mined=[{**where, "kind": "surface"}]))

    def change(self, edit: Any) -> None:
        """Rewrite the deposit's configuration through ``edit(deposit)``."""
        path = self.configs / "small.yaml"
        belt = yaml.safe_load(path.read_text("utf-8"))
        edit(belt["deposits"][0])
        path.write_text(yaml.safe_dump(belt, allow_unicode=True), "utf-8")
