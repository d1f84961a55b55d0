"""Statistics: intervals, resampling and verdicts, as pure functions of arrays and tables."""
