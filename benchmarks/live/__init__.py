"""Measures how followers are served live, beside servers of other makes, over loopback: `make bench-live`."""
