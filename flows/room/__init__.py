"""Gathering what pages say from what the workspace keeps, and making ready what they offer."""
