"""Knowledge gaps: what people asked and the sources did not answer, and where to write it."""
