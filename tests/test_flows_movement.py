"""The command ``movement``: from the ledger to a terminal, JSON, and the statutory forms."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from estimation.errors import EstimationError
from flows.cli import main
from flows.movement import movement_of
from geo.config import ConfigError
from tests.movement_cases import attribution, three_vintages
from tests.record_forms import TODAY, example_header, row, write
from tests.test_docs import example, same_shape, shape
from tracking import Decision, Ledger
from tracking.forms.checks import KnownDeposit, checked_figure
from tracking.forms.reading import read_form

CONFIGS = str(Path(__file__).resolve().parent.parent / "configs" / "belts")
DEPOSIT = "gangdese-syn"
ALL_OF_IT = (DEPOSIT, None)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose ledger holds the worked example, split, and half of another deposit."""
    monkeypatch.delenv("BORNITE_DATABASE_URL", raising=False)
    monkeypatch.setenv("BORNITE_LANG", "en")
    with Ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        _, second, third = (
            ledger.record(replace(result, deposit_id=DEPOSIT), "run") for result in three_vintages()
        )
        ledger.record_attribution(attribution(second, third).content(), "run")
        other = replace(three_vintages()[0], deposit_id="duobaoshan-syn", belt_id="duobaoshan")
        ledger.record(other, "run")
    return tmp_path


def asked(arguments: list[str], workspace: Path) -> int:
    """Exit code of the command."""
    with pytest.raises(SystemExit) as left:
        main(["movement", *arguments, "--configs", CONFIGS, "--workspace", str(workspace)])
    return int(left.value.code or 0)


def test_the_ledgers_movement_is_the_worked_one(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bars and kinds as by hand, from entries that went through the database."""
    assert asked([DEPOSIT, "--json"], workspace) == 0
    (found,) = json.loads(capsys.readouterr().out)["deposits"]
    assert (found["deposit"], found["belt"], found["trouble"]) == (DEPOSIT, "gangdese", None)
    copper = [line for line in found["movements"] if line["element"] == "cu_pct"]
    measured = copper[3]
    assert measured["bars"]["cutoff"] == measured["growth"]["index_change"] == 30_000
    assert measured["split"] == "attributed"
    (split,) = found["attributions"]
    assert (split["opening"], split["closing"]) == (2, 3)
    assert split["order"][:3] == ["software", "depletion", "drilling"]
    total = next(line for line in found["totals"][::-1] if line["element"] == "cu_pct")
    assert total["closing_kg"] - total["opening_kg"] == sum(total["bars"].values()) == 152_000


def test_all_deposits_of_the_ledger_and_of_one_belt(workspace: Path) -> None:
    """A deposit with one figure is there, without lines."""
    found = movement_of(CONFIGS, str(workspace), (None, None), "usable")
    assert [one.deposit_id for one in found] == ["duobaoshan-syn", DEPOSIT]
    assert (found[0].lines, found[0].forms) == ((), ())
    (only,) = movement_of(CONFIGS, str(workspace), (None, "gangdese"), "usable")
    assert only.deposit_id == DEPOSIT
    assert movement_of(CONFIGS, str(workspace), (None, "gangdese"), "official") == ()


def test_what_was_never_published_has_still_been_mined(workspace: Path) -> None:
    """Published: 2024 and 2026 only; the mining of 2025 counts all the same."""
    url = f"sqlite:///{workspace / 'ledger.db'}"
    for number in (1, 3):
        with Ledger(url) as ledger:
            for to in ("approved", "published"):
                ledger.decide(Decision(number, "review", to, by="A", reason="test"), "run")
    (found,) = movement_of(CONFIGS, str(workspace), ALL_OF_IT, "published")
    (line,) = (x for x in found.lines if (x.element, x.class_name) == ("cu_pct", "measured"))
    assert (line.mined_kg, line.lost_kg) == (32_000, 3_000)
    assert line.split == "not separated"


def test_an_estimate_that_was_filed_is_official_with_its_number(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only filed figures are in the official account; the form names the filing."""
    with Ledger(f"sqlite:///{workspace / 'ledger.db'}") as ledger:
        for number in (1, 2):
            ledger.decide(Decision(number, "review", "approved", by="A"), "run")
            for to in ("reviewed", "submitted", "accepted", "review_passed", "filed"):
                document = f"某储备字[2026]{number}号" if to == "filed" else None
                step = Decision(
                    number, "filing", to, by="A", date=date(2026, 5, 1), document_no=document
                )
                ledger.decide(step, "run")
    (found,) = movement_of(CONFIGS, str(workspace), ALL_OF_IT, "official")
    assert [figure.number for figure in found.figures] == [1, 2]
    assert {form.mark[0] for form in found.forms} == {"已评审备案 某储备字[2026]2号"}
    assert asked([DEPOSIT, "--view", "official"], workspace) == 0
    said = capsys.readouterr()
    assert "(filed)" in said.out
    assert "--view official" in said.err


def test_the_forms_are_written(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One workbook of both forms, marked as synthetic, and said where it is."""
    path = workspace / "out" / "forms.xlsx"
    assert asked([DEPOSIT, "--statutory", str(path)], workspace) == 0
    said = capsys.readouterr()
    assert "forms.xlsx" in said.err.replace("\n", "")
    assert "Cut-off" in said.out
    page = openpyxl.load_workbook(path)["变动台帐 Ledger"]
    assert "SYNTHETIC" in str(page["A2"].value)
    notes = openpyxl.load_workbook(path)["说明 Notes"]
    assert "次序" in str(notes.cell(notes.max_row, 1).value)


FIELD = {"deposit_id": "old-field", "deposit_zh": "老矿", "deposit_en": "Old field"}
FIELD |= {"province": "江西", "stat_year": None, "review_no": None}


def recorded(folder: Path, name: str, rows: list[dict[str, str]], **header: str | None) -> None:
    """Enter a filed report in the workspace's ledger."""
    form = read_form(write(folder / name, example_header(**header), rows))
    figure = checked_figure(form, TODAY, {DEPOSIT: KnownDeposit("gangdese", "西藏")})
    assert figure is not None, form.findings
    with Ledger(f"sqlite:///{folder / 'ledger.db'}") as ledger:
        ledger.record_outside(figure, "run")


@pytest.fixture
def filed(workspace: Path) -> Path:
    """The same ledger with an old report of 1999 codes, a new one, and two of a sample deposit."""
    old = [row("111b", "10"), row("122b", "5"), row("333", "3")]
    new = [row("探明", "9"), row("控制", "6"), row("推断", "4")]
    ours = {"deposit_id": DEPOSIT, "province": "西藏", "stat_year": None, "review_no": None}
    for name, rows, year, header in (
        ("a.yaml", old, 2018, FIELD), ("b.yaml", new, 2024, FIELD),
        ("c.yaml", new, 2023, ours), ("d.yaml", new, 2024, ours),
    ):  # fmt: skip
        dates = {"effective_date": f"{year}-12-31", "filed_date": f"{year + 1}-06-20"}
        number = {"filing_no": f"资储备字[{year + 1}]{ord(name[0])}号"}
        code = {"reporting_code": "GB/T 17766-1999"} if name == "a.yaml" else {}
        recorded(workspace, name, rows, **{**header, **dates, **number, **code})
    return workspace


def test_converted_classes_are_told_wherever_they_stand(
    filed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a terminal, in JSON, on the form and in its rows; native classes say nothing."""
    out = filed / "forms.csv"
    asked_for = ["old-field", "--view", "official"]
    assert asked([*asked_for, "--statutory", str(out)], filed) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "2018-12-31 classes: converted from codes of 1999" in said
    assert "between converted and native classes" in said
    assert "Rounded by" in said
    text = out.read_text("utf-8-sig")
    assert "2018-12-31 类别 classes: 由 1999 编码套改" in text
    assert "套改类别与现行类别之间" in text
    assert asked([*asked_for, "--json"], filed) == 0
    (found,) = json.loads(capsys.readouterr().out)["deposits"]
    assert [figure["converted"] for figure in found["figures"]] == [True, False]


def test_a_filed_report_of_a_sample_deposit_is_not_synthetic(filed: Path) -> None:
    """No program made it; the estimates of the same deposit are marked."""
    for view, marked in (("official", False), ("usable", True)):
        out = filed / f"{view}.csv"
        assert asked([DEPOSIT, "--view", view, "--statutory", str(out)], filed) == 0
        text = out.read_text("utf-8-sig")
        assert ("SYNTHETIC" in text) == marked
        assert "套改" not in text


def test_a_deposit_of_the_ledger_alone_is_named(filed: Path) -> None:
    """In the hint, and where it has figures in another view only."""
    with pytest.raises(ConfigError, match="did you mean 'old-field'"):
        movement_of(CONFIGS, str(filed), ("old-fild", None), "usable")
    with pytest.raises(ConfigError, match="--view official"):
        movement_of(CONFIGS, str(filed), ("old-field", None), "usable")


def test_the_folder_above_the_belts_is_told_in_one_line(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was meant, once; nothing of the other files there."""
    above = str(Path(CONFIGS).parent)
    with pytest.raises(SystemExit):
        main(["movement", DEPOSIT, "--configs", above, "--workspace", str(workspace)])
    said = " ".join(capsys.readouterr().err.split())
    assert said.count("did you mean") == said.count("configuration error") == 1


def test_upgrades_are_told_by_class(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They are nothing over the classes, and stand beside the other kinds all the same."""
    assert asked([DEPOSIT], workspace) == 0
    said = capsys.readouterr().out
    assert "Class upgrade" in said
    assert "Ident." in said


def test_trouble_with_one_deposit_stops_no_other(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A split that no longer leads from figure to figure is named; the exit code says so."""

    def spoilt(*_: object) -> None:
        raise EstimationError("steps miss closing - opening by 1 kg / 差 1 kg")

    monkeypatch.setattr("tracking.movement.change.check_attribution", spoilt)
    assert asked(["--all", "--json"], workspace) == 3
    said = capsys.readouterr()
    other, found = json.loads(said.out)["deposits"]
    assert "1 kg" in found["trouble"]
    assert other["trouble"] is None
    assert f"{DEPOSIT}: steps miss" in said.err


@pytest.mark.parametrize(
    "arguments",
    [[], [DEPOSIT, "--all"], [DEPOSIT, "--view", "best"], [DEPOSIT, "--statutory", "forms.pdf"]],
)
def test_wrong_options_are_said_in_one_sentence(
    arguments: list[str], workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Usage, before anything is read."""
    assert asked(arguments, workspace) == 2
    assert "usage" in capsys.readouterr().err


def test_unknown_names_are_told_with_the_known_ones(workspace: Path) -> None:
    """A deposit or a belt."""
    for names in (("gangdese", None), (None, "nowhere")):
        with pytest.raises(ConfigError, match="gangdese"):
            movement_of(CONFIGS, str(workspace), names, "usable")


def test_the_answer_is_as_documented(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every key of docs/json.md, and no other."""
    assert asked([DEPOSIT, "--json"], workspace) == 0
    by_name = frozenset({"bars", "growth"})
    given = shape(json.loads(capsys.readouterr().out), by_name)
    assert same_shape(shape(example("movement"), by_name), given)
