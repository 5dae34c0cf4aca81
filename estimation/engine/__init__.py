"""The kriging engine: from samples and a plan to the numbers of a tile."""
