"""A GitHub for the tests: its two APIs as they are documented, on loopback."""
