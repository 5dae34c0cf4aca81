"""The report pack: all figures, tables and documents of one estimate in one folder."""
