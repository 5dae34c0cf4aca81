"""The site: its frame, its pages, and how they are built and swapped in whole."""
