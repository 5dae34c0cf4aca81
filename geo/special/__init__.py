"""Special values: below detection, over range, not assayed; each kept apart until a rule speaks."""
