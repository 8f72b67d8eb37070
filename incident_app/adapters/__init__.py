"""The outside world: one file per vendor, each fulfilling a port of the domain."""
