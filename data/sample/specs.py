"""What each synthetic deposit is: site, body, grades and drilling programme (all invented).

Archetypes follow the working table of porphyry parameters used for this project (copper CV 0.6,
copper ranges of 250-300 m, nugget about 15 %, molybdenum shorter and rougher). They are expert
defaults, not measurements of any deposit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

ELEMENTS = ("cu_pct", "mo_pct", "au_gpt", "ag_gpt", "re_ppm")
"""Canonical element columns, in the order of every table."""

BASIC = ELEMENTS[:4]
"""Elements of the basic assays; rhenium is never among them."""

DECIMALS = {"cu_pct": 3, "mo_pct": 4, "au_gpt": 3, "ag_gpt": 2, "re_ppm": 3}
"""Decimals a laboratory prints, in the canonical unit."""

DETECTION = {"cu_pct": 0.01, "mo_pct": 0.001, "au_gpt": 0.005, "ag_gpt": 0.1, "re_ppm": 0.005}
"""Limits of detection, in the canonical unit."""

CAMPAIGNS = (date(2024, 12, 31), date(2025, 12, 31), date(2026, 10, 31))

CUTOFFS_PCT = (0.15, 0.2, 0.3, 0.4, 0.5)
"""Copper cut-offs of the truth's summary; 0.2 is the reporting cut-off."""

STRUCTURE_RANGES_M = {
    "short": (60.0, 60.0, 60.0),
    "middle": (180.0, 150.0, 150.0),
    "long": (300.0, 250.0, 250.0),
}
"""Ranges (along strike, across, vertical) of the spherical structures of the model of
coregionalization."""


@dataclass(frozen=True)
class Archetype:
    """Grades and correlations of one kind of porphyry."""

    kind: str
    crest: dict[str, float]
    """Mean grade on the crest of the shell; for rhenium the ppm in molybdenite."""
    core_factor: dict[str, float]
    """Grade in the centre over grade on the crest (a low or barren core)."""
    efold_m: dict[str, float]
    """Distance over which the trend declines by e outside the crest."""
    log_variance: dict[str, float]
    """Variance of the logarithm of the continuous part, without trend and nugget."""
    noise_sd: dict[str, float]
    """Standard deviation of the logarithm at sample scale (the nugget)."""
    shares: dict[str, tuple[float, float, float]]
    """Shares of the continuous variance in the short, middle and long structure."""
    correlation: tuple[tuple[float, ...], ...]
    """Correlation of the Gaussian factors, in the order of ``ELEMENTS``."""
    density_tpm3: float
    basic_gold_share: float
    """Share of holes whose basic assays include gold and silver."""
    combined_elements: tuple[str, ...]


@dataclass(frozen=True)
class Site:
    """Where the deposit lies (invented) and what the ground looks like."""

    epsg: int
    zone: int
    """Number of the 3-degree Gauss-Krueger zone."""
    centre_m: tuple[float, float]
    """Easting and northing of the body's centre."""
    ground_m: float
    local_relief_m: float
    regional_relief_m: float
    map_centre_offset_m: tuple[float, float]
    """Centre of the belt's map, from the body's centre."""
    magnetic_epsg: int
    dem_cell_deg: float


@dataclass(frozen=True)
class Body:
    """The ellipsoidal shell; angles in degrees, azimuth clockwise from north."""

    strike_deg: float
    semi_axes_m: tuple[float, float, float]
    """Of the shell's crest: along strike, across strike, vertical."""
    depth_m: float
    """Depth of the shell's centre below mean ground."""
    oxide_m: tuple[float, float]
    """Least and greatest thickness of the leached cap and oxide zone."""
    enrichment: float
    """Relative gain of copper directly below the oxide zone."""


@dataclass(frozen=True)
class Program:
    """The drilling of three campaigns, in body coordinates (u along strike, v across)."""

    spacing_m: float
    core_m: tuple[float, float]
    """Half sizes of the area drilled in the first campaign."""
    infill_m: tuple[float, float]
    """Half sizes of the centre drilled at half the spacing in the second."""
    step_out_m: tuple[float, float]
    """Half sizes of the area that the second campaign steps out to, towards +u only."""
    outer_m: tuple[float, float]
    """Half sizes of the area reached by the third."""
    infill2_m: tuple[float, float]
    """Half sizes of the centre that is infilled by the third."""
    depth_m: tuple[float, float, float]
    """Usual depth of a hole by campaign."""
    deep_holes: int
    sample_m: tuple[float, float, float]
    """Sample length by campaign."""


@dataclass(frozen=True)
class Pit:
    """An open pit: centre in body coordinates, and radius and depth by date."""

    centre_m: tuple[float, float]
    stages: tuple[tuple[date, float, float], ...]


@dataclass(frozen=True)
class DepositSpec:
    """One belt's synthetic deposit."""

    belt: str
    seed: int
    dialect: str
    site: Site
    body: Body
    archetype: Archetype
    program: Program
    block_m: tuple[float, float, float]
    shape: tuple[int, int, int]
    top_m: float
    """Elevation of the top of the block model."""
    pit: Pit | None = None

    @property
    def deposit(self) -> str:
        """The deposit's id."""
        return self.belt.replace("_", "-") + "-syn"

    @property
    def origin_m(self) -> tuple[float, float, float]:
        """Lower south-west corner of the block model: easting, northing, elevation."""
        east, north = self.site.centre_m
        (dx, dy, dz), (nx, ny, nz) = self.block_m, self.shape
        return (east - dx * nx / 2, north - dy * ny / 2, self.top_m - dz * nz)


COPPER_MOLYBDENUM = Archetype(
    kind="Cu-Mo",
    crest={"cu_pct": 0.55, "mo_pct": 0.040, "au_gpt": 0.040, "ag_gpt": 3.6, "re_ppm": 300.0},
    core_factor={"cu_pct": 0.40, "mo_pct": 0.9, "au_gpt": 0.5, "ag_gpt": 0.5, "re_ppm": 1.0},
    efold_m={"cu_pct": 250, "mo_pct": 170, "au_gpt": 260, "ag_gpt": 320, "re_ppm": 1e9},
    log_variance={"cu_pct": 0.17, "mo_pct": 0.46, "au_gpt": 0.60, "ag_gpt": 0.26, "re_ppm": 0.08},
    noise_sd={"cu_pct": 0.14, "mo_pct": 0.42, "au_gpt": 0.5, "ag_gpt": 0.28, "re_ppm": 0.10},
    shares={
        "cu_pct": (0.25, 0.15, 0.60),
        "mo_pct": (0.20, 0.65, 0.15),
        "au_gpt": (0.30, 0.40, 0.30),
        "ag_gpt": (0.25, 0.20, 0.55),
        "re_ppm": (0.0, 0.3, 0.7),
    },
    correlation=(
        (1.00, 0.40, 0.45, 0.85, 0.00),
        (0.40, 1.00, 0.10, 0.20, 0.00),
        (0.45, 0.10, 1.00, 0.45, 0.00),
        (0.85, 0.20, 0.45, 1.00, 0.00),
        (0.00, 0.00, 0.00, 0.00, 1.00),
    ),
    density_tpm3=2.62,
    basic_gold_share=0.4,
    combined_elements=("au_gpt", "ag_gpt", "re_ppm"),
)

COPPER_GOLD = Archetype(
    kind="Cu-Au",
    crest={"cu_pct": 0.62, "mo_pct": 0.0065, "au_gpt": 0.26, "ag_gpt": 2.6, "re_ppm": 600.0},
    core_factor={"cu_pct": 0.45, "mo_pct": 0.6, "au_gpt": 0.55, "ag_gpt": 0.5, "re_ppm": 1.0},
    efold_m={"cu_pct": 230, "mo_pct": 200, "au_gpt": 210, "ag_gpt": 320, "re_ppm": 1e9},
    log_variance={"cu_pct": 0.17, "mo_pct": 0.52, "au_gpt": 0.36, "ag_gpt": 0.26, "re_ppm": 0.10},
    noise_sd={"cu_pct": 0.14, "mo_pct": 0.5, "au_gpt": 0.34, "ag_gpt": 0.28, "re_ppm": 0.12},
    shares={
        "cu_pct": (0.25, 0.15, 0.60),
        "mo_pct": (0.35, 0.55, 0.10),
        "au_gpt": (0.30, 0.20, 0.50),
        "ag_gpt": (0.25, 0.20, 0.55),
        "re_ppm": (0.0, 0.3, 0.7),
    },
    correlation=(
        (1.00, 0.20, 0.85, 0.70, 0.00),
        (0.20, 1.00, 0.10, 0.15, 0.00),
        (0.85, 0.10, 1.00, 0.60, 0.00),
        (0.70, 0.15, 0.60, 1.00, 0.00),
        (0.00, 0.00, 0.00, 0.00, 1.00),
    ),
    density_tpm3=2.68,
    basic_gold_share=0.9,
    combined_elements=("re_ppm",),
)

DEPOSITS = {
    spec.belt: spec
    for spec in (
        DepositSpec(
            belt="gangdese",
            seed=20241,
            dialect="chinese_tables",
            site=Site(
                epsg=4540,
                zone=31,
                centre_m=(436750.0, 3226050.0),
                ground_m=4870.0,
                local_relief_m=42.0,
                regional_relief_m=300.0,
                map_centre_offset_m=(4250.0, -3550.0),
                magnetic_epsg=4539,
                dem_cell_deg=0.001,
            ),
            body=Body(70.0, (330.0, 240.0, 210.0), 230.0, (25.0, 60.0), 0.20),
            archetype=COPPER_MOLYBDENUM,
            program=Program(
                spacing_m=110.0,
                core_m=(400.0, 290.0),
                infill_m=(150.0, 120.0),
                step_out_m=(470.0, 311.0),
                outer_m=(470.0, 311.0),
                infill2_m=(240.0, 170.0),
                depth_m=(310.0, 315.0, 330.0),
                deep_holes=2,
                sample_m=(3.0, 2.0, 2.0),
            ),
            block_m=(25.0, 25.0, 15.0),
            shape=(48, 42, 30),
            top_m=5010.0,
        ),
        DepositSpec(
            belt="east_tianshan",
            seed=20242,
            dialect="excel_workbook",
            site=Site(
                epsg=4540,
                zone=31,
                centre_m=(516500.0, 4690550.0),
                ground_m=940.0,
                local_relief_m=22.0,
                regional_relief_m=110.0,
                map_centre_offset_m=(-5750.0, 2450.0),
                magnetic_epsg=4541,
                dem_cell_deg=0.001,
            ),
            body=Body(85.0, (400.0, 150.0, 230.0), 220.0, (30.0, 55.0), 0.25),
            archetype=COPPER_GOLD,
            program=Program(
                spacing_m=100.0,
                core_m=(470.0, 205.0),
                infill_m=(210.0, 75.0),
                step_out_m=(520.0, 240.0),
                outer_m=(520.0, 240.0),
                infill2_m=(360.0, 80.0),
                depth_m=(300.0, 310.0, 320.0),
                deep_holes=2,
                sample_m=(3.0, 2.0, 2.0),
            ),
            block_m=(20.0, 20.0, 12.0),
            shape=(56, 34, 32),
            top_m=996.0,
        ),
        DepositSpec(
            belt="zhongdian_geza",
            seed=20243,
            dialect="leapfrog_csv",
            site=Site(
                epsg=4542,
                zone=33,
                centre_m=(612650.0, 3148850.0),
                ground_m=3960.0,
                local_relief_m=48.0,
                regional_relief_m=330.0,
                map_centre_offset_m=(2750.0, 5550.0),
                magnetic_epsg=4543,
                dem_cell_deg=0.001,
            ),
            body=Body(330.0, (270.0, 220.0, 220.0), 220.0, (20.0, 50.0), 0.15),
            archetype=COPPER_GOLD,
            program=Program(
                spacing_m=100.0,
                core_m=(340.0, 270.0),
                infill_m=(120.0, 120.0),
                step_out_m=(415.0, 295.0),
                outer_m=(415.0, 295.0),
                infill2_m=(230.0, 190.0),
                depth_m=(300.0, 310.0, 330.0),
                deep_holes=2,
                sample_m=(3.0, 2.0, 2.0),
            ),
            block_m=(20.0, 20.0, 15.0),
            shape=(46, 46, 30),
            top_m=4080.0,
        ),
        DepositSpec(
            belt="duobaoshan",
            seed=20244,
            dialect="datamine_csv",
            site=Site(
                epsg=4551,
                zone=42,
                centre_m=(517750.0, 5590950.0),
                ground_m=470.0,
                local_relief_m=24.0,
                regional_relief_m=90.0,
                map_centre_offset_m=(-3250.0, -4550.0),
                magnetic_epsg=4510,
                dem_cell_deg=0.001,
            ),
            body=Body(305.0, (290.0, 200.0, 190.0), 200.0, (15.0, 35.0), 0.15),
            archetype=COPPER_MOLYBDENUM,
            program=Program(
                spacing_m=115.0,
                core_m=(390.0, 260.0),
                infill_m=(130.0, 130.0),
                step_out_m=(470.0, 270.0),
                outer_m=(470.0, 270.0),
                infill2_m=(250.0, 180.0),
                depth_m=(300.0, 310.0, 330.0),
                deep_holes=2,
                sample_m=(3.0, 2.0, 2.0),
            ),
            block_m=(25.0, 25.0, 15.0),
            shape=(44, 42, 28),
            top_m=525.0,
            pit=Pit(
                centre_m=(-200.0, 40.0),
                stages=((CAMPAIGNS[1], 120.0, 45.0), (CAMPAIGNS[2], 150.0, 62.0)),
            ),
        ),
    )
}
"""The four deposits by belt. No name, place or figure is a real deposit's."""
