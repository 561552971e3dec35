"""What a caller may do: plain async functions that take a Caller and return models."""
