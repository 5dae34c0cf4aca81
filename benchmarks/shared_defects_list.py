"""The defects that the read-mes of the shared public data state, and how a check tells of them."""

from __future__ import annotations

from benchmarks.shared_defects import (
    Defect,
    both,
    convention,
    files,
    in_crs,
    kinds,
    quarantined,
    recognised,
    rows,
    rule,
    skipped,
    words,
)

LABORATORY = "the read-me counts all lines but the first: title and units rows among them"
GSQ = "gsq_submission_template_example.xlsx"
PAIRS = r"{} (\d+)"

_HOLES = (
    Defect("01", "collars", 399, rows("collar_BABBITT.csv", "collar")),
    Defect("01", "survey rows", 2628, rows("survey_BABBITT.csv", "survey")),
    Defect("01", "assay rows", 35616, rows("assay_BABBITT.csv", "assay")),
    Defect("01", "holes with the sentinel depth 90000", 70, words("BN-SUR-003", r"^([\d,]+) ")),
    Defect("01", "survey rows set aside for it", 70, skipped("survey_BABBITT.csv")),
    Defect(
        "01",
        "holes sampled below their last real station",
        399,
        both(rule("BN-SUR-025"), rule("BN-SUR-026")),
    ),
    Defect("01", "Cu not assayed (blank)", 11931, rule("BN-ASY-005", column="CU")),
    Defect("01", "Ni not assayed (blank)", 12177, rule("BN-ASY-005", column="NI")),
    Defect("01", "Cu exactly 0", 1, convention("zero_is", r"CU (\d+)")),
    Defect("01", "Ni exactly 0", 8, convention("zero_is", r"NI (\d+)")),
    Defect("01", "columns with float32 noise", None, rule("BN-ASY-029")),
    Defect("01", "overlaps", 0, rule("BN-INT-002")),
    Defect("01", "gaps", 0, rule("BN-INT-003")),
    Defect("01", "rows refused (no missing collars)", 0, quarantined()),
    Defect("04", "collars", 126, rows("collar.csv", "collar")),
    Defect("04", "survey rows", 1262, rows("survey.csv", "survey")),
    Defect("04", "assay rows", 1136, rows("assay.csv", "assay")),
    Defect("04", "lithology rows", 1136, rows("litho.csv", "lithology")),
    Defect("04", "gaps (cut-off already applied)", 307, rule("BN-INT-003", "assay.csv")),
    Defect(
        "04",
        "holes sampled below their last station",
        126,
        both(rule("BN-SUR-025"), rule("BN-SUR-026")),
    ),
    Defect("06", "collars", 100, rows("collar.csv", "collar")),
    Defect("06", "survey rows", 144, rows("survey.csv", "survey")),
    Defect("06", "assay rows", 4074, rows("assay.csv", "assay")),
    Defect("06", "holes without survey", 28, rule("BN-SUR-001")),
    Defect("06", "holes without assay", 28, rule("BN-COL-009")),
    Defect("06", "holes without a station at 0", 7, rule("BN-SUR-002")),
    Defect("06", "duplicated survey depths", 2, rule("BN-SUR-009")),
    Defect(
        "06",
        "overlaps",
        2,
        rule("BN-INT-002"),
        "the other one's row, 1371, is refused first for its negative silver (BN-ASY-001)",
    ),
    Defect("06", "gaps", 208, rule("BN-INT-003")),
    Defect("06", "holes not sampled from 0", 49, rule("BN-INT-017")),
    Defect(
        "06", "Cu 0 for below detection", 81, words("BN-ASY-011", r"^(\d+) exact z", column="Cu")
    ),
    Defect("06", "Mo 0 for below detection", 330, convention("zero_is", r"Mo_ppm (\d+)")),
    Defect("06", "Ag 0 for below detection", 565, convention("zero_is", r"Ag_ppm (\d+)")),
    Defect("06", "Au 0 for below detection", 804, convention("zero_is", r"Au_ppm (\d+)")),
    Defect("06", "Au negative", 2, words("BN-ASY-011", r"^(\d+) negative d", column="Au")),
    Defect("06", "Ag negative", 1, rule("BN-ASY-001", column="Ag")),
    Defect("06", "Cu not assayed (blank)", 123, rule("BN-ASY-005", column="Cu")),
    Defect("06", "rows without Re", 4051, rule("BN-ASY-005", column="Re")),
    Defect(
        "06",
        "raw collars, of other holes",
        4685,
        recognised("gswa_collars_raw_lonlat.csv", "collar"),
    ),
    Defect(
        "06", "raw geology, of other holes", 5831, recognised("gswa_geology_raw.csv", "lithology")
    ),
    Defect("06", "cells of remarks with lost characters", None, rule("BN-TAB-040")),
)

_QUALITY = (
    Defect("07", "rows of An1-Core.csv", 33, rows("An1-Core.csv"), LABORATORY),
    Defect("07", "rows of An6-Grap.csv", 44, rows("An6-Grap.csv"), LABORATORY),
    Defect(
        "07", "rows of An6_Chip.csv", 195, rows("An6_Chip.csv"), LABORATORY + ", and a blank line"
    ),
    Defect("07", "rows of An7_Chip.csv", 38, recognised("An7_Chip.csv", "laboratory"), LABORATORY),
    Defect("07", "rows of An7_Grap.csv", 19, recognised("An7_Grap.csv", "laboratory"), LABORATORY),
    Defect("07", "blanks in the core", None, words("BN-QAQ-001", r"blanks (\d+)", "An1-Core")),
    Defect(
        "07", "duplicates in the core", None, words("BN-QAQ-001", r"duplicates (\d+)", "An1-Core")
    ),
    Defect("07", "blanks among the chips", None, words("BN-QAQ-001", r"blanks (\d+)", "An6_Chip")),
    Defect(
        "13", "values of standards", 97, words("BN-QAQ-001", r"standards (\d+)", "crm.test.csv")
    ),
    Defect(
        "13", "values of the new series", 10, words("BN-QAQ-001", r"standards (\d+)", "test.new")
    ),
    Defect("13", "pairs told by order and RS code", 80, words("BN-QAQ-001", r"^(\d+) ", "ad.test")),
    Defect("13", "pairs of ms.data1", 16, words("BN-QAQ-001", r"duplicates (\d+)", "ms.data1")),
    Defect("13", "pairs of ms.data2", 16, words("BN-QAQ-001", r"duplicates (\d+)", "ms.data2")),
    Defect("13", "pairs of ms.data3", 16, words("BN-QAQ-001", r"duplicates (\d+)", "ms.data3")),
    Defect("13", "rows of triples.test1", 27, rows("triples.test1.csv")),
    Defect("13", "rows of triples.test2", 186, rows("triples.test2.csv")),
    Defect(
        "14", "repeats of one standard", 52, words("BN-QAQ-001", r"standards (\d+)", "STANDARD")
    ),
    Defect("14", "analytical pairs", 52, words("BN-QAQ-001", r"duplicates (\d+)", "ANADUP")),
    Defect("14", "field pairs", 49, words("BN-QAQ-001", r"duplicates (\d+)", "FieldDUP")),
    Defect(
        "14",
        "negative values in the field duplicates",
        9,
        rule("BN-QAQ-013", "FieldDUP"),
        "all are -9999; 25 more stand in five columns that are nearly empty",
    ),
    Defect("14", "missing values in the field duplicates", 221, rule("BN-QAQ-014", "FieldDUP")),
    Defect("14", "missing values in the analytical duplicates", 1, rule("BN-QAQ-014", "ANADUP")),
    Defect(
        "14",
        "determinations of one value in the standard",
        None,
        words("BN-QAQ-015", r"^(\d+) ", "STANDARD"),
        "Mo is 0.1 in all 52 rows of the standard, in 41 and 39 of the pairs' first rows",
    ),
)

_SURVEYS = (
    Defect("15", "Jura, prediction", 259, rows("jura_jura.pred.csv")),
    Defect("15", "Jura, validation", 100, rows("jura_jura.val.csv")),
    Defect("15", "Meuse", 155, rows("meuse.csv")),
    Defect("15", "Meuse, all", 164, rows("meuse_all.csv")),
    Defect("15", "Meuse, all: cadmium 0", None, rule("BN-GCH-004", "meuse_all", "cadmium")),
    Defect("16", "GEMAS", 2108, rows("gemas.csv")),
    Defect("16", "Gjøvik, 41 sites × 15 media", 615, rows("gjovik.csv")),
    Defect("16", "media in one table", 15, words("BN-GCH-020", r"mixes (\d+)")),
    Defect("16", "Trøndelag, C horizon", 754, rows("trondelagC.csv")),
    Defect("16", "Trøndelag, O horizon", 756, rows("trondelagO.csv")),
    Defect("16", "O-horizon rows without longitude", 2, rule("BN-GCH-001", "trondelagO")),
    Defect("16", "Re at half its limit, 0.0005 (O)", None, rule("BN-GCH-022", "trondelagO", "Re")),
    Defect("16", "Au at half its limit, 0.00025 (O)", None, rule("BN-GCH-022", "trondelagO", "Au")),
    Defect("17", "C horizon", 605, rows("chorizon.csv")),
    Defect("17", "C horizon, limits as 0", 606, rows("chorizonDL.csv")),
    Defect("17", "contents of 0", None, rule("BN-GCH-004", "chorizonDL")),
    Defect("17", "O horizon", 617, rows("kola_o.csv")),
    Defect("17", "moss", 594, rows("moss.csv")),
    Defect("17", "O'Grady rocks", 110, rows("ogrady.csv")),
    Defect("18", "exhaustive set", 78000, rows("Exhaustive_set.csv")),
    Defect("18", "walker.dat, no place that is read", 470, recognised("walker.dat", "not_for_us")),
    Defect("19", "Demo1 collars", 29, rows("Demo1_collar.csv")),
    Defect("19", "Demo1 survey rows", 372, rows("Demo1_survey.csv")),
    Defect("19", "Demo1 assay rows", 1882, rows("Demo1_assay.csv")),
    Defect("19", "cluster.dat", 140, recognised("cluster.dat", "points")),
    Defect("19", "true.dat, values without places", 2500, recognised("true.dat", "not_for_us")),
    Defect("19", "demstd.grd, an ESRI grid without CRS", 1, files("BN-RAS-001")),
    Defect("20", "block models, not imported", 3, kinds("block_model")),
    Defect("22", "blocks of a model, not imported", 19618, recognised("bonnie.csv", "block_model")),
    Defect(
        "23", "deposits, a list and no survey", 690, recognised("PorCuEX2008.csv", "not_for_us")
    ),
    Defect("23", "ages", 2227, recognised("deposits_ages_no_grades.csv", "points")),
    Defect("23", "cells of sources with lost characters", None, rule("BN-TAB-040", "ages")),
    Defect("27", "Britain, magnetic", 541508, recognised("britain-magnetic.csv.xz", "line_survey")),
    Defect("27", "Rio, magnetic", 37718, recognised("rio-magnetic.csv.xz", "line_survey")),
    Defect(
        "27",
        "South Africa, gravity",
        14559,
        recognised("south-africa-gravity.ast.xz", "line_survey"),
    ),
    Defect("27", "rasters without CRS", None, files("BN-RAS-001")),
)

_RASTERS = (
    Defect("24", "Landsat bands in EPSG:32622", 3, in_crs("UTM zone 22N")),
    Defect("24", "Sentinel bands, EPSG:32719 by an attribute", 6, in_crs("UTM zone 19S")),
    Defect("24", "of those, CRS from the attribute", 6, files("BN-RAS-035")),
    Defect("25", "rasters", 29, kinds("raster")),
    Defect("25", "rotated or sheared", 2, files("BN-RAS-011")),
    Defect("25", "every pixel nodata", 2, files("BN-RAS-010")),
    Defect("25", "no CRS", 3, files("BN-RAS-001")),
    Defect("25", "complex integers", 1, files("BN-RAS-015")),
    Defect("25", "RPC or GCP without transform", 2, files("BN-RAS-014")),
    Defect(
        "25",
        "south-up",
        3,
        files("BN-RAS-013"),
        "the other two have no place at all (GCP, RPC) and are refused for that",
    ),
    Defect("25", "alpha band as mask", 2, files("BN-RAS-021", "alpha")),
    Defect("25", "shapefile", 1, kinds("surface")),
)

_FORMATS = (
    Defect("30", "`12m` as a depth", 1, rule("BN-TAB-010", "DRILLHOLE_SURVEY")),
    Defect("30", "collars below 8 header rows", None, rows(GSQ, "collar")),
    Defect("30", "densities below 8 header rows", None, rows(GSQ, "density")),
    Defect("30", "pXRF rows below 8 header rows", None, rows(GSQ, "geochemistry")),
    Defect("30", "of those, without coordinates", None, rule("BN-GCH-001", "SAMPLE_PXRF")),
    Defect("30", "OMF 2 without its Parquet member", 1, files("BN-FMT-008")),
    Defect("30", "OMF 2 beta, refused by its version", 1, files("BN-FMT-009")),
    Defect("30", "OMF files that are whole", 4, kinds("surface")),
    Defect("30", "SARIG long rows", 6, recognised("sarig_long_format.csv", "laboratory")),
    Defect("30", "SARIG FeO rows", 147, recognised("sarig_FeO_processed.csv", "laboratory")),
    Defect(
        "30",
        "SARIG iron as % with 740 in it",
        None,
        rule("BN-TAB-009", "sarig_wide_1"),
        "ppm in the long table",
    ),
)

DEFECTS = (*_HOLES, *_QUALITY, *_SURVEYS, *_RASTERS, *_FORMATS)
