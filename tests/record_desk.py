"""A clerk's desk: a workspace, forms, and ``bornite record`` as it is typed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from flows.cli import app, run
from flows.cli_options import Exit
from tests.record_forms import example_header, example_rows, write
from tracking import Ledger

ROOT = Path(__file__).resolve().parent.parent
BELT = ROOT / "configs" / "belts" / "gangdese.yaml"


class Desk:
    """A workspace, and the command as a clerk types it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]):
        self.folder = folder
        self.capsys = capsys
        self.configs = folder / "belts"
        self.configs.mkdir()
        shutil.copy(BELT, self.configs)
        self.url = f"sqlite:///{folder.resolve() / 'ws' / 'ledger.db'}"

    def form(self, name: str, rows: list[dict[str, str]] | None = None, **header: Any) -> str:
        """Write a filled form and return its path."""
        filled = write(
            self.folder / name, example_header(**header), example_rows() if rows is None else rows
        )
        return str(filled)

    def record(self, *paths: str) -> tuple[int, list[dict[str, Any]]]:
        """Record forms; the exit code and the answer for each."""
        self.capsys.readouterr()
        options = ["--configs", str(self.configs), "--workspace", str(self.folder / "ws"), "--json"]
        code = run(lambda: app(["record", *paths, *options], standalone_mode=False))
        out = self.capsys.readouterr().out
        return code, json.loads(out)["forms"] if out else []

    def one(self, name: str, rows: list[dict[str, str]] | None = None, **header: Any) -> Any:
        """Record one form; its answer, with the codes of its findings."""
        code, (answer,) = self.record(self.form(name, rows, **header))
        wanted = {"refused": Exit.DATA, "held": Exit.HELD}.get(answer["outcome"], Exit.OK)
        assert code == wanted
        return answer | {"codes": {f["code"] for f in answer["findings"]}}

    @property
    def head(self) -> tuple[int, str]:
        """The ledger's last entry."""
        with Ledger(self.url) as ledger:
            return ledger.head()


PLAIN: dict[str, str | None] = {"mine_code": None, "licence_no": None, "review_no": None}
"""A form that names no mine but its deposit."""
UNFILED: dict[str, str | None] = PLAIN | {
    "filing_no": None,
    "filed_date": None,
    "stat_year": None,
    "authority": None,
}
PRESS = UNFILED | {
    "source_kind": "公开报道",
    "citation_issuer": "某报",
    "citation_quote": "（照录）",
    "cutoff": None,
    "cutoff_unit": None,
}
