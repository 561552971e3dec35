"""The screens that are read: what each asks for, word for word the same of every server."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from benchmarks.reads.library import Reader
from schema.ids import global_id

LIBRARY = """query Library {
  stories(first: 20) {
    edges { node {
      id title status
      characters { id name }
      pages { id number text textStatus image { key alt blurhash } }
    } }
    pageInfo { hasNextPage endCursor }
  }
}"""
BOOK = """query Book($id: ID!) {
  story(id: $id) {
    id title premise status ageBand language pageCount createdAt
    characters { name portrait { url blurhash } }
    pages { number text textStatus image { url alt blurhash } }
  }
}"""
SHELF = """query Shelf {
  stories(first: 20) {
    edges { node { id title cover { url blurhash } } }
    pageInfo { hasNextPage endCursor }
  }
}"""
PAGE = """query Page($id: ID!) {
  page(id: $id) { id number text image { url width height alt blurhash } }
}"""


@dataclass(frozen=True, slots=True)
class Screen:
    """`kind` is of the object whose id is sent, where one is."""

    name: str
    what: str
    query: str
    kind: str | None = None

    def variables(self, reader: Reader) -> dict[str, str]:
        ids: dict[str, UUID] = {"Story": reader.story, "Page": reader.page}
        return {} if self.kind is None else {"id": global_id(self.kind, ids[self.kind])}


SCREENS = (
    Screen("library", "20 stories with their casts and all 10 pages each", LIBRARY),
    Screen("book", "one story with everything", BOOK, "Story"),
    Screen("shelf", "20 titles and covers", SHELF),
    Screen("page", "one page", PAGE, "Page"),
    Screen("__typename", "nothing", "{ __typename }"),
)
