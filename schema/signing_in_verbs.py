"""Keeping an account one's own: sessions, password, e-mail address."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import field, mutation

from models.accounts import SignIn
from resolvers import signing_in
from schema.context import Info
from schema.errors import InvalidCredentials, InvalidInput, NotFound, refusing
from schema.ids import Node, global_id, row_of
from schema.inputs import ONE
from schema.permissions import signed_in


@strawberry.type(description="A client that is signed in to the account.")
class Session(Node):
    created_at: datetime = field(description="When it signed in.")
    last_used_at: datetime = field(description="When it last refreshed, which clients do every ten minutes or so.")
    expires_at: datetime = field(description="When it has to sign in again.")
    client: str | None = field(description="What the client calls itself: its User-Agent.")
    current: bool = field(description="Whether it is the one that asks.")

    @classmethod
    def of(cls, info: Info, row: SignIn) -> Session:
        return cls(
            id=global_id("Session", row.id),
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            expires_at=row.expires_at,
            client=row.client,
            current=row.id == info.context.caller.sign_in_id,
        )


@strawberry.input(description="Which session ends.")
class RevokeSessionInput:
    id: strawberry.ID = field(description="The session.")


@strawberry.input(description="A new password for somebody who knows the old one.")
class ChangePasswordInput:
    current_password: str = field(description="The password until now.")
    new_password: str = field(description="8 to 128 characters, and not among the commonest.")


@strawberry.input(description="What a letter's link proves.")
class VerifyEmailInput:
    token: str = field(description="The last part of the link.")


@strawberry.input(description="Whose password is forgotten.")
class RequestPasswordResetInput:
    email: str = field(description="The account's address.")


@strawberry.input(description="A new password for somebody who reads the account's mail.")
class ResetPasswordInput:
    token: str = field(description="The last part of the letter's link.")
    new_password: str = field(description="8 to 128 characters, and not among the commonest.")


@strawberry.type(description="The session is over, and its tokens with it.")
class RevokeSessionPayload:
    revoked_id: strawberry.ID = field(description="The id it had.")


@strawberry.type(description="The new password holds; every other session is over.")
class ChangePasswordPayload:
    changed: bool = field(description="True.")


@strawberry.type(description="A letter is on its way, unless there is nothing to verify.")
class RequestEmailVerificationPayload:
    requested: bool = field(description="False where the address is verified already.")


@strawberry.type(description="The address is known to be read by the account's owner.")
class VerifyEmailPayload:
    verified: bool = field(description="True.")


@strawberry.type(description="If the address has an account, a letter is on its way. Nobody learns whether it has.")
class RequestPasswordResetPayload:
    requested: bool = field(description="True.")


@strawberry.type(
    description=(
        "The new password holds; every session is over, and API keys go on. Where the address was not verified before, "
        "keys end too: somebody else may have made them."
    )
)
class ResetPasswordPayload:
    reset: bool = field(description="True.")


RevokeSessionResult = Annotated[
    RevokeSessionPayload | NotFound,
    strawberry.union("RevokeSessionResult", description="What revokeSession answers."),
]
ChangePasswordResult = Annotated[
    ChangePasswordPayload | InvalidInput | InvalidCredentials,
    strawberry.union("ChangePasswordResult", description="What changePassword answers."),
]
RequestEmailVerificationResult = Annotated[
    RequestEmailVerificationPayload,
    strawberry.union("RequestEmailVerificationResult", description="What requestEmailVerification answers."),
]
VerifyEmailResult = Annotated[
    VerifyEmailPayload | InvalidCredentials,
    strawberry.union("VerifyEmailResult", description="What verifyEmail answers."),
]
RequestPasswordResetResult = Annotated[
    RequestPasswordResetPayload | InvalidInput,
    strawberry.union("RequestPasswordResetResult", description="What requestPasswordReset answers."),
]
ResetPasswordResult = Annotated[
    ResetPasswordPayload | InvalidInput | InvalidCredentials,
    strawberry.union("ResetPasswordResult", description="What resetPassword answers."),
]


@strawberry.type
class SigningInVerbs:
    """What is done with sessions, password and address; a part of Mutation."""

    @mutation(description="Ends one of your sessions at once.", extensions=signed_in())
    @refusing
    async def revoke_session(self, info: Info, input: Annotated[RevokeSessionInput, ONE]) -> RevokeSessionResult | None:
        id = row_of(input.id, "Session")
        await signing_in.revoke_session(info.context.house, info.context.caller, id)
        return RevokeSessionPayload(revoked_id=global_id("Session", id))

    @mutation(description="Changes your password. Every other session ends.", extensions=signed_in())
    @refusing
    async def change_password(
        self, info: Info, input: Annotated[ChangePasswordInput, ONE]
    ) -> ChangePasswordResult | None:
        await signing_in.change_password(
            info.context.house, info.context.caller, input.current_password, input.new_password
        )
        return ChangePasswordPayload(changed=True)

    @mutation(
        description="Has a letter sent to your address; its link, for verifyEmail, holds for 30 minutes, once.",
        extensions=signed_in(),
    )
    @refusing
    async def request_email_verification(self, info: Info) -> RequestEmailVerificationResult | None:
        asked = await signing_in.request_verification(info.context.house, info.context.caller)
        return RequestEmailVerificationPayload(requested=asked)

    @mutation(description="Proves that an account's address is read by its owner. The token is enough.")
    @refusing
    async def verify_email(self, info: Info, input: Annotated[VerifyEmailInput, ONE]) -> VerifyEmailResult | None:
        await signing_in.verify_email(info.context.house, info.context.caller.client, input.token)
        return VerifyEmailPayload(verified=True)

    @mutation(
        description="Has a letter sent to an address, if it has an account; its link, for resetPassword, holds for "
        "30 minutes, once. The answer is the same where there is no account."
    )
    @refusing
    async def request_password_reset(
        self, info: Info, input: Annotated[RequestPasswordResetInput, ONE]
    ) -> RequestPasswordResetResult | None:
        await signing_in.request_reset(info.context.house, info.context.caller.client, input.email)
        return RequestPasswordResetPayload(requested=True)

    @mutation(description="Sets a new password with a letter's token. Every session ends.")
    @refusing
    async def reset_password(self, info: Info, input: Annotated[ResetPasswordInput, ONE]) -> ResetPasswordResult | None:
        await signing_in.reset_password(info.context.house, info.context.caller.client, input.token, input.new_password)
        return ResetPasswordPayload(reset=True)
