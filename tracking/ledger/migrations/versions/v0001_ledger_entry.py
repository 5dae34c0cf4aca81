"""The ledger's first schema: one append-only, hash-chained table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

GENESIS = "0" * 64

# A number out of turn, or a hash that is not the last one's, never gets in. The EXISTS clause
# also stops SQLite's INSERT OR REPLACE, which deletes the row in its way without firing the
# trigger on DELETE.
OUT_OF_CHAIN = f"""
    NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM ledger_entry)
    OR NEW.previous_hash <> coalesce(
        (SELECT entry_hash FROM ledger_entry ORDER BY number DESC LIMIT 1), '{GENESIS}')
    OR EXISTS (SELECT 1 FROM ledger_entry
               WHERE entry_hash = NEW.entry_hash OR supersedes = NEW.supersedes)
"""

SQLITE = (
    f"""CREATE TRIGGER ledger_entry_append BEFORE INSERT ON ledger_entry
    WHEN {OUT_OF_CHAIN}
    BEGIN SELECT RAISE(ABORT, 'ledger_entry: an entry is appended to the chain''s end'); END""",
    """CREATE TRIGGER ledger_entry_no_update BEFORE UPDATE ON ledger_entry
    BEGIN SELECT RAISE(ABORT, 'ledger_entry is append-only: no UPDATE'); END""",
    """CREATE TRIGGER ledger_entry_no_delete BEFORE DELETE ON ledger_entry
    BEGIN SELECT RAISE(ABORT, 'ledger_entry is append-only: no DELETE'); END""",
)

POSTGRESQL = (
    """CREATE FUNCTION ledger_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION USING MESSAGE = 'ledger_entry is append-only: no ' || TG_OP; END $$""",
    f"""CREATE FUNCTION ledger_entry_check_append() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF {OUT_OF_CHAIN} THEN
            RAISE EXCEPTION 'ledger_entry: an entry is appended to the chain''s end';
        END IF;
        RETURN NEW;
    END $$""",
    """CREATE TRIGGER ledger_entry_append BEFORE INSERT ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_check_append()""",
    """CREATE TRIGGER ledger_entry_no_update BEFORE UPDATE ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_refuse()""",
    """CREATE TRIGGER ledger_entry_no_delete BEFORE DELETE ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_refuse()""",
    """CREATE TRIGGER ledger_entry_no_truncate BEFORE TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_refuse()""",
)


def upgrade() -> None:
    """Make the table, its index for "latest of a deposit and vintage", and its triggers."""
    op.create_table(
        "ledger_entry",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("belt_id", sa.String, nullable=False),
        sa.Column("deposit_id", sa.String, nullable=False),
        sa.Column("vintage", sa.String(10), nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("entry_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("run_id", sa.String, nullable=False),
        sa.Column("recorded_at", sa.String(32), nullable=False),
        sa.Column("code_version", sa.String, nullable=False),
        sa.Column("supersedes", sa.BigInteger, nullable=True, unique=True),
    )
    op.create_index("ledger_entry_figure", "ledger_entry", ["deposit_id", "vintage", "number"])
    for statement in triggers(op.get_bind().dialect.name):
        op.get_bind().exec_driver_sql(statement)


def triggers(dialect: str) -> tuple[str, ...]:
    """Statements that make the triggers of the table, and on PostgreSQL their functions."""
    return POSTGRESQL if dialect == "postgresql" else SQLITE


def downgrade() -> None:
    """Refuse: an append-only ledger isn't taken apart."""
    raise RuntimeError("the ledger is append-only: there is no way back")
