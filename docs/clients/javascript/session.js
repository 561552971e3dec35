/** An access token that is renewed by its refresh token. Runs in browsers and in Node. */

import { SignedOut } from "./follow.js";

const REFRESH_SESSION = `
  mutation RefreshSession($input: RefreshSessionInput!) {
    refreshSession(input: $input) {
      ... on SessionPayload { accessToken refreshToken }
      ... on UserError { message }
    }
  }`;

export class Session {
  /** @param {{url: string, accessToken: string, refreshToken: string}} given `url` ends in /graphql */
  constructor({ url, accessToken, refreshToken }) {
    this.url = url;
    this.accessToken = accessToken;
    this.refreshToken = refreshToken;
  }

  authorization() {
    return `Bearer ${this.accessToken}`;
  }

  /** One renewal serves all who ask while it is under way: a refresh token is used once. Throws SignedOut. */
  renew() {
    this.renewing ??= this.#renew().finally(() => (this.renewing = undefined));
    return this.renewing;
  }

  async #renew() {
    const response = await fetch(this.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: REFRESH_SESSION, variables: { input: { refreshToken: this.refreshToken } } }),
    });
    const answer = (await response.json()).data?.refreshSession;
    if (!answer) throw new Error("The session could not be renewed now.");
    if (!answer.accessToken) throw new SignedOut(answer.message);
    ({ accessToken: this.accessToken, refreshToken: this.refreshToken } = answer);
  }
}
