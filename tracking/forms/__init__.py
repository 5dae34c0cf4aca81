"""Forms of records from outside: their words, their reading, and what makes one whole."""
