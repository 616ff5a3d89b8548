"""What binderhub-lite costs, beside the bare thing; docs/performance.md tells how to read it."""
