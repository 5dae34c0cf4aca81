"""The tutorial runs again, and its figures are those printed in it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"
TUTORIAL = DOCS / "tutorial.ipynb"
NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*\.?\d*(?:e[-+]?\d+)?")
TOLERANCE = 1e-3
"""Figures are printed with four digits: one unit of the last."""


def _cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def _said(cell: Any) -> str:
    """What a cell prints, figures' bytes apart."""
    words = []
    for output in cell["outputs"]:
        assert output["output_type"] != "error", output
        text = output.get("text") or output.get("data", {}).get("text/plain", "")
        words.append("".join(text))
    return "\n".join(words).replace("−", "-")


def _figures(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in NUMBER.findall(text)]


def test_the_tutorial_is_small_whole_and_says_what_it_is_not() -> None:
    """Every cell has its output, no error or noise, no path of a machine, both languages."""
    raw = TUTORIAL.read_text("utf-8")
    assert len(raw.encode()) < 1_500_000
    assert not re.search(r"/(?:home|root|tmp|work|Users)/|[A-Z]:\\\\", raw)
    notebook = json.loads(raw)
    text = "".join("".join(cell["source"]) for cell in notebook["cells"])
    assert "NOT A RESOURCE STATEMENT" in text
    for cell in _cells(notebook):
        assert cell["outputs"], cell["source"]
        assert not [o for o in cell["outputs"] if o.get("name") == "stderr"], cell["source"]
        _said(cell)
    assert sum("key" in cell["metadata"].get("tags", ()) for cell in _cells(notebook)) >= 6
    for cell in notebook["cells"]:
        first = "".join(cell["source"]).splitlines()[0]
        if first.startswith("#") and cell["cell_type"] == "markdown":
            assert re.search("[一-鿿]", first), first
            assert re.search("[A-Z]", first), first


@pytest.mark.shared
@pytest.mark.slow
def test_the_tutorial_runs_again_with_the_same_figures(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a kernel of this interpreter; cells tagged ``key`` print the same figures."""
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("BORNITE_SHARED_DATA", str(shared_data))
    monkeypatch.setenv("PYTHONPATH", str(DOCS.parent))
    stored = nbformat.read(TUTORIAL, 4)
    again = nbformat.read(TUTORIAL, 4)
    assert stored.metadata["kernelspec"]["name"] == "python3"
    again.cells.append(nbformat.v4.new_code_cell("import sys; sys.executable"))
    client.NotebookClient(
        again, timeout=900, kernel_name="python3", resources={"metadata": {"path": str(DOCS)}}
    ).execute()
    assert sys.executable in _said(again.cells.pop())
    pairs = list(zip(_cells(stored), _cells(again), strict=True))
    for old, new in pairs:
        if "key" not in old["metadata"].get("tags", ()):
            continue
        before, after = _said(old), _said(new)
        assert NUMBER.sub("#", before).split() == NUMBER.sub("#", after).split(), old["source"]
        assert _figures(before) == pytest.approx(_figures(after), rel=TOLERANCE, abs=1e-9), old[
            "source"
        ]
