"""``bornite form`` and ``bornite record``: forms into the ledger, once, whole, one by one."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flows import records
from flows.cli import app, run
from flows.cli_options import Exit
from flows.compare import compare
from flows.review import find_figure
from geo.config import ConfigError
from geo.vault import vault_path
from tests.fabricated import fabricated_result
from tests.postgres_fixture import new_database, postgres_server  # noqa: F401
from tests.record_forms import example_header, example_rows, row, write
from tracking import Ledger
from tracking.forms.outside import stated_kg
from tracking.ledger.entries import Decision

ROOT = Path(__file__).resolve().parent.parent
BELT = ROOT / "configs" / "belts" / "gangdese.yaml"


class Desk:
    """A workspace, and the command as a clerk types it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]):
        self.folder = folder
        self.capsys = capsys
        self.configs = folder / "belts"
        self.configs.mkdir()
        shutil.copy(BELT, self.configs)
        self.url = f"sqlite:///{folder.resolve() / 'ws' / 'ledger.db'}"

    def form(self, name: str, rows: list[dict[str, str]] | None = None, **header: Any) -> str:
        """Write a filled form and return its path."""
        filled = write(
            self.folder / name, example_header(**header), example_rows() if rows is None else rows
        )
        return str(filled)

    def record(self, *paths: str) -> tuple[int, list[dict[str, Any]]]:
        """Record forms; the exit code and the answer for each."""
        self.capsys.readouterr()
        options = ["--configs", str(self.configs), "--workspace", str(self.folder / "ws"), "--json"]
        code = run(lambda: app(["record", *paths, *options], standalone_mode=False))
        out = self.capsys.readouterr().out
        return code, json.loads(out)["forms"] if out else []

    def one(self, name: str, rows: list[dict[str, str]] | None = None, **header: Any) -> Any:
        """Record one form; its answer, with the codes of its findings."""
        code, (answer,) = self.record(self.form(name, rows, **header))
        wanted = {"refused": Exit.DATA, "held": Exit.HELD}.get(answer["outcome"], Exit.OK)
        assert code == wanted
        return answer | {"codes": {f["code"] for f in answer["findings"]}}

    @property
    def head(self) -> tuple[int, str]:
        """The ledger's last entry."""
        with Ledger(self.url) as ledger:
            return ledger.head()


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


PLAIN: dict[str, str | None] = {"mine_code": None, "licence_no": None, "review_no": None}
"""A form that names no mine but its deposit."""
UNFILED: dict[str, str | None] = PLAIN | {
    "filing_no": None,
    "filed_date": None,
    "stat_year": None,
    "authority": None,
}
PRESS = UNFILED | {
    "source_kind": "公开报道",
    "citation_issuer": "某报",
    "citation_quote": "（照录）",
    "cutoff": None,
    "cutoff_unit": None,
}


def test_an_empty_form_is_written_and_never_over_another(desk: Desk) -> None:
    for name in ("a.xlsx", "b.yaml"):
        out = str(desk.folder / name)
        assert run(lambda out=out: app(["form", out], standalone_mode=False)) == Exit.OK
        before = Path(out).read_bytes()
        assert run(lambda out=out: app(["form", out], standalone_mode=False)) == Exit.USAGE
        assert Path(out).read_bytes() == before
    out = str(desk.folder / "c.docx")
    assert run(lambda: app(["form", out], standalone_mode=False)) == Exit.USAGE


def test_an_unfilled_form_is_refused_with_every_field_that_is_needed(desk: Desk) -> None:
    out = str(desk.folder / "a.xlsx")
    assert run(lambda: app(["form", out], standalone_mode=False)) == Exit.OK
    code, (answer,) = desk.record(out)
    assert code == Exit.DATA
    rows = {f["row"] for f in answer["findings"] if f["code"] in ("BN-LED-004", "BN-LED-010")}
    assert len(rows) >= 8
    assert None not in rows
    assert desk.head[0] == 0


def test_a_whole_form_is_entered_once_and_its_original_kept(desk: Desk) -> None:
    path = desk.form("a.xlsx")
    first, second = desk.record(path), desk.record(path)
    assert first[0] == second[0] == Exit.OK
    assert first[1][0]["outcome"] == "entered"
    assert second[1][0]["outcome"] == "standing"
    assert first[1][0]["entry"] == second[1][0]["entry"] == 1
    with Ledger(desk.url) as ledger:
        (entry,) = ledger.entries()
        assert ledger.verify() == []
        (figure,) = ledger.standings()
    assert (figure.filing, figure.stat_year, figure.document_no) == (
        "in_statistics",
        2025,
        "甘资储备字[2025]8号",
    )
    assert figure.filed_date == date(2025, 6, 20)
    kept = vault_path(entry.content["form_sha256"], desk.folder / "ws")
    assert kept.read_bytes() == Path(path).read_bytes()


def test_check_enters_nothing(desk: Desk) -> None:
    path = desk.form("a.yaml")
    code, (answer,) = desk.record(path, "--check")
    assert (code, answer["outcome"], answer["entry"]) == (Exit.OK, "whole", None)
    assert desk.head[0] == 0
    assert not (desk.folder / "ws" / "vault").exists()


def test_one_bad_form_stops_no_other(desk: Desk) -> None:
    folder = desk.folder / "forms"
    folder.mkdir()
    desk.form("forms/1.yaml", filing_no="甘资储备字〔2025〕1号", deposit_id="one", mine_code=None)
    desk.form("forms/2.xlsx", filing_no="坏")
    (folder / "3.yaml").write_text("no form", "utf-8")
    (folder / "~$2.xlsx").write_bytes(b"a lock of the spreadsheet")
    (folder / "notes.txt").write_text("not a form", "utf-8")
    desk.form("forms/4.xlsx", filing_no="甘资储备字〔2025〕4号", deposit_id="four", mine_code=None)
    code, answers = desk.record(str(folder))
    assert code == Exit.DATA
    assert [a["outcome"] for a in answers] == ["entered", "refused", "refused", "entered"]
    assert desk.head[0] == 2


def test_what_is_not_there_is_a_usage_error(desk: Desk) -> None:
    (desk.folder / "empty").mkdir()
    for name in ("absent.xlsx", "empty"):
        assert desk.record(str(desk.folder / name)) == (Exit.USAGE, [])


def test_the_same_filing_with_other_figures_is_refused(desk: Desk) -> None:
    desk.one("a.yaml")
    rows = example_rows()
    rows[2] |= {"metal": "5.27"}
    answer = desk.one("b.yaml", rows)
    assert answer["outcome"] == "refused"
    assert "BN-LED-044" in answer["codes"]
    assert desk.head[0] == 1


def test_one_filing_under_two_names_counts_once(desk: Desk) -> None:
    desk.one("a.yaml")
    same = desk.one("b.yaml", deposit_id="north", filing_no="甘资储备字【2025】8号")
    assert (same["outcome"], same["entry"]) == ("standing", 1)
    assert "BN-LED-052" in same["codes"]
    rows = example_rows()[:3]
    other = desk.one("c.yaml", rows, deposit_id="north")
    assert other["outcome"] == "refused"
    assert "BN-LED-045" in other["codes"]
    assert desk.head[0] == 1


def test_a_filing_of_our_own_estimate_is_not_counted_again(desk: Desk) -> None:
    (desk.folder / "ws").mkdir()
    with Ledger(desk.url) as ledger:
        about = ledger.record(fabricated_result(), "run").number
        ledger.decide(Decision(about, "review", "approved", "张某"), "run")
        for to in ("reviewed", "submitted", "accepted", "review_passed"):
            ledger.decide(Decision(about, "filing", to, "张某", "x"), "run")
        filed = Decision(
            about, "filing", "filed", "张某", "x", date(2025, 6, 20), "甘资储备字〔2025〕08号"
        )
        ledger.decide(filed, "run")
    before = desk.head
    answer = desk.one("a.yaml")
    assert answer["outcome"] == "refused"
    assert "BN-LED-045" in answer["codes"]
    assert desk.head == before


@pytest.mark.parametrize(
    ("effective", "outcome"),
    [("2025-01-30", "held"), ("2025-03-01", "held"), ("2025-03-02", "entered")],
)
def test_the_same_mine_within_sixty_days_must_be_confirmed(
    desk: Desk, effective: str, outcome: str
) -> None:
    """2024-12-31 and 60 days is 2025-03-01."""
    desk.one("a.yaml")
    other = {"filing_no": "甘资储备字〔2025〕99号", "effective_date": effective, "review_no": None}
    answer = desk.one("b.yaml", **other)
    assert answer["outcome"] == outcome
    assert ("BN-LED-046" in answer["codes"]) == (outcome == "held")
    if outcome == "held":
        assert desk.head[0] == 1
        assert desk.one("c.yaml", **other, confirmed="两个矿段分别备案")["outcome"] == "entered"


def test_one_mine_code_under_two_ids_is_the_same_mine(desk: Desk) -> None:
    desk.one("a.yaml")
    answer = desk.one("b.yaml", deposit_id="nanshan", filing_no="甘资储备字〔2025〕99号")
    assert answer["outcome"] == "held"
    assert "BN-LED-046" in answer["codes"]


def test_an_announcement_of_a_filed_amount_is_asked_about(desk: Desk) -> None:
    """The survey's 365 and the company's 365.1 万t: one filing under two names (check L04)."""
    filed = UNFILED | {"cutoff": None, "cutoff_unit": None}
    company = filed | {
        "deposit_id": "tongshan",
        "province": "黑龙江",
        "effective_date": "2024-06-28",
    }
    desk.one("a.yaml", [row("推断", "365.1")], **company)
    survey = PRESS | {"deposit_id": "duobaoshan-camp", "province": "黑龙江"}
    answer = desk.one("b.yaml", [row("资源量", "365")], **survey)
    assert answer["outcome"] == "held"
    assert "BN-LED-047" in answer["codes"]
    elsewhere = desk.one("c.yaml", [row("资源量", "365")], **{**survey, "province": "西藏"})
    assert elsewhere["outcome"] == "entered"


def test_julong_2022_to_2024_is_a_change_of_indicators(desk: Desk) -> None:
    """Fixture 10: 1,072 万t at 0.30 %, then 1,472.6 万t more at 0.17 %."""
    base = PLAIN | {"deposit_id": "julong", "province": "西藏", "stat_year": None}
    before = base | {
        "effective_date": "2021-12-31",
        "filed_date": "2022-05-10",
        "filing_no": "藏自然资储备字〔2022〕1号",
        "cutoff": "0.30",
    }
    after = base | {
        "effective_date": "2024-03-31",
        "filed_date": "2024-06-20",
        "filing_no": "藏自然资储备字〔2024〕1号",
        "cutoff": "0.17",
        "growth_type": "工业指标调整",
    }
    desk.one("a.yaml", [row("控制", "1072")], **before)
    answer = desk.one("b.yaml", [row("控制", "2544.6")], **after)
    assert answer["outcome"] == "entered"
    assert {"BN-LED-048", "BN-LED-049"} <= answer["codes"]
    change = next(f for f in answer["findings"] if f["code"] == "BN-LED-048")
    assert "+137.4 %" in change["message"]["en"]  # 1472.6 / 1072
    with Ledger(desk.url) as ledger:
        newest = ledger.entries("julong")[-1]
    assert newest.content["growth_type"] == "index_change"


def test_duolong_2013_to_2016(desk: Desk) -> None:
    """Fixture 9: 2,368,300 + 4,799,000 t in 2013, 13.492 Mt in 2016: 6.3247 Mt more."""
    base = PRESS | {"deposit_id": "duolong", "province": "西藏", "deposit_zh": "多龙"}
    first = base | {"effective_date": "2013-12-31", "citation_title": "多龙2013"}
    last = base | {"effective_date": "2016-12-31", "citation_title": "多龙2016"}
    assert desk.one("a.yaml", [row("资源量", "716.73")], **first)["outcome"] == "entered"
    assert desk.one("b.yaml", [row("资源量", "1349.2")], **last)["outcome"] == "entered"
    with Ledger(desk.url) as ledger:
        stated = [stated_kg(e.content, "cu_pct") for e in ledger.entries("duolong")]
        official = ledger.current(view="official")
    assert stated == [2_368_300_000 + 4_799_000_000, 13_492_000_000]
    assert stated[1] - stated[0] == 6_324_700_000
    assert official == ()


def test_a_discovery_keeps_its_date(desk: Desk) -> None:
    """Fixture 14 as a record: found on 2024-06-30, before a base at the end of 2024."""
    header = {"growth_type": "新发现", "discovered": "2024-06-30"}
    assert desk.one("a.yaml", **header)["outcome"] == "entered"
    with Ledger(desk.url) as ledger:
        (entry,) = ledger.entries()
    assert entry.content["growth_type"] == "discovery"
    assert entry.content["registry"]["discovered"]["date"] == "2024-06-30"


def test_ten_thousand_times_the_record_before_is_asked_about(desk: Desk) -> None:
    header = UNFILED | {"effective_date": "2022-12-31", "citation_title": "报告一"}
    desk.one("a.yaml", [row("推断", "12")], **header)
    slip = UNFILED | {"citation_title": "报告二"}
    answer = desk.one("b.yaml", [row("推断", "120300")], **slip)
    assert answer["outcome"] == "held"
    assert "BN-LED-050" in answer["codes"]


def test_a_correction_takes_back_and_enters_in_one_step(desk: Desk) -> None:
    desk.one("a.yaml")
    rows = example_rows()
    rows[2] |= {"metal": "5.27"}
    absent = desk.one("b.yaml", rows, replaces="7", reason="印错")
    assert absent["outcome"] == "refused"
    assert "BN-LED-051" in absent["codes"]
    assert desk.one("c.yaml", rows, replaces="1", reason="印错")["outcome"] == "entered"
    with Ledger(desk.url) as ledger:
        kinds = [(e.number, e.kind) for e in ledger.entries()]
        assert kinds == [(1, "outside"), (2, "correction"), (3, "outside")]
        assert ledger.entry(2).content["reason"] == "印错"
        (figure,) = ledger.standings()
        assert (figure.usable, figure.official) == (3, 3)
        assert ledger.verify() == []
    again = desk.one("d.yaml", replaces="1", reason="再改")
    assert again["outcome"] == "refused"
    assert "BN-LED-051" in again["codes"]


def test_an_id_nearly_that_of_a_configured_deposit_is_asked_about(desk: Desk) -> None:
    answer = desk.one("a.yaml", deposit_id="gangdese-sin", province="西藏")
    assert answer["outcome"] == "held"
    assert "BN-LED-053" in answer["codes"]


def test_a_form_that_changes_while_it_is_read_is_not_entered(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "keep", lambda path, root: "0" * 64)
    answer = desk.one("a.yaml")
    assert answer["outcome"] == "refused"
    assert "BN-INB-005" in answer["codes"]
    assert desk.head[0] == 0


def test_an_unwritable_vault_enters_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, root: Path) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(records, "keep", full)
    assert desk.record(desk.form("a.yaml")) == (Exit.ENVIRONMENT, [])
    assert desk.head[0] == 0


def test_another_source_for_the_nation_must_be_confirmed(desk: Desk) -> None:
    statistics: dict[str, Any] = UNFILED | {
        "source_kind": "统计资料",
        "scope": "全国",
        "deposit_id": None,
        "deposit_zh": None,
        "province": None,
        "stat_year": "2024",
        "citation_issuer": "主管部门",
        "citation_quote": "（照录）",
        "cutoff": None,
        "cutoff_unit": None,
    }
    assert desk.one("a.yaml", [row("资源量", "12000")], **statistics)["outcome"] == "entered"
    other = statistics | {"citation_title": "另一本年鉴"}
    answer = desk.one("b.yaml", [row("资源量", "12100")], **other)
    assert answer["outcome"] == "held"
    assert "BN-LED-046" in answer["codes"]


def test_two_forms_of_one_batch_are_held_against_each_other(desk: Desk) -> None:
    paths = [desk.form("a.yaml"), desk.form("b.xlsx", deposit_id="other-name")]
    _, answers = desk.record(*paths)
    assert [a["outcome"] for a in answers] == ["entered", "standing"]
    assert desk.head[0] == 1


def test_the_answers_are_those_documented(desk: Desk) -> None:
    page = (ROOT / "docs" / "json.md").read_text("utf-8")
    text = page.split("## `bornite record FORM --json`")[1].split("```json")[1].split("```")[0]
    (documented,) = json.loads(text)["forms"]
    rows = example_rows()
    rows[4] |= {"grade": "0.02", "metal": "3100"}
    _, (given,) = desk.record(desk.form("beishan-2024.xlsx", rows))
    assert given.keys() == documented.keys()
    (found,) = given["findings"]
    (shown,) = documented["findings"]
    assert found.keys() == shown.keys()
    assert {k: v for k, v in found.items() if isinstance(v, str | int)} == {
        k: v for k, v in shown.items() if isinstance(v, str | int)
    }
    same = ("file", "outcome", "deposit", "vintage", "series", "filing", "status")
    assert [given[k] for k in same] == [documented[k] for k in same]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database's URL, of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'ws' / 'ledger.db'}"
    else:
        yield new_database(request.getfixturevalue("postgres_server"), "records")


def test_many_clerks_with_one_form_enter_it_once(
    desk: Desk, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BORNITE_DATABASE_URL", url)
    path, outcomes = desk.form("a.yaml"), []
    Ledger(url).close()

    def clerk() -> None:
        (found,) = records.record([path], str(desk.configs), str(desk.folder / "ws"))
        outcomes.append(found.outcome)

    clerks = [threading.Thread(target=clerk) for _ in range(4)]
    for one in clerks:
        one.start()
    for one in clerks:
        one.join()
    assert sorted(outcomes) == ["entered", "standing", "standing", "standing"]
    with Ledger(url) as ledger:
        assert len(ledger.entries()) == 1
        assert ledger.verify() == []


def test_a_batch_that_is_only_checked_is_held_against_itself(desk: Desk) -> None:
    """The second form of one mine and date waits as it would when entered; nothing is entered."""
    first = desk.form("a.yaml")
    second = desk.form("b.yaml", filing_no="甘资储备字[2025]9号")
    code, (one, other) = desk.record(first, second, "--check")
    assert (code, one["outcome"], other["outcome"]) == (Exit.HELD, "whole", "held")
    (asked,) = (f for f in other["findings"] if f["code"] == "BN-LED-046")
    assert "a.yaml" in json.dumps(asked, ensure_ascii=False)
    assert desk.head[0] == 0


def test_an_unstated_use_is_null(desk: Desk) -> None:
    """A blank cell says nothing: the deposit isn't taken for usable."""
    assert desk.one("a.yaml", usable_status=None)["outcome"] == "entered"
    with Ledger(desk.url) as ledger:
        assert ledger.entry(1).content["usable_status"] is None


def test_after_a_check_comes_the_record(desk: Desk) -> None:
    """The next step is the same forms, without --check."""
    path = desk.form("a.yaml")
    options = ["--configs", str(desk.configs), "--workspace", str(desk.folder / "ws"), "--check"]
    assert run(lambda: app(["record", path, *options], standalone_mode=False)) == Exit.OK
    said = "".join(desk.capsys.readouterr().err.split())
    assert f"bornite record {path}".replace(" ", "") in said
    assert "--check" not in said


def test_the_only_figure_of_a_date_needs_no_series(desk: Desk) -> None:
    """A filed figure without an estimate of ours beside it."""
    assert desk.one("a.yaml")["outcome"] == "entered"
    with Ledger(desk.url) as ledger:
        (figure,) = ledger.standings()
        assert find_figure(ledger, figure.deposit_id, str(figure.vintage)) == figure
        with pytest.raises(ConfigError, match="it has"):
            find_figure(ledger, figure.deposit_id, str(figure.vintage), "other")


def test_what_a_report_leaves_out_is_not_compared_as_zero(desk: Desk) -> None:
    """One report states two classes, the other three: no change can be told of the third."""
    later = {"effective_date": "2025-12-31", "filed_date": "2026-06-20", "stat_year": None}
    desk.one("a.yaml", [row("探明", "9"), row("控制", "6")])
    rows = [row("探明", "9"), row("控制", "7"), row("推断", "4")]
    answer = desk.one("b.yaml", rows, filing_no="甘资储备字[2026]9号", **later)
    assert answer["outcome"] == "entered", answer["findings"]
    (found,) = compare("1", "2", str(desk.configs), str(desk.folder / "ws"))
    assert found.differences is not None
    third = next(f for f in found.differences.figures if f.class_name == "inferred")
    assert (third.before_t, third.after_t, third.change_t) == (None, 40_000.0, None)
