"""What the reading room is told beside the estimates: plain records, gathered by flows."""
