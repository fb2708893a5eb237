"""Benchmarks; `./coc bench NAME` runs `python -m tests.bench.NAME`."""
