"""What the team knows: read it, cut it, embed it, index it, find it."""
