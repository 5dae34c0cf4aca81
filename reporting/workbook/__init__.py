"""Excel workbooks: real numbers with their units."""
