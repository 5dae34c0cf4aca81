"""A first plan for a deposit, with its reasons, for a geologist to review."""

from estimation.proposal.propose import Proposal, propose

__all__ = ["Proposal", "propose"]
