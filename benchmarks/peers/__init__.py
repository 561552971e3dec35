"""Servers of other makes that send the same, to be measured beside ours."""
