// Developer: what helps with the development issuer. Refusals with their reasons, permissions granted and used, tokens
// with chosen permissions.

import { html, nothing } from "../../vendor/lit-html.js";
import { POOLS } from "../paths.js";
import { SERVICE } from "../places.js";
import { dateTime, number } from "../words.js";

/** @import { App } from "../app.js" */

/**
 * @typedef {object} Refusal
 * @property {string} requestId
 * @property {string} dateTime
 * @property {string} request
 * @property {number} status
 * @property {string} code
 * @property {string} check
 * @property {string} why
 * @property {string[]} needsOneOf
 * @property {Record<string, unknown>} [token]
 */

/**
 * @typedef {object} Client
 * @property {string} applicationId
 * @property {string | null} applicationDisplayName
 * @property {string} kind
 * @property {number} requests
 * @property {string[]} granted
 * @property {string[]} used
 * @property {string[]} surplus
 * @property {boolean} complete
 */

/** Scopes of a sign-in that are no permissions. */
const OPENID = ["openid", "profile", "email", "offline_access"];

export default class Developer {
  title = "Developer";

  /** @type {Refusal[]} */
  refusals = [];
  /** @type {{since: string, droppedClients: number, value: Client[]} | null} */
  use = null;
  /** @type {Set<string>} */
  chosen = new Set();
  /** The token that was asked for, until the screen is left. @type {string | null} */
  token = null;
  busy = false;

  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.chosen = new Set(this.grantable);
  }

  async load() {
    if (!this.app.settings.development) {
      return;
    }
    const [refusals, use] = await Promise.all([
      this.app.api.get("/esimpool/decisions"),
      this.app.api.get("/esimpool/permissions/used"),
    ]);
    this.refusals = refusals.value;
    this.use = use;
    this.app.changed();
  }

  leave() {
    this.token = null;
  }

  /** What the person allowed when signing in. */
  get grantable() {
    return this.app.session.permissions.filter((name) => !OPENID.includes(name));
  }

  view() {
    return html`<div class="title"><h1 tabindex="-1">${this.title}</h1></div>
      ${this.content()}`;
  }

  content() {
    if (!this.app.settings.development) {
      return html`<p>This page is for services with the development issuer. This one has another issuer.</p>`;
    }
    return html`${this.tokens()} ${this.refused()} ${this.used()}`;
  }

  // Tokens

  async ask() {
    this.busy = true;
    this.token = null;
    this.app.changed();
    try {
      this.token = await this.app.session.tokenFor([...this.chosen]);
    } catch (error) {
      this.app.fail(error);
    }
    this.busy = false;
    this.app.changed();
  }

  /**
   * @param {string} text
   * @param {string} what
   */
  async copy(text, what) {
    try {
      await navigator.clipboard.writeText(text);
      this.app.say(`${what} copied.`);
    } catch {
      this.app.say("The browser did not allow copying.", "problem");
    }
  }

  tokens() {
    const url = new URL(`beta${POOLS}`, SERVICE).href;
    return html`<section aria-labelledby="tokens-title">
      <h2 id="tokens-title">A token with chosen permissions</h2>
      <p>On your behalf, good for an hour. It can have what you allowed when you signed in.</p>
      <form
        @submit=${(/** @type {SubmitEvent} */ event) => {
          event.preventDefault();
          void this.ask();
        }}
      >
        <fieldset>
          <legend>Permissions</legend>
          ${this.grantable.map(
            (name) =>
              html`<label class="check">
                <input
                  type="checkbox"
                  .checked=${this.chosen.has(name)}
                  @change=${(/** @type {Event & {target: HTMLInputElement}} */ event) => {
                    event.target.checked ? this.chosen.add(name) : this.chosen.delete(name);
                    this.token = null;
                    this.app.changed();
                  }}
                />
                <span><code>${name}</code></span>
              </label>`,
          )}
        </fieldset>
        <div class="buttons">
          <button type="submit" class="main" ?disabled=${this.busy || this.chosen.size === 0}>Get a token</button>
        </div>
      </form>
      ${this.token === null
        ? nothing
        : html`<div class="buttons" role="status">
            <span class="note">The token is there. It is not shown; copy it:</span>
            <button type="button" @click=${() => this.copy(this.token ?? "", "The token is")}>Copy the token</button>
            <button
              type="button"
              @click=${() => this.copy(`curl -sS '${url}' -H 'Authorization: Bearer ${this.token}'`, "The command is")}
            >
              Copy a command for curl
            </button>
          </div>`}
    </section>`;
  }

  // Refusals

  refused() {
    return html`<section aria-labelledby="refused-title">
      <h2 id="refused-title">Recent refusals</h2>
      <p>Requests of your tenant that were refused since the service started, and those without a valid token.</p>
      <p class="buttons"><button type="button" @click=${() => this.reload()}>Read again</button></p>
      ${this.refusals.length === 0
        ? html`<p>None.</p>`
        : html`<ul class="plain refusals">
            ${this.refusals.map(
              (it) => html`<li>
                <details>
                  <summary>
                    <strong>${it.status}</strong> <span class="text">${it.request}</span>, ${dateTime(it.dateTime)}:
                    <span class="text">${it.why}</span>
                  </summary>
                  <dl class="facts">
                    <dt>Check that failed</dt><dd><code>${it.check}</code></dd>
                    <dt>Error</dt><dd><code>${it.code}</code></dd>
                    <dt>Needs one of</dt>
                      <dd>${it.needsOneOf.length === 0 ? "any valid token" : it.needsOneOf.join(", ")}</dd>
                    <dt>Request</dt><dd><code class="id">${it.requestId}</code></dd>
                    ${Object.entries(it.token ?? {}).map(
                      ([name, value]) =>
                        html`<dt>Token: ${name}</dt>
                          <dd class="text">${typeof value === "string" ? value : JSON.stringify(value)}</dd>`,
                    )}
                  </dl>
                </details>
              </li>`,
            )}
          </ul>`}
    </section>`;
  }

  async reload() {
    try {
      await this.load();
    } catch (error) {
      this.app.fail(error);
    }
  }

  // Permissions

  used() {
    const { use } = this;
    if (use === null) {
      return nothing;
    }
    return html`<section aria-labelledby="used-title">
      <h2 id="used-title">Permissions granted and used</h2>
      <p>
        By the clients of your tenant since ${dateTime(use.since)}.
        ${use.droppedClients === 0 ? nothing : html`${use.droppedClients} clients were dropped, because there were too many.`}
      </p>
      ${use.value.length === 0
        ? html`<p>No client has sent a request that needs a permission.</p>`
        : html`<div class="scroll" tabindex="0" role="region" aria-label="Clients and their permissions">
            <table class="stacked">
              <caption>Clients and their permissions</caption>
              <thead>
                <tr>
                  <th scope="col">Client</th>
                  <th scope="col">Kind</th>
                  <th scope="col" class="number">Requests</th>
                  <th scope="col">Used</th>
                  <th scope="col">Surplus: granted, not used</th>
                </tr>
              </thead>
              <tbody>
                ${use.value.map(
                  (client) => html`<tr>
                    <th scope="row" class="text">
                      ${client.applicationDisplayName ?? nothing} <code class="id">${client.applicationId}</code>
                    </th>
                    <td data-name="Kind">${client.kind === "delegated" ? "on behalf of people" : "by itself"}</td>
                    <td class="number" data-name="Requests">${number(client.requests)}</td>
                    <td class="text" data-name="Used">${names(client.used)}</td>
                    <td class="text" data-name="Surplus">${names(client.surplus)}${client.complete ? nothing : html`<p>and more</p>`}</td>
                  </tr>`,
                )}
              </tbody>
            </table>
          </div>`}
    </section>`;
  }
}

/** @param {string[]} all */
function names(all) {
  return all.length === 0 ? "none" : html`<ul class="plain">${all.map((name) => html`<li><code>${name}</code></li>`)}</ul>`;
}
