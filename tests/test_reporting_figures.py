"""Figures are deterministic, small, in the package's own font, and drawn once."""

from __future__ import annotations

import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from reporting.figures.store import FigureStore, draw, style
from reporting.views.plates import block_parameters, grade_tonnage_parameters
from tests.fabricated import fabricated_result, write_figure_arrays


@pytest.fixture(scope="module")
def arrays(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("arrays") / "2024-12-31.npz"
    write_figure_arrays(path)
    return path


def test_the_same_inputs_give_the_same_svg_without_date_or_live_text(arrays: Path) -> None:
    parameters = block_parameters(fabricated_result())
    first = draw("section", arrays, parameters)
    assert draw("section", arrays, parameters) == first
    assert "dc:date" not in first
    assert "<text" not in first
    assert len(first) < 200_000


def test_every_sign_of_the_labels_has_a_glyph() -> None:
    """A missing glyph is a warning of matplotlib's; here it is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert draw("grade_tonnage", None, grade_tonnage_parameters(fabricated_result()))


def test_no_axis_counts_in_powers_of_ten_or_from_an_offset() -> None:
    with mpl.rc_context(style()):
        axes = Figure().subplots()
        axes.plot([3_225_800.0, 3_226_400.0], [1.2e6, 48e6])
        for axis in (axes.xaxis, axes.yaxis):
            axis.get_major_formatter().set_locs(axis.get_majorticklocs())
            assert axis.get_major_formatter().get_offset() == ""


def test_a_dollar_in_a_label_is_not_mathematics(arrays: Path) -> None:
    parameters = {**block_parameters(fabricated_result()), "symbol": r"$\frac$"}
    assert "<svg" in draw("plan", arrays, parameters)


def test_a_model_of_ordinary_size_keeps_its_figure_small(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    nx, nz = 200, 80
    path = tmp_path / "big.npz"
    np.savez_compressed(
        path,
        section_cu=random.gamma(2, 0.2, (nz, nx)),
        section_class=random.integers(0, 4, (nz, nx)),
        section_x_m=np.arange(nx + 1) * 25.0,
        section_z_m=np.arange(nz + 1) * 15.0,
        section_samples=np.empty((0, 3)),
    )
    assert len(draw("section", path, block_parameters(fabricated_result()))) < 200_000


def test_a_stored_figure_is_reused_until_its_inputs_change(tmp_path: Path) -> None:
    store = FigureStore(tmp_path / "figures")
    parameters = grade_tonnage_parameters(fabricated_result())
    first = store.svg("grade_tonnage", None, parameters)
    assert store.svg("grade_tonnage", None, parameters) == first
    assert (store.made, store.reused) == (1, 1)
    store.svg("grade_tonnage", None, grade_tonnage_parameters(fabricated_result(scale=2.0)))
    assert store.made == 2
    other = FigureStore(tmp_path / "figures")
    other.svg("grade_tonnage", None, parameters)
    other.prune()
    assert len(list((tmp_path / "figures").iterdir())) == 1
