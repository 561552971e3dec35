"""An access token that is renewed by its refresh token."""

import httpx
from book import Json
from follow import Lost, SignedOut

_REFRESH_SESSION = """
mutation RefreshSession($input: RefreshSessionInput!) {
  refreshSession(input: $input) {
    ... on SessionPayload { accessToken refreshToken }
    ... on UserError { message }
  }
}
"""


class TokenSession:
    """`url` ends in /graphql. Not for two tasks at once: a refresh token is used once."""

    def __init__(self, url: str, access_token: str, refresh_token: str) -> None:
        self._url = url
        self._access_token = access_token
        self._refresh_token = refresh_token

    def authorization(self) -> str:
        return f"Bearer {self._access_token}"

    async def renew(self) -> None:
        """Raises SignedOut, and Lost where the server can't be asked now."""
        body = {"query": _REFRESH_SESSION, "variables": {"input": {"refreshToken": self._refresh_token}}}
        try:
            async with httpx.AsyncClient() as http:
                answer: Json = (await http.post(self._url, json=body)).json()
        except (httpx.HTTPError, ValueError) as error:
            raise Lost from error
        data: Json = answer.get("data") or {}
        session: Json | None = data.get("refreshSession")
        if session is None:
            raise Lost
        if "accessToken" not in session:
            raise SignedOut(session["message"])
        self._access_token: str = session["accessToken"]
        self._refresh_token: str = session["refreshToken"]
