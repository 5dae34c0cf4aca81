"""Growth from baselines, what is needed, and projections to the deadline."""
