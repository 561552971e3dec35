"""What an account may do with what is stored about it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, cast

import strawberry
from strawberry import field, mutation

from models.errands import Errand, ErrandStatus
from resolvers import personal
from schema.context import Info
from schema.errors import InvalidCredentials, InvalidInput, refusing
from schema.ids import global_id
from schema.inputs import ONE
from schema.permissions import signed_in


@strawberry.type(description="What a parent agrees to before the first story.")
class Consent:
    version: str = field(description="Rises when the wording changes; giveConsent takes it.")
    wording: str = field(description="What is agreed to.")
    required: bool = field(description="Whether stories can be made only after it was given.")
    given_at: datetime | None = field(description="When this account agreed to this version; null where it has not.")

    @classmethod
    def of(cls, agreement: personal.Agreement) -> Consent:
        return cls(
            version=agreement.version,
            wording=agreement.wording,
            required=agreement.required,
            given_at=agreement.given_at,
        )


@strawberry.type(description="How much of one kind.")
class RemovedCount:
    what: str = field(description="Of what: stories, pages, pictures, recordings, characters, …")
    count: int = field(description="How many.")


@strawberry.type(description="The removal of an account, and in the end the receipt for it. It names nobody.")
class AccountDeletion:
    id: strawberry.ID = field(description="Keep it: it is all that is needed to read the receipt.")
    status: ErrandStatus = field(description="Where it stands.")
    requested_at: datetime = field(description="When it was asked for; the account was closed in that moment.")
    finished_at: datetime | None = field(description="When everything was removed.")
    removed: list[RemovedCount] = field(description="What has been found to be removed.")

    @classmethod
    def of(cls, errand: Errand) -> AccountDeletion:
        counts = cast("dict[str, int]", (errand.outcome or {}).get("removed", {}))
        return cls(
            id=global_id("AccountDeletion", errand.id),
            status=errand.status,
            requested_at=errand.created_at,
            finished_at=errand.finished_at,
            removed=[RemovedCount(what=what, count=count) for what, count in counts.items() if count],
        )


@strawberry.type(description="A zip of everything that is stored about you.")
class DataExport:
    id: strawberry.ID = field(description="For dataExport.")
    status: ErrandStatus = field(description="Where it stands; ask again until it is DONE.")
    requested_at: datetime = field(description="When it was asked for.")
    url: str | None = field(description="A signed link to the zip, while it is there.")
    size_bytes: int | None = field(description="How large the zip is.")
    expires_at: datetime | None = field(description="When the zip is removed.")

    @classmethod
    def of(cls, export: personal.Export) -> DataExport:
        return cls(
            id=global_id("DataExport", export.errand.id),
            status=export.errand.status,
            requested_at=export.errand.created_at,
            url=export.url,
            size_bytes=export.size_bytes,
            expires_at=export.expires_at,
        )


@strawberry.input(description="What is agreed to.")
class GiveConsentInput:
    version: str = field(description="The version of the wording that was read.")


@strawberry.input(description="Closing the account for good.")
class DeleteAccountInput:
    password: str = field(description="The account's password, once more.")


@strawberry.type(description="The consent as it stands now.")
class GiveConsentPayload:
    consent: Consent = field(description="The consent.")


@strawberry.type(description="The account is closed; everything about its person is being removed.")
class DeleteAccountPayload:
    deletion: AccountDeletion = field(description="What becomes of it.")


@strawberry.type(description="The export is being made.")
class ExportMyDataPayload:
    export: DataExport = field(description="The export.")


GiveConsentResult = Annotated[
    GiveConsentPayload | InvalidInput, strawberry.union("GiveConsentResult", description="What giveConsent answers.")
]
DeleteAccountResult = Annotated[
    DeleteAccountPayload | InvalidCredentials,
    strawberry.union("DeleteAccountResult", description="What deleteAccount answers."),
]
ExportMyDataResult = Annotated[
    ExportMyDataPayload, strawberry.union("ExportMyDataResult", description="What exportMyData answers.")
]


@strawberry.type
class PersonalVerbs:
    """What is done with what is stored about a person; a part of Mutation."""

    @mutation(description="Agrees to what a parent has to agree to.", extensions=signed_in())
    @refusing
    async def give_consent(self, info: Info, input: Annotated[GiveConsentInput, ONE]) -> GiveConsentResult | None:
        given = await personal.give_consent(info.context.house, info.context.caller, input.version)
        return GiveConsentPayload(consent=Consent.of(given))

    @mutation(
        description="Closes your account at once and for good, and has everything removed that is stored about you: "
        "stories, pictures, recordings, characters, sessions, keys. What was paid stays in the books, without you.",
        extensions=signed_in(),
    )
    @refusing
    async def delete_account(self, info: Info, input: Annotated[DeleteAccountInput, ONE]) -> DeleteAccountResult | None:
        errand = await personal.delete_account(info.context.house, info.context.caller, input.password)
        return DeleteAccountPayload(deletion=AccountDeletion.of(errand))

    @mutation(
        description=(
            "Has a zip made of everything that is stored about you, three times a day at most; one that is being made "
            "is given again."
        ),
        extensions=signed_in(),
    )
    @refusing
    async def export_my_data(self, info: Info) -> ExportMyDataResult | None:
        export = await personal.export_data(info.context.house, info.context.caller)
        return ExportMyDataPayload(export=DataExport.of(export))
