"""The steps of one story, each a plain function of what it needs."""
