"""A workspace named by a relative path, as the usual one is: every command that reads the vault."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flows.cli import Exit, main
from flows.nightly import nightly
from tests.figure_desk import DEPOSIT
from tests.small_belt import CAMPAIGNS, write_small_belt


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small belt's files, configuration and workspace after one night."""
    folder = tmp_path_factory.mktemp("night")
    nightly(str(write_small_belt(folder)), str(folder / "workspace"), workers=1)
    return folder


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["trace", DEPOSIT], lambda a: a["read_from"] == "vault" and "why" not in a),
        (
            ["trace", "--file", "0/assay.csv", "--row", "60"],
            lambda a: {one["status"] for one in a["figures"]} == {"accepted"},
        ),
        (["verify", "--tiles", "0", "--rederive"], lambda a: a["rederived"] == []),
        (["attribute", DEPOSIT, *CAMPAIGNS], lambda a: a["entry"] is not None),
    ],
    ids=["trace", "row", "rederive", "attribute"],
)
def test_a_relative_workspace_is_as_good_as_an_absolute_one(
    place: Path,
    words: list[str],
    told: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Typed where configuration and workspace lie, with the names that are there by default."""
    monkeypatch.chdir(place)
    where = ["--configs", "configs/belts", "--workspace", "workspace", "--json"]
    with pytest.raises(SystemExit) as left:
        main([*words, *where])
    out = capsys.readouterr()
    assert left.value.code == Exit.OK, out
    assert told(json.loads(out.out))
    assert not [*Path("workspace").glob("again-*"), *Path("workspace").glob("trace-*")]
