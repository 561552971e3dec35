"""The offline writer's grammar: a premise is read, a plot laid out, and pages told from hand-written sentences.

premise -> casting -> outline -> plan and prose; `data/` holds the words, so that an author can add some without code.
"""
