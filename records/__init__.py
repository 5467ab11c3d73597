"""The call log: append-only events, their folds, recordings, redaction, retention and erasure."""
