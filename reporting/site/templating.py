"""Templates: markup in any name or note is escaped; what is missing is an error."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reporting.units import seen

TEMPLATES = Path(__file__).parents[1] / "templates"


def render_page(template: str, context: dict[str, Any]) -> str:
    """Render one page; markup in any name or note is escaped, signs that are not seen left out."""
    return seen(_environment().get_template(f"{template}.html.j2").render(context))


@cache
def templates_digest() -> str:
    """SHA-256 of every template, style and script: a changed one writes every page anew."""
    total = hashlib.sha256()
    for path in sorted(path for path in TEMPLATES.rglob("*") if path.is_file()):
        total.update(path.read_bytes())
    return total.hexdigest()


@cache
def _environment() -> Environment:
    """Templates with autoescape on; only the project's own style and script go in as they are."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["style"] = Markup((TEMPLATES / "style.css").read_text("utf-8"))
    environment.globals["script"] = Markup((TEMPLATES / "page.js").read_text("utf-8"))
    environment.globals["css"] = _own_style
    environment.globals["scripts"] = _scripts
    return environment


@cache
def _scripts(folder: str, *names: str) -> Markup:
    """The scripts ``<folder>/<name>.js`` one after another, without their indents."""
    whole = "\n".join((TEMPLATES / folder / f"{name}.js").read_text("utf-8") for name in names)
    return Markup(re.sub(r"\n +", "\n", whole))


@cache
def _own_style(name: str) -> Markup:
    """The ``<style>`` of one kind of page, ``css/<name>.css``; empty where it needs none."""
    path = TEMPLATES / "css" / f"{name}.css"
    if not path.is_file():
        return Markup("")
    return Markup("<style>{}</style>").format(Markup(path.read_text("utf-8")))
