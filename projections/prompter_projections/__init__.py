"""Folds over the log, the read models they keep, and the worker that keeps them current."""
