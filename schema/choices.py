"""What a parent chooses from: the styles that stories are drawn in, and the voices that read them."""

from __future__ import annotations

import strawberry
from strawberry import field

from models.styles import ArtStyle as ArtStyleRow
from schema.context import Info
from schema.ids import Node, global_id


@strawberry.type(description="A style that stories can be drawn in.")
class ArtStyle:
    key: str = field(description="What createStory takes.")
    name: str = field(description="What to show.")
    description: str = field(description="How it looks.")

    @classmethod
    def of(cls, style: ArtStyleRow) -> ArtStyle:
        return cls(key=style.key, name=style.name, description=style.description)


@strawberry.type(description="A narrator's voice.")
class Voice(Node):
    name: str = field(description="What to show.")
    language: str = field(description="BCP 47.")
    description: str = field(description="How it sounds.")

    @classmethod
    def by_id(cls, info: Info, id: str | None) -> Voice | None:
        for sheet in info.context.house.voices:
            if sheet.id == id:
                return cls(
                    id=global_id("Voice", sheet.id),
                    name=sheet.name,
                    language=sheet.language,
                    description=sheet.description,
                )
        return None
