"""Schema versions of the ledger (Alembic), run by :func:`tracking.ledger.schema.upgrade`."""
