"""What goes wrong with a ledger, told to people in both languages."""

from __future__ import annotations


class LedgerError(Exception):
    """The ledger can't be opened, read or written, or refuses what it was told."""


class NewerLedgerError(LedgerError):
    """The ledger was written by a later version of the program."""


class StateError(LedgerError):
    """A figure can't go where somebody wants it to; the message names the moves that it can."""
