"""Training: a loop that can be killed at any step, and what a model learns to answer from."""
