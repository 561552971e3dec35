"""Measures what the README claims, on real servers and processes of its own, over loopback: `make bench`."""
