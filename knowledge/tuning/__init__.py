"""Fine-tuning of the embedder: what it learns from, how it learns, and how it is served."""
