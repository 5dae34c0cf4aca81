"""Exploratory data analysis: statistics, declustering, top cuts, contacts."""
