"""Units of survey columns by their size: only where the usual unit is impossible."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.check_folder import check_folder

HEAD = "X,Y,Cu,Zn,Fe,Au,Hg,Co,Ti_XRF\n"


def units(folder: Path, row: str) -> dict[str, str]:
    """Units that a folder check takes by size, by heading."""
    rows = [f"{500000 + i * 137},{4000000 + i * 91},{row}\n" for i in range(30)]
    (folder / "soil.csv").write_text(HEAD + "".join(rows))
    check = check_folder(folder)
    found = [v for v in check.verdicts if v.name == "units"]
    return {
        heading: str(v.value) for v in found for heading in v.evidence_en.split(": ")[1].split(", ")
    }


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("25,60,3.2,1.5,40,12,4000", {}),
        ("25,60,32000,0.002,0.05,12,4000", {"Fe": "ppm", "Au": "ppm", "Hg": "ppm"}),
        ("0.9,2,3.2,1.5,40,0.05,4000", {}),
        ("25,60,3.2,1.5,40,12,0.4", {"Ti_XRF": "pct"}),
    ],
    ids=["usual", "all in ppm", "plants hold little", "fluorescence in percent"],
)
def test_only_an_impossible_unit_is_replaced(
    tmp_path: Path, row: str, expected: dict[str, str]
) -> None:
    assert units(tmp_path, row) == expected
