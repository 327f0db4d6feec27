"""Answers that people gave each other, which a trusted person endorsed: documents of their own."""
