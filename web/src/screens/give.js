// Give: codes for one device, for a list of devices, and the devices that have one.

import { html, nothing } from "../../vendor/lit-html.js";
import { CLAIM, POOLS, READ, poolNames } from "../paths.js";
import { lacks } from "../ui/lacks.js";
import { number } from "../words.js";
import { DeviceList } from "./give/list.js";
import { Holders } from "./give/holders.js";
import { Installation } from "./give/installation.js";
import { OneDevice } from "./give/one.js";

/** @import { App } from "../app.js" */
/** @import { Pool, Stock } from "../../types/entities.js" */

/** @typedef {"one" | "list" | "devices"} Part */

/** @type {[Part, string][]} */
const PARTS = [
  ["one", "One device"],
  ["list", "A list of devices"],
  ["devices", "Devices with a code"],
];

export default class Give {
  title = "Give codes";

  /** @type {Pick<Pool, "id" | "displayName">[]} */
  pools = [];
  /** @type {Stock | null} */
  stock = null;

  /**
   * @param {App} app
   * @param {Record<string, string>} _params
   * @param {URLSearchParams} query
   */
  constructor(app, _params, query) {
    this.app = app;
    this.poolId = query.get("pool") ?? "";
    const part = query.get("part");
    /** @type {Part} */
    this.part = PARTS.find(([name]) => name === part)?.[0] ?? (query.has("device") ? "devices" : "one");
    this.mayRead = app.session.may("read");
    this.mayClaim = app.session.may("claim");
    const installation = new Installation(app, this);
    this.installation = installation;
    this.one = new OneDevice(app, this, installation);
    this.list = new DeviceList(app, this, installation);
    this.holders = new Holders(app, this, installation, query);
  }

  async load() {
    const { api } = this.app;
    if (this.mayRead) {
      this.pools = await poolNames(api);
      if (this.poolId === "" && this.pools.length === 1) {
        this.poolId = this.pools[0].id;
      }
    }
    await this.refresh();
    if (this.part === "devices" && this.mayRead) {
      await this.holders.load();
    }
    this.app.changed();
  }

  /** Turns to another part of this page, and keeps what was entered in this one.
   * @param {Event} event
   * @param {Part} part */
  async turnTo(event, part) {
    event.preventDefault();
    this.part = part;
    await this.moved();
  }

  /** @param {string} pool */
  async choose(pool) {
    this.poolId = pool;
    this.stock = null;
    this.list.forget();
    this.one.given = null;
    await this.moved();
  }

  /** Keeps the address of what is shown. */
  async moved() {
    history.replaceState(null, "", this.app.href(this.address({})));
    this.app.changed();
    try {
      await this.refresh();
      if (this.part === "devices" && this.mayRead) {
        await this.holders.load();
      }
    } catch (error) {
      this.app.fail(error);
    }
  }

  /** Reads how many codes are left. */
  async refresh() {
    if (this.mayRead && this.poolId !== "") {
      this.stock = await this.app.api.get(`${POOLS}/${this.poolId}/esimpool.stock`);
      this.app.changed();
    }
  }

  leave() {
    this.list.stop();
    this.installation.forget();
  }

  /** The part of the API below the pool. */
  get path() {
    return `${POOLS}/${encodeURIComponent(this.poolId)}`;
  }

  /** @param {{pool?: string, part?: Part}} to */
  address({ pool = this.poolId, part = this.part }) {
    const query = new URLSearchParams();
    if (pool !== "") {
      query.set("pool", pool);
    }
    if (part !== "one") {
      query.set("part", part);
    }
    return `/give${query.size === 0 ? "" : `?${query}`}`;
  }

  view() {
    return html`<div class="title"><h1 tabindex="-1">${this.title}</h1></div>
      ${this.mayClaim || this.mayRead ? this.parts() : lacks("Giving codes", CLAIM)}`;
  }

  parts() {
    return html`${this.choosePool()}
      <nav class="tabs" aria-label="What to give">
        ${PARTS.map(
          ([part, name]) =>
            html`<a href=${this.app.href(this.address({ part }))} aria-current=${part === this.part ? "page" : nothing}
              @click=${(/** @type {Event} */ event) => this.turnTo(event, part)}>${name}</a
            >`,
        )}
      </nav>
      ${this.poolId === "" ? html`<p>Choose a pool first.</p>` : this.content()}`;
  }

  content() {
    if (this.part === "devices") {
      return this.mayRead ? this.holders.view() : lacks("The list of devices", READ);
    }
    if (!this.mayClaim) {
      return lacks("Giving a code", CLAIM);
    }
    return this.part === "list" ? this.list.view() : this.one.view();
  }

  choosePool() {
    const { stock } = this;
    return html`<section aria-labelledby="pool-title">
      <h2 id="pool-title">Pool</h2>
      ${this.mayRead
        ? html`<label class="field">
            <span>Codes of</span>
            <select
              name="pool"
              ?disabled=${this.list.running}
              @change=${(/** @type {Event & {target: HTMLSelectElement}} */ event) => this.choose(event.target.value)}
            >
              <option value="" .selected=${this.poolId === ""}>choose a pool</option>
              ${this.pools.map(
                (pool) =>
                  html`<option value=${pool.id} .selected=${pool.id === this.poolId}>${pool.displayName}</option>`,
              )}
            </select>
          </label>`
        : html`<form
            @submit=${(/** @type {SubmitEvent & {currentTarget: HTMLFormElement}} */ event) => {
              event.preventDefault();
              const pool = String(new FormData(event.currentTarget).get("pool") ?? "").trim();
              void this.choose(pool);
            }}
          >
            <label class="field">
              <span>Id of the pool</span>
              <input name="pool" type="text" autocomplete="off" spellcheck="false" required .value=${this.poolId} />
            </label>
            <button type="submit">Take this pool</button>
            <p class="note">
              Your token may not list pools: that needs <code>${READ}</code>. Ask for the id of the pool.
            </p>
          </form>`}
      ${stock === null
        ? nothing
        : html`<p role="status">
            ${number(stock.free)} free${stock.isLow ? html`, <strong>which is low</strong>` : nothing}${stock.bound ===
            0
              ? nothing
              : html`; ${number(stock.bound)} more are bound to devices`}.
          </p>`}
    </section>`;
  }
}
