"""How GraphQL names it: types, unions, one screen of verbs."""

# Strawberry names an enum when it first meets it, and ours have to be told to it before that.
from schema import vocabulary as vocabulary
