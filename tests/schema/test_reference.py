"""docs/schema.md says everything that the schema says, and its links lead somewhere."""

import re

from graphql import GraphQLObjectType, is_introspection_type, is_specified_scalar_type

from schema.reference import reference
from schema.root import core_schema, print_sdl, schema

PAGE = reference(print_sdl())
HEADINGS = re.findall(r"^#{2,3} (.+)$", PAGE, re.MULTILINE)


def test_every_type_and_everything_that_can_be_asked_has_a_heading() -> None:
    core = core_schema(schema)
    types = {
        named.name
        for named in core.type_map.values()
        if not is_introspection_type(named) and not is_specified_scalar_type(named)
    }
    roots = [core.query_type, core.mutation_type, core.subscription_type]
    verbs = {f"{root.name}.{name}" for root in roots if isinstance(root, GraphQLObjectType) for name in root.fields}
    assert types | verbs <= set(HEADINGS)


def test_every_link_leads_to_a_heading() -> None:
    links = set(re.findall(r"\]\(#([^)]+)\)", PAGE))
    assert links
    assert links <= {heading.lower() for heading in HEADINGS}


def test_no_two_headings_have_the_same_anchor() -> None:
    anchors = [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in HEADINGS]
    assert sorted({anchor for anchor in anchors if anchors.count(anchor) > 1}) == []


def test_defaults_arguments_deprecations_and_directives_are_shown() -> None:
    page = reference(
        '''"A rule." directive @rule(of: String!) on FIELD_DEFINITION
        """All""" type Query { "Some | more." a("How many." first: Int = 3): [Thing!]! @rule(of: "reading") }
        "All" type Mutation { old: Int @deprecated(reason: "use a") } "All" type Subscription { b: Int }
        "A thing." type Thing { "Itself." me(depth: Int): Thing }'''
    )
    assert 'Gives [`[Thing!]!`](#thing). `@rule(of: "reading")`' in page
    assert "| `first` | `Int` | How many. Default `3`. |" in page
    assert '`@deprecated(reason: "use a")`' in page
    assert "| `me(depth: Int)` | [`Thing`](#thing) | Itself. |" in page
    assert "### @rule\n\nA rule." in page
