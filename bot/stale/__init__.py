"""Stale answers: those whose sources changed are checked again, and corrected where they stand."""
