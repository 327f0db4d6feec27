"""The schedule: what is done by itself, when, by which replica, and what came of it."""
