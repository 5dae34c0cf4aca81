"""A site printed by several processes is, to the byte, the one that a single process prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reporting import SiteReport, build_sites
from reporting.site import press
from reporting.site.room import BUREAU, PUBLIC
from tests.browser_fixture import fabricated_report, sample_belts


def _printed(report: SiteReport, folder: Path) -> dict[str, bytes]:
    """Everything that lies in both sites."""
    build_sites(report, {BUREAU: folder / "site", PUBLIC: folder / "public"})
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_several_processes_print_the_bytes_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages, downloads and figures of both audiences; the first process prints none itself."""
    report = fabricated_report(tmp_path, sample_belts()[:1])
    alone = _printed(report, tmp_path / "alone")

    def printed_here(*_: Any) -> Any:
        raise AssertionError("printed in the first process")

    monkeypatch.setattr(press, "COLD_ALONE", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr(press, "_batch", printed_here)
    together = _printed(report, tmp_path / "together")
    assert len(alone) > 50
    assert together.keys() == alone.keys()
    assert [name for name, data in alone.items() if together[name] != data] == []
