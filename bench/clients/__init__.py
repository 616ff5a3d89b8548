"""Processes that put load on an instance; `bench.own_process` runs them."""
