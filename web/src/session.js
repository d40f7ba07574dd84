// Sign-in with the authorization code flow and PKCE, in a window of its own: this page stays as it is, so
// that nothing that was entered is lost, and nothing has to be stored. Tokens, the verifier and the
// state are fields of one object; nothing is written to any storage of the browser.

import { CLAIM, READ, READ_AUDIT, WRITE, WRITE_AUDIT } from "./paths.js";
import { CONSOLE } from "./places.js";

const CHANNEL = "esimpool sign-in";

/** How long before its end a token is renewed, in milliseconds. */
const EARLY = 60_000;

/** The permissions of which a token needs one, by what they are needed for. */
const NEEDED = {
  read: [READ, WRITE],
  write: [WRITE],
  claim: [CLAIM],
  audit: [READ_AUDIT, WRITE_AUDIT],
};

/** @typedef {{issuer: string | null, clientId: string | null, scopes: string, development: boolean, version: string}} Settings */

/**
 * Hands the issuer's answer in this query, if it is one, to the console that asked for it.
 * @param {string} query
 */
export function answers(query) {
  const parameters = new URLSearchParams(query);
  if (!parameters.has("state") || !(parameters.has("code") || parameters.has("error"))) return false;
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(query);
  channel.close();
  // The code is of no use any more, and need not stay in the history.
  history.replaceState(null, "", location.pathname);
  window.close();
  return true;
}

/** A sign-in did not come about. */
export class SignInError extends Error {}

export class Session {
  /** @type {{name: string, id: string, tenant: string} | null} */
  user = null;
  /** @type {string[]} */
  permissions = [];
  /** @type {Date | null} */
  expiresAt = null;
  /** @type {Promise<import("./issuer.js").Issuer> | null} */
  #issuer = null;
  /** @type {string | null} */
  #token = null;
  /** @type {string | null} */
  #refreshToken = null;
  /** @type {Promise<void> | null} */
  #renewal = null;
  /** @type {AbortController | null} the sign-in that is under way */
  #attempt = null;

  /**
   * @param {Settings} settings
   * @param {(session: Session) => Promise<void>} askAgain asks the person to sign in again
   */
  constructor(settings, askAgain) {
    this.settings = settings;
    this.askAgain = askAgain;
  }

  get isSignedIn() {
    return this.#token !== null;
  }

  /** Whether the token has this permission.
   * @param {string} permission */
  can(permission) {
    return this.permissions.includes(permission) || this.#isUnknown();
  }

  /** Whether the token may do this.
   * @param {keyof typeof NEEDED} what */
  may(what) {
    return NEEDED[what].some((name) => this.permissions.includes(name)) || this.#isUnknown();
  }

  /** Other issuers may name permissions as the settings of the service say, which the console does not
   * know. Then everything is offered, and the service decides. */
  #isUnknown() {
    const known = Object.values(NEEDED).flat();
    return !this.settings.development && !this.permissions.some((name) => known.includes(name));
  }

  /** Loads what a sign-in needs, if it is not there yet. */
  prepare() {
    this.#issuer ??= import("./issuer.js").then(({ Issuer }) => new Issuer(this.settings));
    this.#issuer.catch(() => (this.#issuer = null));
    return this.#issuer;
  }

  /** Opens the window of the issuer, and waits until the person has signed in there; an earlier attempt
   * is given up. To be called while a click is handled, or the browser does not open the window. */
  async signIn() {
    this.#attempt?.abort(new DOMException("another attempt was started", "AbortError"));
    const attempt = (this.#attempt = new AbortController());
    if (!globalThis.crypto?.subtle) {
      throw new SignInError("Browsers allow signing in by https:// only, or on this machine.");
    }
    const opened = window.open("about:blank", "_blank", "popup,width=520,height=720");
    if (!opened) throw new SignInError("The browser did not open the window to sign in. Allow windows for this page.");
    // The page of the issuer gets no hold on this one.
    opened.opener = null;
    let issuer;
    try {
      issuer = await this.prepare();
      const tokens = await issuer.signIn((address, state) => {
        const answered = answerWith(state, attempt.signal);
        opened.location.replace(address.href);
        return answered;
      });
      this.#take(tokens);
    } catch (error) {
      throw issuer?.explained(error) ?? new SignInError("A part of the console could not be loaded. Load the page again.");
    } finally {
      opened.close();
    }
  }

  /** @param {import("./issuer.js").Tokens} tokens */
  #take({ accessToken, refreshToken, expiresIn, person: known }) {
    const before = this.user;
    const claims = payload(accessToken);
    const person = known ?? claims;
    const text = (/** @type {unknown} */ value) => (typeof value === "string" ? value : "");
    this.#token = accessToken;
    this.#refreshToken = refreshToken ?? this.#refreshToken;
    this.expiresAt = expiresIn === undefined ? null : new Date(Date.now() + expiresIn * 1000);
    this.permissions = ["scp", "scope", "roles", "permissions"].flatMap((name) => {
      const value = claims[name];
      return typeof value === "string" ? value.split(" ") : Array.isArray(value) ? value.map(String) : [];
    });
    this.user = {
      name: text(person.name) || text(person.preferred_username) || text(claims.name) || before?.name || text(claims.sub),
      id: text(claims.oid) || text(claims.sub),
      tenant: text(claims.tid),
    };
  }

  /** A token that is valid for a while yet, if one can be had without the person. */
  async token() {
    const ends = this.expiresAt?.getTime() ?? Infinity;
    if (this.#refreshToken && ends - Date.now() < EARLY) await this.renew().catch(() => undefined);
    return this.#token;
  }

  /** Gets a new token: without the person if there is a refresh token, otherwise by asking.
   * @returns {Promise<void>} */
  renew() {
    this.#renewal ??= this.#renew().finally(() => (this.#renewal = null));
    return this.#renewal;
  }

  async #renew() {
    const refreshToken = this.#refreshToken;
    if (refreshToken) {
      try {
        this.#take(await (await this.prepare()).refresh(refreshToken));
        return;
      } catch (error) {
        // It is revoked or has ended. A lost connection says nothing about it.
        if (error instanceof TypeError) throw error;
        this.#refreshToken = null;
      }
    }
    await this.askAgain(this);
  }

  /** Another token with these permissions alone, which must be among those that were granted.
   * @param {string[]} permissions
   * @returns {Promise<string>} */
  async tokenFor(permissions) {
    await this.#renewal;
    const refreshToken = this.#refreshToken;
    if (!refreshToken) throw new SignInError("The issuer gave no refresh token, so it gives no other token either.");
    const narrowed = this.#narrowed(refreshToken, permissions);
    // The refresh token is good for one use: a renewal waits for the next one.
    this.#renewal = narrowed.then(() => undefined, () => undefined).finally(() => (this.#renewal = null));
    return narrowed;
  }

  /** @param {string} refreshToken
   * @param {string[]} permissions */
  async #narrowed(refreshToken, permissions) {
    const issuer = await this.prepare();
    try {
      const tokens = await issuer.refresh(refreshToken, permissions);
      this.#refreshToken = tokens.refreshToken ?? null;
      return tokens.accessToken;
    } catch (error) {
      throw issuer.explained(error);
    }
  }

  /** Forgets the tokens. */
  forget() {
    this.#token = this.#refreshToken = this.expiresAt = this.user = null;
    this.permissions = [];
  }

  /** Forgets the tokens and everything that is on this page. */
  signOut() {
    this.forget();
    location.replace(CONSOLE);
  }
}

/**
 * The issuer's answer to the request with this state, which the page that the window ends at sends. Whether
 * the window is still open cannot be known: an issuer may sever it from its opener.
 * @param {string} state
 * @param {AbortSignal} signal
 * @returns {Promise<URLSearchParams>}
 */
function answerWith(state, signal) {
  const channel = new BroadcastChannel(CHANNEL);
  const answered = new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    channel.onmessage = ({ data }) => {
      const parameters = new URLSearchParams(String(data));
      if (parameters.get("state") === state) resolve(parameters);
    };
  });
  return answered.finally(() => channel.close());
}

/** The claims of a JWT, unverified: the service verifies it. None if it is another kind of token.
 * @param {string} token
 * @returns {Record<string, unknown>} */
function payload(token) {
  try {
    const part = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(part), (char) => char.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return {};
  }
}
