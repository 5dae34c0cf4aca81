"""The command ``init``: from a folder of unknown tables to a belt file that works."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.cli_options import (
    CONFIGS,
    ConfigsOption,
    Exit,
    JsonOption,
    next_options,
    print_json,
)
from flows.cli_options import voice as cli_voice
from geo.config import ConfigError
from geo.files import write_whole

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
    str | None, typer.Option("--dip", help="倾角 / positive-down | negative-down | zenith")
]
XOption = Annotated[str | None, typer.Option("--x", help="X 列 / What X holds: east | north")]
ZoneOption = Annotated[str | None, typer.Option("--zone", help="带号 / Zone prefix: N | none")]
DepthOption = Annotated[
    str | None, typer.Option("--depth-unit", help="深度单位 / m | ft | us-survey-ft")
]
PlaceOption = Annotated[
    str | None, typer.Option("--coordinate-unit", help="坐标单位 / m | ft | us-survey-ft")
]
DecimalOption = Annotated[
    str | None, typer.Option("--decimal", help="小数点 / Decimal mark: point | comma")
]
ZeroOption = Annotated[
    str | None, typer.Option("--zero", help="零值 / below-detection | not-assayed | zero")
]
AzimuthOption = Annotated[str | None, typer.Option("--azimuth", help="方位角 / 0-360 | signed")]
AnglesOption = Annotated[
    str | None, typer.Option("--angles", help="经纬度写法 / degrees | dms | packed-dms")
]
DatesOption = Annotated[str | None, typer.Option("--dates", help="日期 / dmy | mdy")]
UnitOption = Annotated[
    list[str] | None, typer.Option("--unit", help="元素单位 / Unit of an element: cu=ppm")
]
SpecialOption = Annotated[
    list[str] | None,
    typer.Option("--special", help="特殊值 / Special values: negative_limit=half_limit"),
]
DeepOption = Annotated[
    float | None,
    typer.Option("--no-survey-deeper-than", help="更深的测斜是标记 / In the file's unit"),
]
SourceOption = Annotated[
    str | None, typer.Option("--source-crs", help="孔口坐标系 / System of the collars, if another")
]


def init(
    belt: Annotated[str, typer.Argument(help="成矿带编号 / Id of the new belt")],
    source: Annotated[Path, typer.Option("--from", help="数据文件夹 / Folder of tables")],
    crs: Annotated[str, typer.Option("--crs", help="成矿带坐标系 / EPSG:… or local")],
    name: Annotated[str | None, typer.Option("--name", help="名称 / Name")] = None,
    main: Annotated[str, typer.Option("--main", help="主元素 / Main element")] = "cu",
    elements: Annotated[
        str | None, typer.Option("--elements", help="读取的元素 / Elements to read: cu,mo,re")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="截至 / Complete as of: DATE")
    ] = None,
    block: Annotated[str | None, typer.Option("--block", help="块尺寸 m / 25,25,10")] = None,
    dip: DipOption = None,
    x: XOption = None,
    zone: ZoneOption = None,
    depth_unit: DepthOption = None,
    coordinate_unit: PlaceOption = None,
    decimal: DecimalOption = None,
    zero: ZeroOption = None,
    azimuth: AzimuthOption = None,
    angles: AnglesOption = None,
    dates: DatesOption = None,
    unit: UnitOption = None,
    special: SpecialOption = None,
    no_survey_deeper_than: DeepOption = None,
    source_crs: SourceOption = None,
    force: Annotated[bool, typer.Option("--force", help="覆盖 / Overwrite the file")] = False,
    configs: ConfigsOption = CONFIGS,
    as_json: JsonOption = False,
) -> None:
    """由陌生数据写出成矿带配置 / Write a belt file from a folder of unknown tables."""
    said = dict(locals())
    raise typer.Exit(Init(said).run())


@dataclass(frozen=True)
class Question:
    """Something a person has to decide: the flag that answers it, and why it is asked."""

    flag: str
    zh: str
    en: str
    verdict: Any = None


class Init:
    """One run of ``bornite init``: what was asked for, what came of it."""

    def __init__(self, said: dict[str, Any]) -> None:
        """Take the command's options by name."""
        self.said = said
        self.voice = cli_voice()
        self.path = Path(said["configs"]) / f"{said['belt']}.yaml"
        self.answers = _answers(said)

    def run(self) -> Exit:
        """Draft, ask, read, write; the exit code says how far it got."""
        from flows.draft import draft_folder
        from flows.init import belt_crs, is_id, main_column

        belt = self.said["belt"]
        if not is_id(belt):
            raise ConfigError(f"'{belt}': an id has a-z, 0-9, - and _ / 编号只用 a-z 0-9 - _")
        if not self.said["source"].is_dir():
            raise ConfigError(f"{self.said['source']}: no such folder / 没有这个文件夹")
        if self.path.exists() and not self.said["force"]:
            raise ConfigError(f"{self.path}: is there already; --force / 已存在，覆盖加 --force")
        crs = belt_crs(self.said["crs"])
        draft = draft_folder(self.said["source"], crs, self.answers)
        self._show(draft)
        if not draft.has_drillholes:
            return self._refuse_without_tables(draft)
        main = main_column(draft, self.said["main"])
        when = self._as_of(draft)
        questions = [Question(v.flag, v.evidence_zh, v.evidence_en, v) for v in draft.questions]
        if main is None:
            zh, en = f"化验表没有 {self.said['main']}", f"no {self.said['main']} in the assays"
            questions.append(Question(self._main_flag(draft), zh, en))
        if when is None:
            zh, en = "文件里没有终孔日期", "the files don't say when the holes were finished"
            questions.append(Question("--as-of YYYY-MM-DD", zh, en))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        reading = self._read(draft, when or date.today())
        questions += _special_questions(reading, draft)
        if questions or main is None or when is None:
            return self._ask(questions)
        if reading.drillholes is None:
            self.voice.findings(tuple(f for f in reading.findings if f.severity == "error"))
            return Exit.DATA
        return self._write(draft, main, when, reading)

    def _read(self, draft: Any, when: date) -> Any:
        """Read and check the drafted sources."""
        from flows.draft_sources import sources_of
        from geo.drillholes import read_drillholes

        folder = self.path.parent
        return read_drillholes(sources_of(draft, folder, when), folder, draft.crs)

    def _write(self, draft: Any, main: str, when: date, reading: Any) -> Exit:
        """Write the file, and say what comes next."""
        from flows.init import Wishes, belt_text, deposit_id

        name = self.said["name"] or self.said["belt"]
        wishes = Wishes(self.said["belt"], name, main, when, _block(self.said["block"]))
        text = belt_text(draft, wishes, reading, self.path.parent)
        write_whole(self.path, text.encode("utf-8"))
        extra = next_options(self.said["configs"])
        if self.said["as_json"]:
            print_json(
                {"belt": str(self.path), "deposit": deposit_id(wishes), "main": main, "open": []}
            )
        belt = self.said["belt"]
        self.voice.say(
            f"已写入 {self.path}\n下一步: bornite ingest {belt}{extra}",
            f"written: {self.path}\nnext: bornite ingest {belt}{extra}",
        )
        return Exit.OK

    def _show(self, draft: Any) -> None:
        """Files and conventions, unless JSON is asked for."""
        from flows.show_check import CheckView

        if self.said["as_json"]:
            return
        view = CheckView(self.voice)
        view.files(draft)
        view.conventions(draft.verdicts)

    def _refuse_without_tables(self, draft: Any) -> Exit:
        """Nothing to estimate from."""
        missing = [k for k in ("collar", "survey", "assay") if not draft.of(k)]
        self.voice.say(
            f"缺少表: {', '.join(missing)}；没有写入\n下一步: bornite check {draft.root}",
            f"tables missing: {', '.join(missing)}; nothing was written\n"
            f"next: bornite check {draft.root}",
        )
        return Exit.DATA

    def _ask(self, questions: list[Question]) -> Exit:
        """Say what is open and which flags answer it; nothing is written."""
        if self.said["as_json"]:
            asked = [{"flag": q.flag, "why": {"zh": q.zh, "en": q.en}} for q in questions]
            print_json({"belt": None, "deposit": None, "main": None, "open": asked})
        self.voice.say(
            "以下未定，没有写入；核对后加上：",
            "these are open, nothing was written; check, then add:",
        )
        for question in questions:
            flag = likely_first(question.flag, question.verdict)
            why = self.voice.word(question.zh, question.en)
            self.voice.err.print(f"  {flag}\n      {why}", markup=False)
        return Exit.HELD

    def _main_flag(self, draft: Any) -> str:
        """The flag that names a main element the tables have."""
        from flows.draft import elements_of

        known = [n.partition("_")[0] for n in elements_of(draft)]
        return "--main " + (" | ".join(known[:8]) or "?")

    def _as_of(self, draft: Any) -> date | None:
        """Date by flag, else the last day of drilling."""
        from flows.draft_sources import last_date

        wanted = self.said["as_of"]
        if wanted is None:
            return last_date(draft)
        try:
            return date.fromisoformat(wanted)
        except ValueError:
            raise typer.BadParameter("--as-of YYYY-MM-DD") from None


def likely_first(flag: str, verdict: Any) -> str:
    """A flag with its likeliest word first: ``--x east | north``."""
    option, _, rest = flag.partition(" ")
    choices = [choice.strip() for choice in rest.split("|")]
    if verdict is None or verdict.value is None or len(choices) < 2:
        return flag
    wanted = str(verdict.value).replace("_", "-")
    choices.sort(key=lambda choice: choice.partition("=")[2] not in (wanted,) and choice != wanted)
    return f"{option} {' | '.join(choices)}"


def _answers(said: dict[str, Any]) -> Any:
    """The command's options as answers; a wrong word is a usage error."""
    from flows.draft import Answers

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
    )


def _pick(flag: str, text: str | None, known: dict[str, str]) -> str | None:
    """A flag's word as the configuration writes it."""
    if text is None:
        return None
    if text not in known:
        raise typer.BadParameter(f"{flag} {' | '.join(known)}")
    return known[text]


def _pairs(flag: str, texts: list[str] | None) -> dict[str, str]:
    """``cu=ppm`` texts as a dictionary."""
    pairs = {}
    for text in texts or []:
        key, sign, value = text.partition("=")
        if not sign or not key or not value:
            raise typer.BadParameter(f"{flag} KEY=VALUE")
        pairs[key.strip().casefold()] = value.strip().casefold()
    return pairs


def _block(text: str | None) -> tuple[float, float, float] | None:
    """``25,25,10`` as three sizes."""
    if text is None:
        return None
    try:
        sizes = [float(part) for part in text.split(",")]
    except ValueError:
        sizes = []
    if len(sizes) != 3 or min(sizes, default=0) <= 0:
        raise typer.BadParameter("--block X,Y,Z")
    return sizes[0], sizes[1], sizes[2]


def _special_questions(reading: Any, draft: Any) -> list[Question]:
    """Special values in the grades that nobody ruled on, one question a kind."""
    from geo.review import unreviewed

    rows = unreviewed(reading)
    asked_already = any(verdict.name == "zero_is" for verdict in draft.questions)
    made = []
    for kind in dict.fromkeys(row.kind for row in rows):
        if kind == "zero" and asked_already:
            continue
        same = [row for row in rows if row.kind == kind]
        listed = ", ".join(f"{row.column} {row.count}" for row in same)
        words = same[0].words
        made.append(Question(_special_flag(kind), f"{words[0]}: {listed}", f"{words[1]}: {listed}"))
    return made


def _special_flag(kind: str) -> str:
    """The flag that decides one kind of special value."""
    choices = {
        "zero": "--zero below-detection | not-assayed | zero",
        "negative_limit": "--special negative_limit=half_limit | negative_limit=not_assayed",
        "below_word": "--special below_word=zero | below_word=not_assayed",
        "over": "--special over=value | over=not_assayed | over=refuse",
        "spike": "--special spike=value | spike=not_assayed",
        "sentinel": "--special sentinel=not_assayed | sentinel=refuse",
        "mark": "--special mark=not_assayed | mark=refuse",
    }
    return choices.get(kind, f"--special {kind}=not_assayed | {kind}=refuse")
