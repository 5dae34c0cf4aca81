"""What the register says of a deposit: mine code, licence, holder, county, and its discovery.

Everything is optional: what nobody wrote down is null in the ledger, never guessed.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from geo.config import Names, StrictModel

MineCode = Annotated[str, Field(pattern=r"^\d{9}(-\d{3})?$")]
"""矿区编号 of nine digits, with 矿山编号 of three where the mine is meant (矿区-矿山编号)."""


class Discovery(StrictModel):
    """Since when the deposit counts as found; growth after a base date counts from zero."""

    date: date
    citation: str
    """Report or decision that says so."""


class Registry(StrictModel):
    """A deposit's entry in the registers of licences and of mines."""

    mine_code: MineCode | None = None
    licence_kind: Literal["exploration", "mining"] | None = None
    """探矿权 or 采矿权."""
    licence_no: str | None = None
    licensee: str | None = None
    """矿业权人, as the licence writes it."""
    county: Names | None = None
    discovered: Discovery | None = None
    """None: nobody declared a discovery."""
    domestic: bool = True
    """Whether the deposit lies in the country whose target is measured (国内)."""

    def content(self) -> dict[str, Any]:
        """The register's words as plain JSON data, null where it says nothing."""
        plain: dict[str, Any] = self.model_dump(mode="json", exclude={"domestic"})
        return plain
