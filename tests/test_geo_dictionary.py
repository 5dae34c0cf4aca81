"""The dictionary knows a column by any of its usual headings, and its unit."""

from __future__ import annotations

import pytest

from geo.dictionary import dictionary


@pytest.mark.parametrize(
    ("table", "heading", "column", "unit"),
    [
        ("assay", "ω(Cu)/10⁻²", "cu_pct", "pct"),
        ("assay", "Cu(%)", "cu_pct", "pct"),
        ("assay", "ＣＵ＿ＰＣＴ", "cu_pct", "pct"),
        ("assay", "铜品位（%）", "cu_pct", "pct"),
        ("assay", "Mo（10⁻⁶）", "mo_pct", "ppm"),
        ("assay", "MOPPM", "mo_pct", "ppm"),
        ("assay", "Re(10-9)", "re_ppm", "ppb"),
        ("assay", "Au×10⁻⁶", "au_gpt", "ppm"),
        ("assay", "Ag g/t", "ag_gpt", "ppm"),
        ("assay", "样品位置自(m)", "from_m", "m"),
        ("collar", "开孔坐标X", "x", None),
        ("collar", "X（m）", "x", "m"),
        ("collar", "max depth", "depth_m", None),
        ("collar", " 终孔深度 ", "depth_m", None),
        ("survey", "天顶角(°)", "zenith_deg", "deg"),
        ("survey", "Hole-ID", "hole_id", None),
        ("density", "小体重(t/m³)", "density_tpm3", "tpm3"),
        ("geochemistry", "Au(10⁻⁹)", "au_ppb", "ppb"),
        ("geochemistry", "CU_PPM", "cu_ppm", "ppm"),
    ],
)
def test_a_heading_in_any_usual_spelling_means_its_column_and_unit(table, heading, column, unit):
    found = dictionary().match(table, heading)
    assert found is not None
    assert (found.column, found.unit) == (column, unit)


@pytest.mark.parametrize("heading", ["备注", "geologist", "", "Cu_Mo_ratio", "density"])
def test_a_heading_that_the_table_does_not_have_means_nothing(heading):
    assert dictionary().match("assay", heading) is None


def test_one_key_never_means_two_columns_of_a_table():
    """Every alias leads back to the column under which it is listed."""
    from geo.dictionary import load_words

    for table, entry in load_words("columns.yaml")["tables"].items():
        for column, spec in entry["columns"].items():
            for alias in spec["aliases"]:
                found = dictionary().match(table, alias)
                assert found is not None, (table, alias)
                assert found.column == column, (table, alias)


def test_the_nearest_headings_are_offered_best_first():
    near = dictionary().nearest("assay", "from_m", ["Note", "FORM", "TO"])
    assert near[0] == "FORM"
