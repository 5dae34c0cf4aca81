"""Flags that answer what a folder's files don't say; ``init`` and ``check`` share them."""

from __future__ import annotations

import inspect
import shlex
from collections.abc import Callable
from typing import Annotated, Any

import typer

DIPS = {"positive-down": "positive_down", "negative-down": "negative_down", "zenith": "zenith"}
ZEROS = {"below-detection": "below_detection", "not-assayed": "not_assayed", "zero": "zero"}
UNITS = {"m": "m", "ft": "ft", "us-survey-ft": "us_survey_ft"}
AZIMUTHS = {"0-360": "0_360", "signed": "signed"}
ANGLES = {"degrees": "degrees", "dms": "dms", "packed-dms": "packed_dms"}
PLAIN = {
    "x": {"east": "east", "north": "north"},
    "decimal": {"point": "point", "comma": "comma"},
    "dates": {"dmy": "dmy", "mdy": "mdy"},
}

DipOption = Annotated[
    str | None,
    typer.Option("--dip", help="倾角约定 / Sign of dips: positive-down | negative-down | zenith"),
]
XOption = Annotated[
    str | None, typer.Option("--x", help="X 列所存 / What column X holds: east | north")
]
ZoneOption = Annotated[
    str | None,
    typer.Option("--zone", help="东坐标带号 / Zone prefix of eastings: its number, or none"),
]
DepthOption = Annotated[
    str | None,
    typer.Option("--depth-unit", help="深度单位 / Unit of depths: m | ft | us-survey-ft"),
]
PlaceOption = Annotated[
    str | None,
    typer.Option("--coordinate-unit", help="坐标单位 / Unit of coordinates: m | ft | us-survey-ft"),
]
DecimalOption = Annotated[
    str | None, typer.Option("--decimal", help="小数点 / Decimal mark: point | comma")
]
ZeroOption = Annotated[
    str | None,
    typer.Option("--zero", help="零值含义 / What zeros mean: below-detection | not-assayed | zero"),
]
AzimuthOption = Annotated[
    str | None, typer.Option("--azimuth", help="方位角写法 / Azimuths as: 0-360 | signed")
]
AnglesOption = Annotated[
    str | None,
    typer.Option(
        "--angles", help="经纬度写法 / Longitudes, latitudes as: degrees | dms | packed-dms"
    ),
]
DatesOption = Annotated[
    str | None, typer.Option("--dates", help="日期次序 / Order within dates: dmy | mdy")
]
UnitOption = Annotated[
    list[str] | None, typer.Option("--unit", help="元素单位 / Unit of an element: cu=ppm")
]
SpecialOption = Annotated[
    list[str] | None,
    typer.Option("--special", help="特殊值 / Special values: negative_limit=half_limit"),
]
DeepOption = Annotated[
    float | None,
    typer.Option(
        "--no-survey-deeper-than",
        help="深于此值的测斜行仅为标记 / Survey rows deeper than this are marks",
    ),
]
SourceOption = Annotated[
    str | None, typer.Option("--source-crs", help="孔口坐标系 / System of the collars, if another")
]


PairsOption = list[str] | None
RasterUnitOption = Annotated[
    PairsOption,
    typer.Option("--raster-unit", help="栅格单位 / Unit of a layer: dem=m, or dem=skip"),
]
RasterCrsOption = Annotated[
    PairsOption, typer.Option("--raster-crs", help="栅格坐标系 / System of a raster: dem=EPSG:4490")
]
RasterNodataOption = Annotated[
    PairsOption,
    typer.Option("--raster-nodata", help="栅格无值 / Value of no data: dem=-9999 | dem=none"),
]
RasterSecurityOption = Annotated[
    PairsOption,
    typer.Option("--raster-security", help="栅格密级 / Level of secrecy of a raster: dem=internal"),
]
MediumOption = Annotated[
    PairsOption, typer.Option("--medium", help='采样介质 / Medium: "soil", or FILE=soil')
]
SurveyCrsOption = Annotated[
    PairsOption,
    typer.Option(
        "--survey-crs", help="化探、测线坐标系 / Of surveys: FILE=EPSG:…, or EPSG:… for all"
    ),
]
CensoringOption = Annotated[
    PairsOption,
    typer.Option(
        "--censoring", help="未检出写法 / Below detection as: FILE=zero | negative-limit | none"
    ),
]
OnlyMediumOption = Annotated[
    PairsOption, typer.Option("--only-medium", help="只读此介质 / Read this medium only: FILE=OHO")
]
NoRastersOption = Annotated[bool, typer.Option("--no-rasters", help="不看栅格 / Leave rasters out")]
NoSurveysOption = Annotated[
    bool, typer.Option("--no-surveys", help="不看化探、测线 / Leave surveys out")
]
MainOption = Annotated[str, typer.Option("--main", help="主元素 / Main element: cu, ni")]
ElementsOption = Annotated[
    str | None, typer.Option("--elements", help="读取的元素 / Elements to read: cu,mo,re")
]

OPTIONS: dict[str, tuple[Any, Any]] = {
    "main": (MainOption, "cu"),
    "elements": (ElementsOption, None),
    "dip": (DipOption, None),
    "x": (XOption, None),
    "zone": (ZoneOption, None),
    "depth_unit": (DepthOption, None),
    "coordinate_unit": (PlaceOption, None),
    "decimal": (DecimalOption, None),
    "zero": (ZeroOption, None),
    "azimuth": (AzimuthOption, None),
    "angles": (AnglesOption, None),
    "dates": (DatesOption, None),
    "unit": (UnitOption, None),
    "special": (SpecialOption, None),
    "no_survey_deeper_than": (DeepOption, None),
    "source_crs": (SourceOption, None),
    "raster_unit": (RasterUnitOption, None),
    "raster_crs": (RasterCrsOption, None),
    "raster_nodata": (RasterNodataOption, None),
    "raster_security": (RasterSecurityOption, None),
    "medium": (MediumOption, None),
    "survey_crs": (SurveyCrsOption, None),
    "censoring": (CensoringOption, None),
    "only_medium": (OnlyMediumOption, None),
    "no_rasters": (NoRastersOption, False),
    "no_surveys": (NoSurveysOption, False),
}
"""Parameter -> option and default, in the order of ``--help``."""


def takes_answers(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command every flag of :data:`OPTIONS`; it gets them as ``answers``."""
    own = inspect.signature(command, eval_str=True).parameters

    def wrapped(**said: Any) -> None:
        flags = {name: said.pop(name) for name in OPTIONS}
        command(answers=answers_of(flags), **said)

    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = [p for name, p in own.items() if name != "answers"]
    parameters += [
        inspect.Parameter(name, keyword, default=default, annotation=option)
        for name, (option, default) in OPTIONS.items()
    ]
    wrapped.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [p.replace(kind=keyword) for p in parameters]
    )
    wrapped.__annotations__ = {p.name: p.annotation for p in parameters}
    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    wrapped.__module__ = command.__module__
    return wrapped


def as_typed(said: dict[str, Any]) -> tuple[str, ...]:
    """Flags as they would be typed again."""
    words: list[str] = []
    for name, (_, default) in OPTIONS.items():
        value = said[name]
        flag = "--" + name.replace("_", "-")
        if value is None or value == default:
            continue
        if value is True:
            words.append(flag)
            continue
        for one in value if isinstance(value, list) else [value]:
            words += [flag, shlex.quote(str(one))]
    return tuple(words)


def answers_of(said: dict[str, Any]) -> Any:
    """The command's options as answers; a wrong word is a usage error."""
    from flows.folder_answers import Answers

    zone = said["zone"]
    if zone is not None and zone != "none" and not zone.isdigit():
        raise typer.BadParameter("--zone N | none")
    symbols = tuple(filter(None, (said["elements"] or "").replace(" ", "").lower().split(",")))
    main = str(said["main"]).partition("_")[0].casefold()
    return Answers(
        dip=_pick("--dip", said["dip"], DIPS),
        x=_pick("--x", said["x"], PLAIN["x"]),
        zone=zone,
        depth_unit=_pick("--depth-unit", said["depth_unit"], UNITS),
        coordinate_unit=_pick("--coordinate-unit", said["coordinate_unit"], UNITS),
        decimal=_pick("--decimal", said["decimal"], PLAIN["decimal"]),
        zero=_pick("--zero", said["zero"], ZEROS),
        azimuth=_pick("--azimuth", said["azimuth"], AZIMUTHS),
        angles=_pick("--angles", said["angles"], ANGLES),
        dates=_pick("--dates", said["dates"], PLAIN["dates"]),
        no_survey_deeper_than=said["no_survey_deeper_than"],
        units=_pairs("--unit", said["unit"]),
        special=_pairs("--special", said["special"]),
        elements=tuple(dict.fromkeys((*symbols, main))) if symbols else (),
        main=main,
        source_crs=said["source_crs"],
        raster_units=_pairs("--raster-unit", said["raster_unit"], fold=False),
        raster_crs=_pairs("--raster-crs", said["raster_crs"], fold=False),
        raster_nodata=_pairs("--raster-nodata", said["raster_nodata"]),
        raster_security=_pairs("--raster-security", said["raster_security"]),
        media=_pairs("--medium", said["medium"], any_file=True),
        survey_crs=_pairs("--survey-crs", said["survey_crs"], any_file=True, fold=False),
        censoring=_pairs("--censoring", said["censoring"], any_file=True),
        only_medium=_pairs("--only-medium", said["only_medium"], any_file=True, fold=False),
        no_rasters=said["no_rasters"],
        no_surveys=said["no_surveys"],
        given=as_typed(said),
    )


def _pick(flag: str, text: str | None, known: dict[str, str]) -> str | None:
    """A flag's word as the configuration writes it."""
    if text is None:
        return None
    if text not in known:
        raise typer.BadParameter(f"{flag} {' | '.join(known)}")
    return known[text]


def _pairs(
    flag: str, texts: list[str] | None, *, any_file: bool = False, fold: bool = True
) -> dict[str, str]:
    """``cu=ppm`` texts as a dictionary; ``any_file``: a text without a key holds for all."""
    pairs = {}
    for text in texts or []:
        key, sign, value = text.partition("=")
        if any_file and not sign:
            key, sign, value = "*", "=", text
        if not sign or not key or not value:
            raise typer.BadParameter(f"{flag} KEY=VALUE")
        value = value.strip()
        pairs[key.strip().casefold()] = value.casefold() if fold else value
    return pairs
