"""What stops an estimate, said in one sentence with its fix."""

from __future__ import annotations


class EstimationError(Exception):
    """Data and plan do not go together (no sample of an element, no density of a domain)."""
