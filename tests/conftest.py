"""Fixtures that many tests share: the public data, the sample's programs, small written tables."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from geo.config import Conventions, DrillholeSources
from tests.browser_fixture import chromium  # noqa: F401
from tests.evidence_fixture import told_deposit, told_folder, told_site  # noqa: F401
from tests.sample_fixture import finished_night, night_of_ones_own  # noqa: F401

ROOT = Path(__file__).resolve().parent.parent

os.environ.pop("COLUMNS", None)  # parallel workers are handed a narrow terminal

LONG_FIRST = (
    "test_reading_walk",
    "test_flows_nightly",
    "test_tracking_concurrency",
    "test_flows_init",
    "test_reporting_browser",
    "test_flows_server",
    "test_flows_public",
    "test_docs",
    "test_docs_notebook",
    "test_sample_broken",
    "test_estimation_kills",
    "test_estimation_incremental",
    "test_estimation_proposal",
    "test_geo_lines",
    "test_flows_init_surveys",
    "test_flows_sample",
)
"""Files of a minute or so, in the order in which workers take them: none is left for the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first; the others, and the tests of each, as they were collected."""
    place = {name: number for number, name in enumerate(LONG_FIRST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


@pytest.fixture(scope="session", autouse=True)
def one_press() -> Iterator[None]:
    """Sites are printed by the process at hand: to start others takes longer than their pages.

    Tests that print by several processes put the module's own limits back.
    """
    press = sys.modules.get("reporting.site.press")
    if press is None:  # none of the tests at hand prints
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        for limit in ("ALONE", "COLD_ALONE"):
            patch.setattr(press, limit, 10_000)
        yield


COLLAR = "BHID,X,Y,Z,DEPTH\nA1,1000,2000,300,100\nA2,1100,2000,310,100\n"
SURVEY = "BHID,AT,AZ,DIP\nA1,0,90,60\nA1,50,95,58\nA2,0,0,90\n"
ASSAY = (
    "BHID,FROM,TO,SAMPLE,CU_PCT,MO_PPM\n"
    "A1,0,2,s1,0.5,100\nA1,2,4,s2,0.6,120\nA1,4,6,s3,,\nA2,0,3,s4,0.3,80\nA2,3,6,s5,0.2,90\n"
)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the shared public data; tests that need it are skipped without it."""
    folder = Path(os.environ.get("BORNITE_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("the shared public data are not here (BORNITE_SHARED_DATA)")
    return folder


@pytest.fixture(scope="session")
def sample_program() -> Iterator[Callable[[str], ModuleType]]:
    """Import a module of the program that makes the sample belts (``data/sample``)."""
    folder = str(ROOT / "data" / "sample")
    sys.path.insert(0, folder)
    before = set(sys.modules)
    yield importlib.import_module
    sys.path.remove(folder)
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", "") and folder in str(sys.modules[name].__file__):
            del sys.modules[name]


def make_conventions(**changes: Any) -> Conventions:
    """Plain conventions: metres, X east, no prefix, dip positive down."""
    plain: dict[str, Any] = {
        "x_is": "east",
        "zone_prefix": None,
        "coordinate_unit": "m",
        "depth_unit": "m",
        "dip": "positive_down",
        "below_detection": "half_limit",
        "no_survey_deeper_than_m": 1500.0,
        "zero_is": "zero",
        "not_assayed": ("-", "N.D."),
    }
    return Conventions(**{**plain, **changes})


@pytest.fixture
def conventions() -> Callable[..., Conventions]:
    """Plain conventions with changes."""
    return make_conventions


@pytest.fixture
def deposit(tmp_path: Path) -> Callable[..., DrillholeSources]:
    """Write a small deposit's tables and return its sources: ``deposit(collar=..., dip=...)``.

    Table names take the place of a table's text (None leaves the file out); other names change
    the conventions.
    """

    def write(**changes: Any) -> DrillholeSources:
        tables = {"collar": COLLAR, "survey": SURVEY, "assay": ASSAY}
        names = (*tables, "lithology", "density", "combined")
        tables |= {name: changes.pop(name) for name in names if name in changes}
        files = []
        for name, text in tables.items():
            if text is not None:
                data = text if isinstance(text, bytes) else text.encode()
                (tmp_path / f"{name}.csv").write_bytes(data)
            files.append({"path": f"{name}.csv", "table": name})
        blocks = {key: changes.pop(key) for key in ("columns", "units") if key in changes}
        return DrillholeSources(
            root=str(tmp_path),
            campaigns=({"as_of": "2025-12-31", "files": files},),
            conventions=make_conventions(**changes),
            **blocks,
        )

    return write
