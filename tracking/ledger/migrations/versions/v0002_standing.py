"""Kinds and series of entries, and the tables that are folded from the chain.

Entries of the first schema keep their bytes and hashes: the new columns get values without any
row being rewritten. What stood is folded here once, by the rule of that time: the latest entry of
a deposit and vintage counts.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LAST = "(SELECT max(number) FROM ledger_entry)"
NOT_NOW = f"NEW.changed_by <> {LAST}"
NOT_LATER = f"{NOT_NOW} OR NEW.changed_by <= OLD.changed_by"

# What is folded changes only beside a new entry: a row names the entry that changed it, which must
# be the chain's last and later than the one that changed it before.
REFUSED = {
    ("entry_state", "insert", "INSERT"): NOT_NOW,
    (
        "entry_state",
        "update",
        "UPDATE",
    ): NOT_LATER,
    ("entry_state", "no_delete", "DELETE"): "1 = 1",
    ("standing", "insert", "INSERT"): NOT_NOW,
    (
        "standing",
        "update",
        "UPDATE",
    ): NOT_LATER,
    ("standing", "no_delete", "DELETE"): "1 = 1",
    ("standing_line", "insert", "INSERT"): """NOT EXISTS (
        SELECT 1 FROM ledger_entry e JOIN standing s ON s.deposit_id = e.deposit_id
        AND s.vintage = e.vintage AND s.series = e.series
        WHERE e.number = NEW.number AND s.changed_by = (SELECT max(number) FROM ledger_entry))""",
    ("standing_line", "no_update", "UPDATE"): "1 = 1",
    ("standing_line", "delete", "DELETE"): """EXISTS (
        SELECT 1 FROM ledger_entry e JOIN standing s ON s.deposit_id = e.deposit_id
        AND s.vintage = e.vintage AND s.series = e.series
        WHERE e.number = OLD.number
        AND OLD.number IN (s.newest, s.usable, s.published, s.official))""",
}

TABLES = ("entry_state", "standing", "standing_line")


def upgrade() -> None:
    """Add the columns and tables, fold what is there, then put the triggers on."""
    op.add_column(
        "ledger_entry", sa.Column("format", sa.Integer, nullable=False, server_default="1")
    )
    for name, default in (("kind", "estimate"), ("series", "internal")):
        column = sa.Column(name, sa.String, nullable=False, server_default=default)
        op.add_column("ledger_entry", column)
    op.create_index(
        "ledger_entry_kind", "ledger_entry", ["kind", "deposit_id", "vintage", "series", "number"]
    )
    op.create_index("ledger_entry_deposit", "ledger_entry", ["deposit_id", "number"])
    _make_entry_state()
    _make_standing()
    _fold_what_stands(op.get_bind())
    for statement in triggers(op.get_bind().dialect.name):
        op.get_bind().exec_driver_sql(statement)


def _make_entry_state() -> None:
    op.create_table(
        "entry_state",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("deposit_id", sa.String, nullable=False),
        sa.Column("vintage", sa.String(10), nullable=False),
        sa.Column("series", sa.String, nullable=False),
        sa.Column("review", sa.String, nullable=False),
        sa.Column("filing", sa.String, nullable=False),
        sa.Column("filed_date", sa.String(10), nullable=True),
        sa.Column("stat_year", sa.Integer, nullable=True),
        sa.Column("document_no", sa.String, nullable=True),
        sa.Column("published_by", sa.BigInteger, nullable=True),
        sa.Column("corrected_by", sa.BigInteger, nullable=True),
        sa.Column("changed_by", sa.BigInteger, nullable=False),
    )
    op.create_index(
        "entry_state_figure", "entry_state", ["deposit_id", "vintage", "series", "number"]
    )
    op.create_index("entry_state_document", "entry_state", ["document_no"])


def _make_standing() -> None:
    op.create_table(
        "standing",
        sa.Column("deposit_id", sa.String, primary_key=True),
        sa.Column("vintage", sa.String(10), primary_key=True),
        sa.Column("series", sa.String, primary_key=True),
        sa.Column("belt_id", sa.String, nullable=False),
        sa.Column("province", sa.String, nullable=True),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("domestic", sa.Boolean, nullable=False),
        sa.Column("newest", sa.BigInteger, nullable=False),
        sa.Column("usable", sa.BigInteger, nullable=True),
        sa.Column("published", sa.BigInteger, nullable=True),
        sa.Column("official", sa.BigInteger, nullable=True),
        sa.Column("review", sa.String, nullable=False),
        sa.Column("filing", sa.String, nullable=False),
        sa.Column("filed_date", sa.String(10), nullable=True),
        sa.Column("stat_year", sa.Integer, nullable=True),
        sa.Column("document_no", sa.String, nullable=True),
        sa.Column("changed_by", sa.BigInteger, nullable=False),
    )
    columns = ["series", "deposit_id", "vintage"]
    op.create_index("standing_usable", "standing", [*columns, "usable"])
    op.create_index("standing_published", "standing", [*columns, "published"])
    op.create_index("standing_official", "standing", ["official", "deposit_id", "vintage"])
    op.create_index("standing_scope", "standing", ["scope"])
    op.create_table(
        "standing_line",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("stock", sa.String, primary_key=True),
        sa.Column("part", sa.String, primary_key=True),
        sa.Column("class_name", sa.String, primary_key=True),
        sa.Column("element", sa.String, primary_key=True),
        sa.Column("kg", sa.BigInteger, nullable=False),
    )


def _fold_what_stands(bind: Any) -> None:
    """Rows of the latest entry of each deposit and vintage, all of them drafts of our own."""
    newest = "SELECT max(number) FROM ledger_entry GROUP BY deposit_id, vintage ORDER BY 1"
    entry_of = sa.text(
        "SELECT number, deposit_id, vintage, belt_id, content FROM ledger_entry"
        " WHERE number = :number"
    )
    standing = sa.text(
        "INSERT INTO standing (deposit_id, vintage, series, belt_id, scope, domestic, newest,"
        " usable, review, filing, changed_by)"
        " VALUES (:deposit_id, :vintage, 'internal', :belt_id,"
        " 'deposit', :yes, :number, :number, 'draft', 'draft', :number)"
    ).bindparams(sa.bindparam("yes", True, sa.Boolean))
    line = sa.text(
        "INSERT INTO standing_line (number, stock, part, class_name, element, kg)"
        " VALUES (:number, 'resource', :part, :class_name, :element, :kg)"
    )
    for number in bind.execute(sa.text(newest)).scalars().all():
        entry = bind.execute(entry_of, {"number": number}).mappings().one()
        key = {name: entry[name] for name in ("deposit_id", "vintage", "belt_id", "number")}
        bind.execute(standing, key)
        lines = [{"number": number, **found} for found in _lines(entry["content"])]
        if lines:
            bind.execute(line, lines)


def _lines(text: str) -> list[dict[str, Any]]:
    """Kilograms of a first-format content, by part, class and element, at its cut-off."""
    content = json.loads(text)
    sums: Counter[tuple[str, str, str]] = Counter()
    for part, rows in (("retained", "statement"), ("mined", "mined"), ("depletion", "depletion")):
        for row in content[rows]:
            # depletion stands at the opening model's cut-off, and only there
            if part != "depletion" and row["cutoff"] != content["reporting_cutoff"]:
                continue
            sums[part, row["class"], "ore"] += row["ore_kg"]
            for element, figure in row["elements"].items():
                sums[part, row["class"], element] += figure["metal_kg"]
    return [
        {"part": part, "class_name": name, "element": element, "kg": kg}
        for (part, name, element), kg in sorted(sums.items())
    ]


def triggers(dialect: str) -> list[str]:
    """Statements that make the triggers of the folded tables."""
    words = "changes only with a new entry"
    if dialect != "postgresql":
        return [
            f"CREATE TRIGGER {table}_{word} BEFORE {event} ON {table} WHEN {refused} "
            f"BEGIN SELECT RAISE(ABORT, '{table} {words}'); END"
            for (table, word, event), refused in REFUSED.items()
        ]
    statements = []
    for (table, word, event), refused in REFUSED.items():
        row = "OLD" if event == "DELETE" else "NEW"
        statements.append(
            f"CREATE FUNCTION {table}_{word}_check() RETURNS trigger LANGUAGE plpgsql AS $$"
            f" BEGIN IF {refused} THEN RAISE EXCEPTION '{table} {words}'; END IF;"
            f" RETURN {row}; END $$"
        )
        statements.append(
            f"CREATE TRIGGER {table}_{word} BEFORE {event} ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {table}_{word}_check()"
        )
    return statements + [
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_refuse()"
        for table in TABLES
    ]


def downgrade() -> None:
    """Refuse: an append-only ledger isn't taken apart."""
    raise RuntimeError("the ledger is append-only: there is no way back")
