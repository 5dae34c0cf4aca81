"""The command ``init``: from a folder of unknown tables to a belt file that works."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.cli_answers import takes_answers
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


@takes_answers
def init(
    belt: Annotated[str, typer.Argument(help="成矿带编号 / Id of the new belt")],
    source: Annotated[Path, typer.Option("--from", help="数据文件夹 / Folder of the data")],
    crs: Annotated[
        str,
        typer.Option(
            "--crs", help="成矿带坐标系 / Coordinate system of the belt: EPSG:…, or local"
        ),
    ],
    answers: Any,
    name: Annotated[
        str | None, typer.Option("--name", help="成矿带名称 / Name of the belt")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="数据截至日 / Data are complete up to YYYY-MM-DD")
    ] = None,
    block: Annotated[
        str | None,
        typer.Option("--block", help="块尺寸 / Size of a block along x,y,z, m: 25,25,10"),
    ] = None,
    map_cell: Annotated[
        float | None, typer.Option("--map-cell", min=1, help="底图像元 m / Cell of the map, m")
    ] = None,
    topography: Annotated[
        str | None,
        typer.Option(
            "--topography", help="地表取自 / Ground taken from: collars, or a layer such as dem"
        ),
    ] = None,
    vertical_datum: Annotated[
        str | None,
        typer.Option("--vertical-datum", help="高程基准 / Datum of the heights: 1985国家高程基准"),
    ] = None,
    province: Annotated[str | None, typer.Option("--province", help="省份 / Province")] = None,
    force: Annotated[
        bool, typer.Option("--force", help="覆盖已有文件 / Overwrite the belt file that is there")
    ] = False,
    configs: ConfigsOption = CONFIGS,
    as_json: JsonOption = False,
) -> None:
    """由陌生数据写出成矿带配置 / Write a belt file from a folder of unknown files."""
    said = dict(locals())
    raise typer.Exit(Init(said).run())


class Init:
    """One run of ``bornite init``: what was asked for, what came of it."""

    def __init__(self, said: dict[str, Any]) -> None:
        """Take the command's options by name."""
        self.said = said
        self.voice = cli_voice()
        self.path = Path(said["configs"]) / f"{said['belt']}.yaml"
        self.answers = replace(
            said["answers"], map_cell_m=said["map_cell"], topography=said["topography"]
        )

    def run(self) -> Exit:
        """Draft, read, ask, write; the exit code says how far it got."""
        from flows.draft import draft_folder
        from flows.draft_map import set_far_aside
        from flows.draft_surveys import draft_surveys
        from flows.init import belt_crs, main_column
        from flows.questions import questions_of

        self._refuse_wrong_words()
        crs = belt_crs(self.said["crs"])
        draft = draft_folder(self.said["source"], crs, self.answers)
        if not draft.has_drillholes:
            self._show(draft, None)
            return self._refuse_without_tables(draft)
        surveys = draft_surveys(draft)
        when = self._as_of(draft)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        reading = self._read(draft, when or date.today())
        if reading.drillholes is not None:
            set_far_aside(surveys, reading.drillholes, draft)
        self._show(draft, surveys)
        main = main_column(draft, self.answers.main)
        questions = questions_of(draft, surveys, reading, dated=when is not None)
        if questions or main is None or when is None:
            return self._ask(questions)
        if reading.drillholes is None:
            self.voice.findings(tuple(f for f in reading.findings if f.severity == "error"))
            return Exit.DATA
        return self._write(draft, surveys, (main, when), reading)

    def _refuse_wrong_words(self) -> None:
        """Refuse a wrong id, an absent folder, a file that is there already."""
        from flows.init import is_id

        belt = self.said["belt"]
        if not is_id(belt):
            raise ConfigError(f"'{belt}': an id has a-z, 0-9, - and _ / 编号只用 a-z 0-9 - _")
        if not self.said["source"].is_dir():
            raise ConfigError(f"{self.said['source']}: no such folder / 没有这个文件夹")
        if self.path.exists() and not self.said["force"]:
            raise ConfigError(f"{self.path}: is there already; --force / 已存在，覆盖加 --force")

    def _read(self, draft: Any, when: date) -> Any:
        """Read and check the drafted sources."""
        from flows.draft_sources import sources_of
        from geo.drillholes.reading import read_drillholes

        folder = self.path.parent
        return read_drillholes(sources_of(draft, folder, when), folder, draft.crs)

    def _write(self, draft: Any, surveys: Any, what: tuple[str, date], reading: Any) -> Exit:
        """Write the file, and say what comes next."""
        from flows.draft_map import choose_ground, propose_map
        from flows.init import Made, Wishes, belt_text, deposit_id, propose_grid
        from flows.questions import Question, notes_of, tell_questions

        name = self.said["name"] or self.said["belt"]
        block = _block(self.said["block"])
        said = {key: self.said[key] for key in ("province", "vertical_datum")}
        wishes = Wishes(self.said["belt"], name, *what, block, self.said["crs"], **said)
        holes = reading.drillholes
        try:
            grid = propose_grid(holes, wishes.main, wishes.block_m)
        except ValueError as error:
            raise ConfigError(f"--main {self.answers.main}: {error}") from None
        ground = choose_ground(surveys, holes, grid.spec, draft)
        if ground.question is not None:
            asked = ground.question
            return self._ask([Question(asked.flag, asked.evidence_zh, asked.evidence_en, asked)])
        made = Made(reading, surveys, grid, propose_map(surveys, holes, draft), ground)
        text = belt_text(draft, wishes, made, self.path.parent)
        write_whole(self.path, text.encode("utf-8"))
        notes = notes_of(self.answers, **said)
        if self.said["as_json"]:
            deposit = deposit_id(wishes)
            answer = {"belt": str(self.path), "deposit": deposit, "main": wishes.main, "open": []}
            print_json({**answer, "notes": [note.as_json() for note in notes]})
        then = f"bornite ingest {self.said['belt']}{next_options(self.said['configs'])}"
        self.voice.say(f"已写入 {self.path}\n下一步: {then}", f"written: {self.path}\nnext: {then}")
        if notes:
            self.voice.say("没有写明、可以补充的：", "not stated, and worth adding:")
            tell_questions(self.voice, notes)
        return Exit.OK

    def _show(self, draft: Any, surveys: Any) -> None:
        """Files and conventions, unless JSON is asked for."""
        from flows.show_check import CheckView

        if self.said["as_json"]:
            return
        view = CheckView(self.voice)
        view.files(draft, surveys)
        view.conventions([*draft.verdicts, *(surveys.verdicts if surveys else ())])

    def _refuse_without_tables(self, draft: Any) -> Exit:
        """Nothing to estimate from."""
        missing = [k for k in ("collar", "survey", "assay") if not draft.of(k)]
        self.voice.say(
            f"缺少表: {', '.join(missing)}；没有写入\n下一步: bornite check {draft.root}",
            f"tables missing: {', '.join(missing)}; nothing was written\n"
            f"next: bornite check {draft.root}",
        )
        return Exit.DATA

    def _ask(self, questions: list[Any]) -> Exit:
        """Say what is open and which flags answer it; nothing is written."""
        from flows.questions import tell_questions

        if self.said["as_json"]:
            asked = [{"flag": q.flag, "why": {"zh": q.zh, "en": q.en}} for q in questions]
            print_json({"belt": None, "deposit": None, "main": None, "open": asked})
        self.voice.say(
            "以下未定，没有写入；核对后加上：",
            "these are open, nothing was written; check, then add:",
        )
        tell_questions(self.voice, questions)
        return Exit.HELD

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
