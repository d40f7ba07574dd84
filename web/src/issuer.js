// What is asked of the issuer: the authorization code flow with PKCE, and refreshed tokens. Loaded when
// it is first needed, because the library below it is the largest file of the console.

import * as oauth from "../vendor/oauth4webapi.js";
import { CONSOLE } from "./places.js";
import { SignInError } from "./session.js";

/** @typedef {{accessToken: string, refreshToken?: string, expiresIn?: number, person?: Record<string, unknown>}} Tokens */

export class Issuer {
  /** The console, as a client of the issuer. @type {oauth.Client} */
  #client;
  /** @type {oauth.AuthorizationServer | null} */
  #server = null;

  /** @param {import("./session.js").Settings} settings */
  constructor(settings) {
    this.settings = settings;
    this.#client = { client_id: settings.clientId ?? "" };
  }

  /** @returns {{[oauth.allowInsecureRequests]?: boolean}} */
  get #options() {
    const isHttp = new URL(this.settings.issuer ?? "").protocol === "http:";
    // Only the settings of the service can name such an issuer.
    return isHttp ? { [oauth.allowInsecureRequests]: true } : {};
  }

  async #discovered() {
    if (this.#server) return this.#server;
    if (!this.settings.issuer) throw new SignInError("The settings of the service name no issuer for the console.");
    const issuer = new URL(this.settings.issuer);
    const response = await oauth.discoveryRequest(issuer, { algorithm: "oidc", ...this.#options });
    return (this.#server = await oauth.processDiscoveryResponse(issuer, response));
  }

  /** The tokens of the person who signs in.
   * @param {(address: URL, state: string) => Promise<URLSearchParams>} ask opens the issuer's page, and returns
   * what it answers to the request with this state
   * @returns {Promise<Tokens>} */
  async signIn(ask) {
    const server = await this.#discovered();
    if (!server.authorization_endpoint) throw new SignInError("The issuer has no page to sign in.");
    const [verifier, state, nonce] = [
      oauth.generateRandomCodeVerifier(),
      oauth.generateRandomState(),
      oauth.generateRandomNonce(),
    ];
    const address = new URL(server.authorization_endpoint);
    for (const [name, value] of Object.entries({
      client_id: this.#client.client_id,
      response_type: "code",
      redirect_uri: CONSOLE.href,
      scope: this.settings.scopes,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
    })) {
      address.searchParams.set(name, value);
    }
    const parameters = oauth.validateAuthResponse(server, this.#client, await ask(address, state), state);
    const response = await oauth.authorizationCodeGrantRequest(
      server, this.#client, oauth.None(), parameters, CONSOLE.href, verifier, this.#options,
    );
    const expectedNonce = this.settings.scopes.split(" ").includes("openid") ? nonce : undefined;
    return taken(await oauth.processAuthorizationCodeResponse(server, this.#client, response, { expectedNonce }));
  }

  /** New tokens for a refresh token, with these permissions alone if any are named.
   * @param {string} refreshToken
   * @param {string[]} [permissions]
   * @returns {Promise<Tokens>} */
  async refresh(refreshToken, permissions) {
    const server = await this.#discovered();
    const scope = permissions && ["openid", ...permissions].join(" ");
    const response = await oauth.refreshTokenGrantRequest(server, this.#client, oauth.None(), refreshToken, {
      ...this.#options,
      ...(scope && { additionalParameters: { scope } }),
    });
    return taken(await oauth.processRefreshTokenResponse(server, this.#client, response));
  }

  /** An error of a request to the issuer in words.
   * @param {unknown} error */
  explained(error) {
    if (error instanceof SignInError || error instanceof DOMException) return error;
    if (error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError) {
      return new SignInError(error.error_description ?? error.error);
    }
    if (error instanceof TypeError) return new SignInError("The issuer cannot be reached.");
    return new SignInError(error instanceof Error ? error.message : String(error));
  }
}

/** @param {oauth.TokenEndpointResponse} tokens
 * @returns {Tokens} */
function taken(tokens) {
  return {
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
    expiresIn: tokens.expires_in,
    person: oauth.getValidatedIdTokenClaims(tokens),
  };
}
