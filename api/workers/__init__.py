"""RQ workers that keep many jobs in flight on one event loop; see `docs/workers.md`."""
