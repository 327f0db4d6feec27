"""Text out: weights, backends, tasks."""
