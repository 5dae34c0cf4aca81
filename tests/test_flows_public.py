"""Real drill-holes through the same path, from configuration files alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flows.nightly import Night, nightly

ROOT = Path(__file__).resolve().parent.parent
BELTS = str(ROOT / "configs" / "public")

pytestmark = [pytest.mark.shared, pytest.mark.slow]


@pytest.fixture(scope="module")
def public(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Night, Path]:
    """A night over the public deposits: (night, workspace)."""
    workspace = tmp_path_factory.mktemp("public") / "workspace"
    return nightly(BELTS, str(workspace)), workspace


def test_babbitt_and_cbmina_reach_a_statement_and_a_site(public: tuple[Night, Path]) -> None:
    """Findings, composites, block model, statement and pages; no deposit is held."""
    night, workspace = public
    assert night.held == {}
    assert set(night.estimates) == {"babbitt-cuni", "cbmina-cu"}
    for deposit, runs in night.estimates.items():
        result = runs[-1].result
        assert result.statement.metal_t("cu_pct", ("measured", "indicated")) > 0
        assert result.truth == ()
        assert (workspace / "site" / "deposits" / f"{deposit}.html").is_file()
        witness = [c for c in result.checks if c.test == "witness"]
        assert witness
        assert all(c.value <= 1e-8 for c in witness)


def test_every_row_of_babbitt_is_accounted_for(public: tuple[Night, Path]) -> None:
    """399 collars, 2,628 survey rows of which 70 are sentinels of 90000, 35,616 assays."""
    night, _ = public
    rows = {b.table: b for b in night.ingested["babbitt"].balances}
    assert rows["collar"].accepted == 399
    assert (rows["survey"].rows_in, rows["survey"].skipped) == (2628, 70)
    assert (rows["assay"].rows_in, rows["assay"].accepted) == (35616, 35616)


def test_no_code_knows_these_deposits_by_name() -> None:
    """They come from configuration: no source file of the five rooms mentions them."""
    for room in ("geo", "estimation", "tracking", "reporting", "flows"):
        for path in (ROOT / room).rglob("*.py"):
            text = path.read_text("utf-8").lower()
            assert "cbmina" not in text, path
            assert "babbitt-" not in text, path


def test_blank_copper_is_not_zero_in_babbitt(public: tuple[Night, Path]) -> None:
    """Unassayed metres stay unassayed: the composites' mean is that of the assays."""
    from estimation.deposit import composite_samples
    from flows.belts import find_deposit
    from flows.readings import accepted_drillholes
    from flows.runtime import Workspace

    _, workspace = public
    found = find_deposit("babbitt-cuni", Path(BELTS))
    data, _ = accepted_drillholes(*found, Workspace(workspace), max(found[1].vintages))
    table = composite_samples(data)["basic"].table
    known = table[table["cu_pct"].notna()]
    assays = data.drillholes.assay.dropna(subset=["cu_pct"])
    length = assays["to_m"] - assays["from_m"]
    mean = float(np.average(assays["cu_pct"], weights=length))
    assert np.average(known["cu_pct"], weights=known["length_m"]) == pytest.approx(mean, rel=0.02)
