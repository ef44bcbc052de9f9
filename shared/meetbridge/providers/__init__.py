"""The calendar services; each in its own package, none knows another."""
