"""How GraphQL names it: types, unions, one screen of verbs."""
