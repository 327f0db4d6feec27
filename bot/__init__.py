"""What talks, remembers and decides."""
