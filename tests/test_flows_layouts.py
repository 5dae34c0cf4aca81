"""A layout is asked about once; a missing column stops the run with the nearest names."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from flows.belts import find_belt
from flows.cli import main
from flows.ingest import check
from flows.layouts import confirm_templates
from geo.config import ConfigError
from tests.small_belt import write_small_belt


def _templated(folder: Path) -> Path:
    """A small belt whose layouts are kept beside the belts."""
    configs = write_small_belt(folder)
    path = configs / "small.yaml"
    plain = yaml.safe_load(path.read_text("utf-8"))
    plain["deposits"][0]["drillholes"]["templates"] = "../templates"
    path.write_text(yaml.safe_dump(plain, allow_unicode=True), "utf-8")
    return configs


def _codes(configs: Path) -> list[str]:
    return [f.code for f in check("small", str(configs)).findings]


def test_the_same_file_imports_without_a_question_the_second_time(tmp_path: Path) -> None:
    configs = _templated(tmp_path)
    assert _codes(configs).count("BN-TAB-036") == 6
    belt, base = find_belt("small", configs)
    written = confirm_templates(belt.deposits[0], base)
    assert sorted(path.name.split("-")[0] for path in written) == ["assay", "collar", "survey"]
    assert {path.parent for path in written} == {(configs.parent / "templates").resolve()}
    assert not {"BN-TAB-035", "BN-TAB-036"} & set(_codes(configs))
    assert confirm_templates(belt.deposits[0], base) == []
    path = tmp_path / "data" / "small" / "0" / "assay.csv"
    path.write_text(path.read_text("utf-8").replace("MO_PCT", "AU_GPT", 1), "utf-8")
    assert _codes(configs).count("BN-TAB-035") == 1


def test_without_a_folder_nothing_is_asked_and_nothing_kept(tmp_path: Path) -> None:
    configs = write_small_belt(tmp_path)
    assert "BN-TAB-036" not in _codes(configs)
    belt, base = find_belt("small", configs)
    with pytest.raises(ConfigError, match="templates"):
        confirm_templates(belt.deposits[0], base)


def test_a_missing_column_exits_with_3_and_the_nearest_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configs = _templated(tmp_path)
    belt, base = find_belt("small", configs)
    confirm_templates(belt.deposits[0], base)
    path = tmp_path / "data" / "small" / "0" / "assay.csv"
    path.write_text(path.read_text("utf-8").replace("FROM", "FRUM", 1), "utf-8")
    with pytest.raises(SystemExit) as left:
        main(["--lang", "en", "check", "small", "--configs", str(configs)])
    assert left.value.code == 3
    said = capsys.readouterr()
    assert "BN-TAB-006" in said.out + said.err
    assert "FRUM" in said.out + said.err


def test_confirm_is_a_flag_of_check_and_what_was_drilled_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configs = _templated(tmp_path)
    for flags in (("--confirm",), ()):
        with pytest.raises(SystemExit) as left:
            main(["--lang", "en", "check", "small", "--configs", str(configs), *flags])
        assert left.value.code == 0
        said = capsys.readouterr()
        assert ("layout kept" in said.out + said.err) is bool(flags)
        assert "drilled and assayed" in said.out
        assert "540.0" in said.out  # nine holes of 60 m
    assert "BN-TAB-036" not in _codes(configs)
