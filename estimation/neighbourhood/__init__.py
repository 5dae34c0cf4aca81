"""The kriging neighbourhood: which block, samples, discretization and search."""
