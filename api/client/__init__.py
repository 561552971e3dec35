"""A client of the public API, as anybody could write it: it knows the contract and nothing of the server's insides."""
