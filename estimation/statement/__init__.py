"""From blocks to a statement: classes, density, constraints, standards."""
