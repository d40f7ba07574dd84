// The devices of a pool that have or had a code, and the codes in quarantine.

import { html, nothing } from "../../../vendor/lit-html.js";
import { POOLS, skipToken, withOptions } from "../../paths.js";
import { pages } from "../../ui/form.js";
import { dateTime, quoted, stateMark } from "../../words.js";

/** @import { App } from "../../app.js" */
/** @import { Code, TenantDeviceState } from "../../../types/entities.js" */
/** @typedef {import("../give.js").default} Give */
/** @import { Holder, Installation } from "./installation.js" */

const TOP = 50;

export class Holders {
  /** @type {TenantDeviceState[]} */
  states = [];
  /** @type {Code[]} */
  quarantined = [];
  /** The rest of the address of the next page. @type {string | null} */
  next = null;
  /** @type {Set<string>} */
  chosen = new Set();

  /**
   * @param {App} app
   * @param {Give} give
   * @param {Installation} installation
   * @param {URLSearchParams} query
   */
  constructor(app, give, installation, query) {
    this.app = app;
    this.give = give;
    this.installation = installation;
    this.search = query.get("q") ?? "";
    this.device = query.get("device") ?? "";
    this.after = query.get("after") ?? "";
  }

  async load() {
    const { api } = this.app;
    if (this.give.poolId === "") {
      return;
    }
    const inPool = `poolId eq ${quoted(this.give.poolId)}`;
    const path = withOptions(`${POOLS}/esimpool.deviceStates`, {
      $filter: this.device === "" ? inPool : `${inPool} and id eq ${this.device}`,
      $search: this.search === "" ? "" : JSON.stringify(this.search),
      $top: TOP,
      $skiptoken: this.after,
    });
    const [states, quarantined] = await Promise.all([
      api.get(path),
      api.get(withOptions(`${this.give.path}/esimpool.codes`, { $filter: "state eq 'quarantined'", $top: TOP })),
    ]);
    this.states = states.value;
    this.next = skipToken(states);
    this.quarantined = quarantined.value;
    this.app.changed();
  }

  /** @param {Record<string, string>} options */
  address(options) {
    const query = new URLSearchParams({ pool: this.give.poolId, part: "devices" });
    for (const [name, value] of Object.entries(options)) {
      if (value !== "") {
        query.set(name, value);
      }
    }
    return `/give?${query}`;
  }

  view() {
    const holders = this.states.map(holderOf);
    const showable = holders.filter(hasCode);
    return html`<section aria-labelledby="devices-title">
        <h2 id="devices-title">Devices with a code</h2>
        <form
          role="search"
          @submit=${(/** @type {SubmitEvent & {currentTarget: HTMLFormElement}} */ event) => {
            event.preventDefault();
            const text = String(new FormData(event.currentTarget).get("q") ?? "").trim();
            this.app.go(this.address({ q: text }));
          }}
        >
          <label class="field">
            <span>Name, EID or user</span>
            <input name="q" type="search" autocomplete="off" .value=${this.search} />
          </label>
          <button type="submit">Search</button>
        </form>
        ${this.device === ""
          ? nothing
          : html`<p><a href=${this.app.href(this.address({}))}>All devices of this pool</a></p>`}
        ${showable.length === 0 ? nothing : this.installation.choice(showable, this.chosen)}
        ${holders.length === 0 ? html`<p>There are none.</p>` : this.table(holders)}
        ${pages(this.after, this.next, (after) => this.app.href(this.address({ q: this.search, after: after ?? "" })))}
      </section>
      ${this.quarantined.length === 0 ? nothing : this.quarantine()}`;
  }

  /** @param {Holder[]} holders */
  table(holders) {
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Devices of the pool">
      <table class="stacked">
        <caption>Devices of the pool</caption>
        <thead>
          <tr>
            <th scope="col">Device</th>
            <th scope="col">EID</th>
            <th scope="col">User</th>
            <th scope="col">ICCID</th>
            <th scope="col">State</th>
            <th scope="col">Code</th>
          </tr>
        </thead>
        <tbody>
          ${holders.map((holder) => {
            const name = holder.deviceName ?? holder.eid ?? holder.id;
            return html`<tr>
              <th scope="row" class="text">
                ${hasCode(holder)
                  ? html`<label class="check">${this.installation.box(holder, this.chosen)}<span>${name}</span></label>`
                  : name}
              </th>
              <td class="digits" data-name="EID">${holder.eid}</td>
              <td class="text" data-name="User">${holder.userName}</td>
              <td class="digits" data-name="ICCID">${holder.iccid}</td>
              <td data-name="State">${stateMark(holder.state)}</td>
              <td>${this.installation.buttons(holder)}</td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>`;
  }

  quarantine() {
    return html`<section aria-labelledby="quarantine-title">
      <h2 id="quarantine-title">Codes in quarantine</h2>
      <p>A device was shown the secret of each, and then it was released. Nobody gets it until it is reinstated.</p>
      <ul class="plain">
        ${this.quarantined.map(
          (code) => html`<li>
            <span class="digits">${code.integratedCircuitCardIdentifier}</span>, since
            ${dateTime(code.stateChangedDateTime)}
            ${this.app.session.may("write")
              ? html`<button
                  type="button"
                  @click=${() => this.installation.askReinstate(code.integratedCircuitCardIdentifier)}
                >
                  Reinstate
                </button>`
              : nothing}
          </li>`,
        )}
      </ul>
    </section>`;
  }
}

/**
 * @param {TenantDeviceState} state
 * @returns {Holder}
 */
function holderOf(state) {
  return {
    id: state.id,
    deviceName: state.deviceName,
    eid: state.universalIntegratedCircuitCardIdentifier,
    userName: state.userName,
    state: state.state,
    iccid: state.integratedCircuitCardIdentifier,
  };
}

/** Whether a code can be shown to the device. @param {Holder} holder */
export function hasCode(holder) {
  return holder.iccid !== null && (holder.state === "installing" || holder.state === "installed");
}
