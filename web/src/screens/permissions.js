// Permissions: what the token of the person may do, and what every operation needs.

import { html } from "../../vendor/lit-html.js";
import { CLAIM, READ, READ_AUDIT, WRITE, WRITE_AUDIT } from "../paths.js";
import { SERVICE } from "../places.js";

/** @import { App } from "../app.js" */

/** An operation and the permissions of which it needs one; none if any token will do. */
/** @typedef {{summary: string, request: string, group: string, needs: string[]}} Operation */

/** What people do, and the permissions of which it needs one. @type {[string, string[]][]} */
const DEEDS = [
  ["see pools, codes, devices and assignments", [READ, WRITE]],
  ["import, change and remove; release, retire and reinstate codes", [WRITE]],
  ["give codes, and be shown what installs them", [CLAIM]],
  ["read the audit log", [READ_AUDIT, WRITE_AUDIT]],
];

/** What a path belongs to; the first that fits. @type {[RegExp, string][]} */
const GROUPS = [
  [/esimpool\.import/, "Import"],
  [/esimpool\.(claim|release|reinstate|qr|windows|sheet)/, "Giving codes"],
  [/assign/, "Assignments"],
  [/deviceStates/, "Devices"],
  [/esimpool\.(codes|stock|export)/, "Codes and stock"],
  [/auditEvents/, "Audit log"],
  [/Pools/, "Pools"],
  [/./, "Other"],
];

const ORDER = ["Pools", "Import", "Giving codes", "Codes and stock", "Devices", "Assignments", "Audit log", "Other"];

export default class Permissions {
  title = "Permissions";

  /** @type {Operation[]} */
  operations = [];

  /** @param {App} app */
  constructor(app) {
    this.app = app;
  }

  async load() {
    const document = await this.app.api.get(new URL("openapi.json", SERVICE).href);
    this.operations = operationsOf(document);
    this.app.changed();
  }

  view() {
    return html`<div class="title"><h1 tabindex="-1">${this.title}</h1></div>
      ${this.own()} ${this.matrix()}`;
  }

  /** @param {string[]} needs */
  may(needs) {
    return needs.length === 0 || needs.some((name) => this.app.session.can(name));
  }

  own() {
    const { permissions, expiresAt } = this.app.session;
    return html`<section aria-labelledby="own-title">
      <h2 id="own-title">What your token may do</h2>
      <ul class="deeds">
        ${DEEDS.map(([deed, needs]) => {
          const may = this.may(needs);
          return html`<li class=${may ? "yes" : "no"}>
            <strong>${may ? "Yes" : "No"}</strong>: ${deed}${may
              ? ""
              : html`. It needs <code>${needs[0]}</code>.`}
          </li>`;
        })}
      </ul>
      <p>
        Permissions in the token:
        ${permissions.length === 0 ? "none" : permissions.map((name) => html`<code>${name}</code> `)}
      </p>
      ${expiresAt === null ? "" : html`<p class="note">It is valid until ${expiresAt.toLocaleTimeString()}, and is renewed.</p>`}
    </section>`;
  }

  matrix() {
    const names = [READ, WRITE, CLAIM, READ_AUDIT, WRITE_AUDIT];
    const known = new Set(this.operations.flatMap((it) => it.needs));
    const columns = [...names.filter((name) => known.has(name)), ...[...known].filter((name) => !names.includes(name))];
    return html`<section aria-labelledby="matrix-title">
      <h2 id="matrix-title">What each operation needs</h2>
      <p>One of the permissions that are marked is enough.</p>
      <div class="scroll" tabindex="0" role="region" aria-label="Operations and permissions">
        <table class="matrix">
          <caption>Operations and permissions</caption>
          <thead>
            <tr>
              <th scope="col">Operation</th>
              <th scope="col">Your token</th>
              ${columns.map((name) => html`<th scope="col" class="permission">${broken(name)}</th>`)}
            </tr>
          </thead>
          ${ORDER.map((group) => {
            const operations = this.operations.filter((it) => it.group === group);
            return operations.length === 0
              ? ""
              : html`<tbody>
                  <tr>
                    <th scope="rowgroup" colspan=${columns.length + 2} class="group">${group}</th>
                  </tr>
                  ${operations.map((it) => this.row(it, columns))}
                </tbody>`;
          })}
        </table>
      </div>
    </section>`;
  }

  /**
   * @param {Operation} operation
   * @param {string[]} columns
   */
  row({ summary, request, needs }, columns) {
    const may = this.may(needs);
    return html`<tr>
      <th scope="row" title=${request}>${summary}</th>
      <td class=${may ? "yes" : "no"}>${may ? "yes" : "no"}</td>
      ${columns.map((name) => {
        const enough = needs.length === 0 || needs.includes(name);
        return html`<td class="mark">${enough ? html`<span aria-label="enough">●</span>` : ""}</td>`;
      })}
    </tr>`;
  }
}

/** A name that may be broken after its points. @param {string} name */
function broken(name) {
  return name.split(".").map((part, place) => html`${place === 0 ? "" : html`.<wbr />`}${part}`);
}

/**
 * The operations that need a token.
 * @param {any} document
 * @returns {Operation[]}
 */
function operationsOf(document) {
  const methods = ["get", "post", "patch", "delete"];
  return Object.entries(document.paths).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item[method];
      // The same operations under v1.0 need the same.
      if (!operation?.security?.length || path.startsWith("/v1.0/")) {
        return [];
      }
      const needs = operation.security.flatMap((/** @type {{token?: string[]}} */ it) => it.token ?? []);
      const group = GROUPS.find(([pattern]) => pattern.test(path))?.[1] ?? "Other";
      return [{ summary: operation.summary, request: `${method.toUpperCase()} ${path}`, group, needs }];
    }),
  );
}
