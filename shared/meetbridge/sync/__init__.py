"""How a meeting and an event become the same: pure planning, no I/O."""
