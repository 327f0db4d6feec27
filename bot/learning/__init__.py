"""From verdicts to better models: examples, trainings, versions, and who is served which."""
