"""Benchmarks: one file per question, each prints one line of JSON (docs/reference/benchmarks.md)."""
