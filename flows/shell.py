"""Proposing a grade shell, and writing it where a plan can name it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from estimation.domains.shell import Shell, propose_shell
from flows.runtime import Workspace
from flows.study import open_workbench
from geo.config import ConfigError
from geo.files import write_whole
from geo.meshes.writing import write_dxf, write_obj


@dataclass(frozen=True)
class ShellMade:
    """A proposed shell and its files."""

    shell: Shell
    path: Path | None
    """The mesh; its record lies beside it as ``.json``. None where nothing was to be written."""


def make_shell(
    deposit_id: str,
    element: str,
    cutoff: float,
    places: tuple[Path, Workspace],
    write: Path | None = None,
    vintage: date | None = None,
) -> ShellMade:
    """Propose a shell for one deposit; ``places``: folder of belt files, workspace.

    ``write`` ends in ``.obj`` or ``.dxf``.

    Raises
    ------
    ConfigError
        ``write`` ends otherwise.
    estimation.errors.EstimationError
        No shell can be drawn at this cut-off.
    """
    if write is not None and write.suffix.casefold() not in (".obj", ".dxf"):
        raise ConfigError(f"--write {write}: .obj or .dxf / 应为 .obj 或 .dxf")
    configs, house = places
    bench = open_workbench(deposit_id, configs, house, vintage)
    shell = propose_shell(bench, element, cutoff)
    if write is None:
        return ShellMade(shell, None)
    record = shell.record(bench.data)
    if write.suffix.casefold() == ".obj":
        write_obj([shell.mesh], write, note=f"bornite shell {deposit_id} {element} {cutoff:g}")
    else:
        write_dxf([shell.mesh], write)
    write_whole(write.with_suffix(".json"), record.encode("utf-8"))
    return ShellMade(shell, write)
