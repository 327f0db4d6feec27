"""A Slack whose channels are read as a source."""
