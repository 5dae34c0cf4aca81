"""The pages say what the statement says, in both languages, and nothing a name puts into them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import pytest

from estimation.belts import Belt
from geo.config import Names
from reporting import SiteBuilt, SiteReport, build_site
from reporting.site import build as site_module
from reporting.site.press import Printed
from tests.browser_fixture import PageReader, fabricated_report, sample_belts
from tests.fabricated import fabricated_result

SCALES = {"t": "1", "kt": "1e-3", "万t": "1e-4", "Mt": "1e-6", "kg": "1e3"}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>=1+1 $\\frac{1}{2}$ \u202etxt 😀"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module")
def report(folder: Path) -> SiteReport:
    return fabricated_report(folder, sample_belts()[:2])


@pytest.fixture(scope="module")
def built(report: SiteReport, folder: Path) -> SiteBuilt:
    return build_site(report, folder / "site")


@pytest.fixture(scope="module")
def pages(built: SiteBuilt) -> dict[str, PageReader]:
    return {
        str(path.relative_to(built.folder)): PageReader(path.read_text("utf-8"))
        for path in built.pages
    }


def _value(text: str) -> Decimal | None:
    """The number a reader reads; None where the cell is blank."""
    plain = text.strip().replace(",", "").replace("−", "-").lstrip("+")
    return None if plain == "—" else Decimal(plain)


def _scale(quantity: str, unit: str) -> Decimal:
    """Exact factor from the stored unit to the printed one."""
    if quantity in ("ratio", "growth", "change") or quantity.endswith("_share"):
        return Decimal(100)
    stored_kg = Decimal("1e-3") if quantity.endswith("_kg") else Decimal(1)
    return Decimal(SCALES.get(unit, "1")) * stored_kg


def test_every_printed_number_is_its_raw_number_rounded_in_both_languages(
    pages: dict[str, PageReader],
) -> None:
    seen = 0
    for page in pages.values():
        for number in page.numbers:
            about = number.attributes
            if about["data-quantity"] == "check":
                continue
            for language, unit in zip(("zh", "en"), about["data-unit"].split("|"), strict=True):
                if not number.texts[language]:
                    continue  # a card prints one language's unit only
                shown = _value(number.texts[language])
                if not about["data-v"]:
                    assert shown is None
                    continue
                assert shown is not None, about
                exact = Decimal(about["data-v"]) * _scale(about["data-quantity"], unit)
                assert shown == exact.quantize(shown, rounding=ROUND_HALF_EVEN), about
                seen += 1
    assert seen > 1000


def test_the_resource_table_is_the_statement(
    report: SiteReport, pages: dict[str, PageReader]
) -> None:
    compared = 0
    for deposit_id, vintages in report.results.items():
        statement = vintages[-1].statement
        rows = {(row.class_name, row.domain): row for row in statement.at_cutoff()}
        for number in pages[f"deposits/{deposit_id}.html"].numbers:
            about = number.attributes
            key = (about.get("data-class", ""), about.get("data-domain", ""))
            if key not in rows or about.get("data-quantity") not in ("ore_t", "grade", "metal_t"):
                continue
            row = rows[key]
            if about["data-quantity"] == "ore_t":
                assert float(about["data-v"]) == row.ore_t
            else:
                figure = row.elements[about["data-metal"]]
                if figure.grade is None:
                    assert about["data-v"] == ""
                else:
                    part = "grade" if about["data-quantity"] == "grade" else "metal_t"
                    assert float(about["data-v"]) == getattr(figure, part)
            compared += 1
    assert compared == 2 * 3 * 2 * 11  # deposits, classes, domains; ore, 5 grades, 5 metals


def test_class_lines_and_summary_cards_are_sums_over_domains_and_deposits(
    report: SiteReport, pages: dict[str, PageReader]
) -> None:
    for name in ("measured", "indicated", "inferred"):
        total = math.fsum(
            row.elements["cu_pct"].metal_t
            for vintages in report.results.values()
            for row in vintages[-1].statement.at_cutoff()
            if row.class_name == name
        )
        cards = [
            float(number.attributes["data-v"])
            for number in pages["index.html"].numbers
            if number.attributes["data-quantity"] == "summary_metal_t"
            and number.attributes["data-class"] == name
            and number.attributes["data-metal"] == "cu_pct"
        ]
        assert len(cards) == 2  # 万t and kt
        assert all(math.isclose(card, total, rel_tol=1e-12) for card in cards)


def test_movement_lines_are_the_ledgers_kilograms(
    report: SiteReport, pages: dict[str, PageReader]
) -> None:
    lines = {
        (m.deposit_id, m.element, m.class_name, m.closing_vintage.isoformat()): m
        for m in report.movements
    }
    seen = 0
    for deposit_id in report.results:
        for number in pages[f"deposits/{deposit_id}.html"].numbers:
            about = number.attributes
            if not about["data-quantity"].endswith("_kg") or about["data-class"] == "total":
                continue
            key = (deposit_id, about["data-metal"], about["data-class"], about["data-vintage"])
            assert int(about["data-v"]) == getattr(lines[key], about["data-quantity"])
            seen += 1
    assert seen == 2 * 2 * 3 * 9  # deposits, intervals, classes of copper, columns


def test_no_page_prints_what_is_no_word_and_no_number(pages: dict[str, PageReader]) -> None:
    for name, page in pages.items():
        text = re.sub(r"\b[0-9a-f]{12,64}\b", "", " ".join(page.words))
        assert not re.search(r"\bnan\b|\bNone\b|\d[eE][+-]?\d|undefined|□|\binf\b", text), name


def test_no_page_prints_a_power_of_ten(pages: dict[str, PageReader]) -> None:
    for name, page in pages.items():
        text = re.sub(r"\b[0-9a-f]{12,64}\b", "", " ".join(page.words))
        assert not re.search(r"×\s*10|10[⁻⁰¹²³⁴-⁹]|\de[-+]?\d\d", text), name


def test_everything_is_said_in_both_languages(built: SiteBuilt) -> None:
    for path in built.pages:
        html = path.read_text("utf-8")
        assert html.count('<span lang="zh">') == html.count('<span lang="en">') > 20


def test_every_table_says_its_cutoff_date_density_and_status(built: SiteBuilt) -> None:
    for path in built.pages:
        html = path.read_text("utf-8")
        figures = re.sub(r'<table class="files.*?</table>', "", html, flags=re.S)  # of downloads
        tables = re.findall(r"<table.*?</caption>", figures, re.S)
        assert len(tables) == figures.count("<table")
        for table in tables:
            if 'id="findings"' in table or re.search(r'<table[^>]* class="[^"]*list"', table):
                continue  # a list of files, findings, runs or words states no resource
            for word in ("Cut-off", "Data to", "Density", "Status", "数据截止", "状态"):
                assert word in table


def test_classes_are_added_only_where_statistics_are_labelled(
    report: SiteReport, built: SiteBuilt
) -> None:
    for deposit_id in report.results:
        html = (built.folder / "deposits" / f"{deposit_id}.html").read_text("utf-8")
        tables = dict(re.findall(r'<table id="([\w-]+)"(.*?)</table>', html, re.S))
        for key in ("resource", "cutoffs", "support", "vintages"):
            assert 'data-class="total"' not in tables[key]
            assert "合计（" not in tables[key]
        assert "合计（统计口径）" in tables["movement-1"]
        assert "储量 " not in tables["resource"]


def test_every_page_of_synthetic_data_carries_the_banner_and_the_mark(built: SiteBuilt) -> None:
    for path in built.pages:
        html = path.read_text("utf-8")
        assert '<p class="banner" role="note">合成数据 / SYNTHETIC DATA' in html
        assert "内部估算，未经评审备案" in html
        assert "Internal estimate, not filed" in html


def test_a_belt_of_real_data_carries_no_synthetic_banner(
    report: SiteReport, tmp_path: Path
) -> None:
    real, synthetic = report.belts[0].model_copy(update={"synthetic": False}), report.belts[1]
    built = build_site(replace(report, belts=(real, synthetic)), tmp_path / "site")
    page = (built.folder / "belts" / f"{real.id}.html").read_text("utf-8")
    assert "SYNTHETIC DATA" not in page
    assert "SYNTHETIC DATA" in built.index.read_text("utf-8")
    assert "Deposits from real data" in built.index.read_text("utf-8")


def test_provenance_names_run_hashes_code_and_ledger_entry(
    report: SiteReport, built: SiteBuilt
) -> None:
    for deposit_id, vintages in report.results.items():
        html = (built.folder / "deposits" / f"{deposit_id}.html").read_text("utf-8")
        newest = vintages[-1]
        entry = report.ledger.entry(deposit_id, newest.vintage)
        assert entry is not None
        for word in (
            newest.data_hash,
            newest.plan_hash,
            newest.model_hash,
            entry.entry_hash,
            f"№ {entry.number}",
            report.run_id,
            report.code_version,
            "2026-11-21 01:30 (UTC+8)",
        ):
            assert word in html


def test_every_link_leads_to_a_file_of_the_site_or_a_place_on_the_page(built: SiteBuilt) -> None:
    for path in built.pages:
        page = PageReader(path.read_text("utf-8"))
        for link in page.links:
            if link.startswith("data:"):
                continue
            target, _, place = link.partition("#")
            file = (path.parent / target).resolve() if target else path
            assert file.is_file(), link
            assert not place or place in page.ids, link
        assert len(page.ids) == len(set(page.ids))


def test_building_again_draws_nothing_and_gives_the_same_bytes(
    report: SiteReport, built: SiteBuilt, folder: Path
) -> None:
    before = {path: path.read_bytes() for path in [*built.pages, built.workbook]}
    again = build_site(report, folder / "site")
    assert again.figures_made == 0
    assert again.figures_reused == built.figures_made + built.figures_reused
    assert {path: path.read_bytes() for path in before} == before


def test_a_changed_estimate_draws_only_its_own_figures_again(
    report: SiteReport, built: SiteBuilt, folder: Path
) -> None:
    deposit_id, vintages = next(iter(report.results.items()))
    newest = vintages[-1]
    changed = fabricated_result(deposit_id, newest.belt_id, newest.vintage, 2.0)
    results = {**report.results, deposit_id: (*vintages[:-1], changed)}
    again = build_site(replace(report, results=results), folder / "site")
    assert again.figures_made == 3  # its grade-tonnage curve, the belt's trend, the map's circles
    build_site(report, folder / "site")


def test_a_build_that_fails_leaves_the_old_site(
    report: SiteReport, built: SiteBuilt, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = built.index.read_bytes()

    def broken(*_: object) -> Iterator[Printed]:
        yield Printed(0, "index.html", "key", "half a site")
        raise RuntimeError("killed")

    monkeypatch.setattr(site_module, "print_pages", broken)
    with pytest.raises(RuntimeError, match="killed"):
        build_site(report, built.folder)
    assert built.index.read_bytes() == before


def test_a_build_killed_between_the_two_renames_is_put_right(
    report: SiteReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build_site(replace(report, figures={}, belt_maps={}), tmp_path / "site")
    first.folder.rename(tmp_path / ".site-old")

    def broken(*_: object) -> Iterator[Printed]:
        yield from ()
        raise RuntimeError("killed")

    monkeypatch.setattr(site_module, "print_pages", broken)
    with pytest.raises(RuntimeError, match="killed"):
        build_site(report, first.folder)
    assert first.index.is_file()


def _hostile(belt: Belt) -> Belt:
    """A belt whose every name tries to be something else."""
    names = Names(zh=HOSTILE, en=HOSTILE + "x" * 10_000)
    deposit = belt.deposits[0].model_copy(update={"id": "../../evil", "name": names, "kind": names})
    changes = {"name": names, "note": names, "province": names, "deposits": (deposit,)}
    return belt.model_copy(update=changes)


def test_hostile_names_stay_text(report: SiteReport, tmp_path: Path) -> None:
    belt = _hostile(report.belts[0])
    result = fabricated_result(
        "../../evil", belt.id, plan_status=HOSTILE, engine_version=HOSTILE, data_hash=HOSTILE
    )
    hostile = replace(
        report,
        belts=(belt,),
        results={"../../evil": (result,)},
        movements=(),
        progress=(),
        run_id=HOSTILE + '"}</style>',
        code_version=HOSTILE,
    )
    built = build_site(hostile, tmp_path / "deep" / "site")
    assert {path.parent.parent.name for path in built.pages} <= {"deep", "site"}
    for path in built.pages:
        page = PageReader(path.read_text("utf-8"))
        assert page.tags.count("script") == 1
        assert 2 <= page.tags.count("style") <= 4  # the frame's own, and those of its kind
        assert "x" not in page.links
        assert any("<script>alert(1)</script>" in word for word in page.words)


def test_a_belt_with_nothing_estimated_still_has_its_page(
    report: SiteReport, tmp_path: Path
) -> None:
    empty = SiteReport(
        belts=report.belts[:1],
        results={},
        run_id="r",
        generated_at=report.generated_at,
        code_version="1",
    )
    built = build_site(empty, tmp_path / "site")
    page = (built.folder / "belts" / f"{report.belts[0].id}.html").read_text("utf-8")
    assert "no estimate yet" in page
    assert "No estimate has been made yet" in built.index.read_text("utf-8")
