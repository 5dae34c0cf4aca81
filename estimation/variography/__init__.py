"""Variograms: experimental, modelled, proposed."""
