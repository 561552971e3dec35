"""Nobody reads, follows or changes what is not theirs, by any field, and nobody learns that it is there.

The matrix is the schema's own: every root field, every type of node and every way from one noun to another is tried by
nobody, a stranger, the owner, and API keys with and without scopes. What is new in the schema fails here until it is
classified, in `ACCESS`, `NODES` or `WAYS`, and the schema's directives have to say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast
from uuid import uuid4

import pytest
import pytest_asyncio
from gql.transport.exceptions import TransportQueryError
from graphql import GraphQLField, GraphQLObjectType, is_interface_type, is_introspection_type
from strawberry.types.field import StrawberryField

from schema.ids import global_id
from schema.permissions import Requires, SignedIn
from schema.root import core_schema, schema
from tests.harness import Api

CORE = core_schema(schema)


class Access(StrEnum):
    """Who may use a field at all. What is somebody else's is not there for anybody."""

    ANYBODY = "anybody"
    READ = "an account; an API key needs STORIES_READ"
    WRITE = "an account; an API key needs STORIES_WRITE"
    PERSON = "somebody who has signed in; no API key"


ACCESS = {
    "Query.me": Access.ANYBODY,
    "Query.storyPrice": Access.ANYBODY,
    "Query.artStyles": Access.ANYBODY,
    "Query.plans": Access.ANYBODY,
    "Query.creditPacks": Access.ANYBODY,
    "Query.creditHistory": Access.PERSON,
    "Mutation.startCheckout": Access.PERSON,
    "Mutation.openBillingPortal": Access.PERSON,
    "Query.voices": Access.ANYBODY,
    "Query.node": Access.READ,
    "Query.nodes": Access.READ,
    "Query.story": Access.READ,
    "Query.stories": Access.READ,
    "Query.character": Access.READ,
    "Query.characters": Access.READ,
    "Query.page": Access.READ,
    "Query.apiKeys": Access.PERSON,
    "Query.sessions": Access.PERSON,
    "Query.dataExport": Access.PERSON,
    "Query.consent": Access.ANYBODY,
    "Query.accountDeletion": Access.ANYBODY,  # its id is the secret: whom it was about is gone
    "Mutation.signUp": Access.ANYBODY,
    "Mutation.signIn": Access.ANYBODY,
    "Mutation.refreshSession": Access.ANYBODY,
    "Mutation.signOut": Access.ANYBODY,
    "Mutation.createCharacter": Access.WRITE,
    "Mutation.updateCharacter": Access.WRITE,
    "Mutation.deleteCharacter": Access.WRITE,
    "Mutation.createStory": Access.WRITE,
    "Mutation.cancelStory": Access.WRITE,
    "Mutation.resumeStory": Access.WRITE,
    "Mutation.deleteStory": Access.WRITE,
    "Mutation.rateStory": Access.WRITE,
    "Mutation.redoPage": Access.WRITE,
    "Mutation.editPageText": Access.WRITE,
    "Mutation.createApiKey": Access.PERSON,
    "Mutation.revokeApiKey": Access.PERSON,
    "Mutation.revokeSession": Access.PERSON,
    "Mutation.changePassword": Access.PERSON,
    "Mutation.requestEmailVerification": Access.PERSON,
    "Mutation.verifyEmail": Access.ANYBODY,
    "Mutation.requestPasswordReset": Access.ANYBODY,
    "Mutation.resetPassword": Access.ANYBODY,
    "Mutation.giveConsent": Access.PERSON,
    "Mutation.exportMyData": Access.PERSON,
    "Mutation.deleteAccount": Access.PERSON,
    "Subscription.storyProgress": Access.READ,
}
NODES = {
    "Voice": Access.ANYBODY,
    "User": Access.READ,
    "Story": Access.READ,
    "Page": Access.READ,
    "Character": Access.READ,
    "ApiKey": Access.PERSON,
    "Session": Access.PERSON,
}
"""Who may fetch a node of this type again, where it is theirs."""
WAYS = {
    "Story.characters": Access.ANYBODY,
    "Story.pages": Access.ANYBODY,
    "Page.story": Access.ANYBODY,
    "Story.voice": Access.ANYBODY,
    "CreditEntry.story": Access.ANYBODY,
    "User.creditHistory": Access.PERSON,
    "Character.stories": Access.READ,
    "StoryEdge.node": Access.ANYBODY,
    "CharacterEdge.node": Access.ANYBODY,
}
"""Who may go from one noun to the next: whoever came as far, unless a scope is needed anew. Events, connections and
payloads show what their own root field is about, and are not listed."""

CALLS = {
    "Query.node": ("node(id: $id) { id }", "Story"),
    "Query.nodes": ("nodes(ids: [$id]) { id }", "Story"),
    "Query.story": ("story(id: $id) { id }", "Story"),
    "Query.stories": ("stories(filter: {characterId: $id}) { edges { node { id } } }", "Character"),
    "Query.character": ("character(id: $id) { id }", "Character"),
    "Query.characters": ("characters { edges { node { id } } }", None),
    "Query.page": ("page(id: $id) { id }", "Page"),
    "Query.apiKeys": ("apiKeys { id }", None),
    "Query.creditHistory": ("creditHistory { totalCount }", None),
    "Mutation.startCheckout": ('startCheckout(input: {successUrl: "x", cancelUrl: "x"}) { __typename }', None),
    "Mutation.openBillingPortal": ('openBillingPortal(input: {returnUrl: "x"}) { __typename }', None),
    "Query.sessions": ("sessions { id }", None),
    "Query.dataExport": ("dataExport(id: $id) { id }", "DataExport"),
    "Mutation.createCharacter": ('createCharacter(input: {name: "A", appearance: "b"}) { __typename }', None),
    "Mutation.updateCharacter": ('updateCharacter(input: {id: $id, name: "Mo"}) { __typename }', "Character"),
    "Mutation.deleteCharacter": ("deleteCharacter(input: {id: $id}) { __typename }", "Character"),
    "Mutation.createStory": (
        'createStory(input: {premise: "a snail", characterIds: [$id]}) { __typename }',
        "Character",
    ),
    "Mutation.cancelStory": ("cancelStory(input: {id: $id}) { __typename }", "Story"),
    "Mutation.resumeStory": ('resumeStory(input: {id: $id, idempotencyKey: "a key"}) { __typename }', "Story"),
    "Mutation.deleteStory": ("deleteStory(input: {id: $id}) { __typename }", "Story"),
    "Mutation.rateStory": ("rateStory(input: {storyId: $id, stars: 5}) { __typename }", "Story"),
    "Mutation.redoPage": ("redoPage(input: {pageId: $id, parts: [IMAGE]}) { __typename }", "Page"),
    "Mutation.editPageText": ('editPageText(input: {pageId: $id, text: "Mine now."}) { __typename }', "Page"),
    "Mutation.createApiKey": ('createApiKey(input: {name: "A", scopes: [STORIES_READ]}) { __typename }', None),
    "Mutation.revokeApiKey": ("revokeApiKey(input: {id: $id}) { __typename }", "ApiKey"),
    "Mutation.revokeSession": ("revokeSession(input: {id: $id}) { __typename }", "Session"),
    "Mutation.changePassword": (
        'changePassword(input: {currentPassword: "correct horse battery", newPassword: "taken over by me"})'
        " { __typename }",
        None,
    ),
    "Mutation.requestEmailVerification": ("requestEmailVerification { __typename }", None),
    "Mutation.giveConsent": ('giveConsent(input: {version: "1"}) { __typename }', None),
    "Mutation.exportMyData": ("exportMyData { __typename }", None),
    "Mutation.deleteAccount": ('deleteAccount(input: {password: "correct horse battery"}) { __typename }', None),
}
"""How a field is asked, and of which type the id is that it takes. The subscription has tests of its own."""
RESERVED = [place for place, access in ACCESS.items() if access is not Access.ANYBODY and place in CALLS]
BY_ID = [place for place in RESERVED if CALLS[place][1] is not None]
MISSING_SCOPE = {Access.READ: "writer", Access.WRITE: "reader", Access.PERSON: "program"}
"""Which of the owner's keys comes closest, and may not."""


@dataclass
class Library:
    """What one parent owns, and who asks for it: the parent, three keys of the parent's, and others."""

    callers: dict[str, Api]
    ids: dict[str, str]

    def __getattr__(self, name: str) -> Api:
        return self.callers[name]


async def key_of(owner: Api, kind: str, *scopes: str) -> tuple[Api, str]:
    made = await owner.verb("createApiKey", "secret apiKey { id }", name=kind, scopes=scopes, kind=kind)
    return Api(owner.url, made["secret"], owner.http), made["apiKey"]["id"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def library(shared_app: Api) -> Library:
    owner = await shared_app.as_somebody()
    made = await owner.verb("createCharacter", "character { id }", name="Fennel", appearance="a fox")
    character = made["character"]["id"]
    answer = await owner.create_story(premise="A snail who wins a race", pageCount=1, characterIds=[character])
    story = answer["story"]
    user, voice, sessions = (await owner.ask("{ me { id } voices { id } sessions { id } }")).values()
    asked = await owner.ask("mutation { exportMyData { ... on ExportMyDataPayload { export { id } } } }")
    reader, key = await key_of(owner, "LIVE", "STORIES_READ")
    writer, _ = await key_of(owner, "LIVE", "STORIES_WRITE")
    program, _ = await key_of(owner, "LIVE", "STORIES_READ", "STORIES_WRITE")
    rehearsal, _ = await key_of(owner, "SANDBOX", "STORIES_READ", "STORIES_WRITE")
    stranger = await shared_app.as_somebody()
    return Library(
        {
            "owner": owner,
            "reader": reader,
            "writer": writer,
            "program": program,
            "rehearsal": rehearsal,
            "stranger": stranger,
            "strangers_program": (await key_of(stranger, "LIVE", "STORIES_READ", "STORIES_WRITE"))[0],
            "nobody": shared_app,
            "forger": Api(shared_app.url, "nonsense", shared_app.http),
        },
        {
            "Story": story["id"],
            "Page": story["pages"][0]["id"],
            "Character": character,
            "User": user["id"],
            "ApiKey": key,
            "Voice": voice[0]["id"],
            "Session": sessions[0]["id"],
            "DataExport": asked["exportMyData"]["export"]["id"],
        },
    )


def document(place: str) -> str:
    """The operation that asks one root field."""
    root = place.partition(".")[0].lower()
    call, kind = CALLS[place]
    return f"{root}{'($id: ID!)' if kind else ''} {{ {call} }}"


async def answer(api: Api, place: str, id: str | None) -> tuple[Any, list[str]]:
    """What the field gives, and the codes of the errors."""
    given = {} if CALLS[place][1] is None else {"id": id}
    body = await api.post(document(place), **given)
    codes = [error["extensions"]["code"] for error in body.get("errors", [])]
    return body["data"][place.partition(".")[2]], codes


def is_nothing(found: Any) -> bool:
    """Whether an answer shows nothing of anybody: null, an empty list, or NotFound."""
    if isinstance(found, dict):
        shown = cast(dict[str, Any], found)
        return shown.get("__typename") == "NotFound" or (
            "__typename" not in shown and all(map(is_nothing, shown.values()))
        )
    return not found or (isinstance(found, list) and all(map(is_nothing, cast(list[Any], found))))


BELONGINGS = """query($story: ID!, $character: ID!) {
    me { email credits { available reserved } }
    character(id: $character) { name appearance }
    characters { totalCount }
    apiKeys { id revokedAt }
    sessions { id }
    consent { givenAt }
    stories { edges { node { id } } }
    story(id: $story) { status updatedAt pages { text textStatus imageStatus audioStatus } } }"""


async def belongings(library: Library) -> dict[str, Any]:
    """All that a verb could change of what the owner has."""
    return await library.owner.ask(BELONGINGS, story=library.ids["Story"], character=library.ids["Character"])


# ---------------------------------------------------------------- the matrix is the schema's


def access_of(field: GraphQLField) -> Access:
    """What a field's directive says."""
    directives = cast(StrawberryField, field.extensions["strawberry-definition"]).directives
    for directive in directives:
        if isinstance(directive, SignedIn):
            return Access.PERSON
        if isinstance(directive, Requires):
            return Access.READ if directive.scope == "STORIES_READ" else Access.WRITE
    return Access.ANYBODY


ROOTS = ("Query", "Mutation", "Subscription")


def objects() -> list[GraphQLObjectType]:
    return [
        kind
        for kind in CORE.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not is_introspection_type(kind)
    ]


def node_types() -> set[str]:
    return {kind.name for kind in objects() if implements(kind, "Node")}


def implements(kind: GraphQLObjectType, interface: str) -> bool:
    return interface in (str(each) for each in cast(list[object], kind.interfaces))


def target_of(field: GraphQLField) -> str:
    """The name of the type that a field gives, in lists or not."""
    return str(cast(Any, field).type).strip("[]!")


def test_every_root_field_is_classified_and_its_directive_says_the_same() -> None:
    roots = [kind for kind in objects() if kind.name in ROOTS]
    told = {f"{kind.name}.{name}": access_of(field) for kind in roots for name, field in kind.fields.items()}
    assert told == ACCESS
    asked = {place for place, access in ACCESS.items() if access is not Access.ANYBODY}
    assert set(CALLS) == asked - {"Subscription.storyProgress"}


def test_every_type_of_node_is_classified() -> None:
    assert node_types() == set(NODES)


def test_every_way_from_noun_to_noun_is_classified_and_its_directive_says_the_same() -> None:
    nouns = node_types() | {kind for kind in CORE.type_map if kind.endswith("Connection")}
    shown = ("Payload", "Batch", *[kind.name for kind in objects() if implements(kind, "StoryEvent")])
    told = {
        f"{kind.name}.{name}": access_of(field)
        for kind in objects()
        if kind.name not in ROOTS and not kind.name.endswith(shown)
        for name, field in kind.fields.items()
        if target_of(field) in nouns or is_interface_type(CORE.type_map[target_of(field)])
    }
    assert told == WAYS


# ---------------------------------------------------------------- who is let in


@pytest.mark.parametrize("place", RESERVED)
@pytest.mark.parametrize("caller", ["nobody", "forger"])
async def test_nobody_is_let_in(library: Library, place: str, caller: str) -> None:
    before = await belongings(library)
    kind = CALLS[place][1]
    for id in (library.ids[kind], "nonsense") if kind else (None,):
        found, codes = await answer(library.callers[caller], place, id)
        assert is_nothing(found)
        # Voices are anybody's nodes, so anybody may hear that an id is none.
        is_no_id = id == "nonsense" and place in ("Query.node", "Query.nodes")
        assert codes == ["BAD_USER_INPUT" if is_no_id else "UNAUTHENTICATED"]
    assert await belongings(library) == before


@pytest.mark.parametrize("place", RESERVED)
async def test_a_key_without_the_scope_is_forbidden(library: Library, place: str) -> None:
    before = await belongings(library)
    kind = CALLS[place][1]
    for id in (library.ids[kind], global_id(kind, uuid4())) if kind else (None,):
        found, codes = await answer(library.callers[MISSING_SCOPE[ACCESS[place]]], place, id)
        assert is_nothing(found)
        assert codes == ["FORBIDDEN"]
    assert await belongings(library) == before


@pytest.mark.parametrize("place", [place for place in RESERVED if place.startswith("Query.")])
async def test_the_owner_and_a_key_with_the_scope_read_what_is_the_owners(library: Library, place: str) -> None:
    kind = CALLS[place][1]
    found, codes = await answer(library.owner, place, library.ids[kind] if kind else None)
    assert not is_nothing(found)
    assert codes == []
    if ACCESS[place] is Access.READ:
        for key in ("reader", "program"):
            assert await answer(library.callers[key], place, library.ids[kind] if kind else None) == (found, [])


def tries(places: list[str], person: str, *keys: str) -> list[tuple[str, str]]:
    """Every place with every caller who may try it: keys may not where it is a person's."""
    return [(place, who) for place in places for who in (person, *(() if ACCESS[place] is Access.PERSON else keys))]


@pytest.mark.parametrize(("place", "caller"), tries(BY_ID, "stranger", "strangers_program", "rehearsal"))
async def test_what_is_somebody_elses_is_not_there(library: Library, place: str, caller: str) -> None:
    """The owner's own sandbox key is a stranger to what is real."""
    api, (_, kind) = library.callers[caller], CALLS[place]
    assert kind is not None
    before, credits = await belongings(library), await api.credits()

    found = await answer(api, place, library.ids[kind])

    assert is_nothing(found[0])
    assert found == await answer(api, place, global_id(kind, uuid4()))
    assert found[1] == []
    assert await belongings(library) == before
    assert await api.credits() == credits


@pytest.mark.parametrize(
    ("place", "caller"),
    tries([place for place in BY_ID if place.startswith("Mutation.")], "owner", "writer", "program"),
)
async def test_who_may_change_things_is_let_in(library: Library, place: str, caller: str) -> None:
    """Tried with an id that never was: to be told so is to be let in. What happens then, other tests show."""
    kind = CALLS[place][1]
    assert kind is not None
    assert await answer(library.callers[caller], place, global_id(kind, uuid4())) == ({"__typename": "NotFound"}, [])


@pytest.mark.parametrize(
    "place", [place for place in RESERVED if CALLS[place][1] is None and place.startswith("Query.")]
)
async def test_a_list_holds_ones_own_alone(library: Library, place: str) -> None:
    found, codes = await answer(library.stranger, place, None)
    assert library.ids["Character"] not in str(found)
    assert library.ids["ApiKey"] not in str(found)
    assert library.ids["Session"] not in str(found)
    assert codes == []


@pytest.mark.parametrize("kind", NODES)
async def test_a_node_is_for_whom_its_type_says(library: Library, kind: str) -> None:
    id, access = library.ids[kind], NODES[kind]
    readers = {
        Access.ANYBODY: ["owner", "reader", "writer", "program", "rehearsal", "stranger", "nobody"],
        Access.READ: ["owner", "reader", "program"],
        Access.PERSON: ["owner"],
    }[access]
    if kind == "User":
        readers = [*readers, "rehearsal"]
    for query in ("query($id: ID!) { node(id: $id) { id } }", "query($id: ID!) { nodes(ids: [$id]) { id } }"):
        for name, api in library.callers.items():
            body = await api.post(query, id=id)
            (found,) = body["data"].values()
            if query.startswith("query($id: ID!) { nodes"):
                (found,) = found
            codes = [error["extensions"]["code"] for error in body.get("errors", [])]
            if name in readers or (access is Access.ANYBODY):
                assert (found, codes) == ({"id": id}, []), name
            elif name in ("nobody", "forger"):
                assert (found, codes) == (None, ["UNAUTHENTICATED"]), name
            elif name == "writer" or (access is Access.PERSON and name != "stranger"):
                assert (found, codes) == (None, ["FORBIDDEN"]), name
            else:
                assert (found, codes) == (None, []), name


async def test_a_verbs_answer_is_no_way_to_other_stories_without_the_scope(library: Library) -> None:
    query = """mutation($id: ID!) { updateCharacter(input: {id: $id, name: "Fennel"}) {
        ... on UpdateCharacterPayload { character { name stories { edges { node { premise } } } } } } }"""

    body = await library.writer.post(query, id=library.ids["Character"])

    assert body["data"] == {"updateCharacter": None}
    assert [error["extensions"]["code"] for error in body["errors"]] == ["FORBIDDEN"]


async def test_what_is_public_is_public(library: Library) -> None:
    query = "{ me { id } artStyles { key } voices { id } storyPrice(pageCount: 2) }"
    data = await library.nobody.ask(query)

    assert data["me"] is None
    assert len(data["artStyles"]) >= 6
    assert data["voices"]
    assert data["storyPrice"] == 4
    for key in ("reader", "writer", "program", "rehearsal"):
        assert await library.callers[key].ask(query) == {**data, "me": {"id": library.ids["User"]}}
    body = await library.forger.post(query)
    assert [error["extensions"]["code"] for error in body["errors"]] == ["UNAUTHENTICATED"]


async def test_a_key_signs_nobody_out(library: Library) -> None:
    query = "mutation { signOut { ... on SignOutPayload { signedOut } } }"
    assert await library.program.ask(query) == {"signOut": {"signedOut": False}}
    assert await library.program.ask("{ me { id } }") == {"me": {"id": library.ids["User"]}}


# ---------------------------------------------------------------- following


async def follow_code(api: Api, id: str) -> str:
    """The code with which a follower is refused."""
    with pytest.raises(TransportQueryError) as refused:
        await anext(api.follow(id, "events { __typename }"))
    (error,) = refused.value.errors or []
    return error["extensions"]["code"]


async def test_a_story_is_followed_by_whom_it_belongs_to(library: Library) -> None:
    story = library.ids["Story"]
    for api in (library.owner, library.reader, library.program):
        async for batch in api.follow(story, "events { __typename }"):
            assert batch["events"] == [{"__typename": "StorySnapshot"}]
            break

    for api in (library.stranger, library.strangers_program, library.rehearsal):
        assert await follow_code(api, story) == "NOT_FOUND"
        assert await follow_code(api, library.ids["Character"]) == "NOT_FOUND"
    for id in (story, "nonsense"):
        assert await follow_code(library.nobody, id) == "UNAUTHENTICATED"
        assert await follow_code(library.writer, id) == "FORBIDDEN"
