"""The three-dimensional page: a deposit's blocks and holes, small enough to lie in one file."""
