"""Signing up, in and out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import field, mutation

from resolvers import accounts
from schema.accounts import User
from schema.context import Info
from schema.errors import EmailTaken, InvalidCredentials, InvalidInput, refusing
from schema.inputs import ONE


@strawberry.input(description="A new account.")
class SignUpInput:
    email: str = field(description="The address to sign in with.")
    password: str = field(description="8 to 128 characters, and not among the commonest.")
    display_name: str | None = field(default=None, description="What to call you.")


@strawberry.input(description="What an account signs in with.")
class SignInInput:
    email: str = field(description="The account's address.")
    password: str = field(description="The account's password.")


@strawberry.input(description="A refresh token, which is spent by this.")
class RefreshSessionInput:
    refresh_token: str = field(description="The newest one of the session.")


@strawberry.type(description="Signed in.")
class SessionPayload:
    access_token: str = field(description="Send it as `Authorization: Bearer …`.")
    refresh_token: str = field(description="Gets the next access token, once.")
    expires_at: datetime = field(description="When the access token ends.")
    user: User = field(description="Who is signed in.")

    @classmethod
    def of(cls, session: accounts.Session) -> SessionPayload:
        return cls(
            access_token=session.access_token,
            refresh_token=session.refresh_token,
            expires_at=session.expires_at,
            user=User.of(session.account),
        )


@strawberry.type(description="Signed out.")
class SignOutPayload:
    signed_out: bool = field(description="Whether there was a session to end.")


SignUpResult = Annotated[
    SessionPayload | InvalidInput | EmailTaken, strawberry.union("SignUpResult", description="What signUp answers.")
]
SignInResult = Annotated[
    SessionPayload | InvalidCredentials, strawberry.union("SignInResult", description="What signIn answers.")
]
RefreshSessionResult = Annotated[
    SessionPayload | InvalidCredentials,
    strawberry.union("RefreshSessionResult", description="What refreshSession answers."),
]
SignOutResult = Annotated[SignOutPayload, strawberry.union("SignOutResult", description="What signOut answers.")]


@strawberry.type
class AccountVerbs:
    """What is done with accounts; a part of Mutation."""

    @mutation(description="Makes an account and signs it in.")
    @refusing
    async def sign_up(self, info: Info, input: Annotated[SignUpInput, ONE]) -> SignUpResult | None:
        session = await accounts.sign_up(
            info.context.house, input.email, input.password, input.display_name, info.context.caller.client
        )
        return SessionPayload.of(session)

    @mutation(description="Signs in.")
    @refusing
    async def sign_in(self, info: Info, input: Annotated[SignInInput, ONE]) -> SignInResult | None:
        client = info.context.caller.client
        return SessionPayload.of(await accounts.sign_in(info.context.house, input.email, input.password, client))

    @mutation(description="Gets a new access token, and the next refresh token, for a refresh token.")
    @refusing
    async def refresh_session(
        self, info: Info, input: Annotated[RefreshSessionInput, ONE]
    ) -> RefreshSessionResult | None:
        client = info.context.caller.client
        return SessionPayload.of(await accounts.refresh(info.context.house, input.refresh_token, client))

    @mutation(description="Ends the session of the token that is sent; none of its tokens holds any more.")
    @refusing
    async def sign_out(self, info: Info) -> SignOutResult | None:
        return SignOutPayload(signed_out=await accounts.sign_out(info.context.house, info.context.caller))
