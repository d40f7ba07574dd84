// All pools, those low on codes first, and what happened last.

import { html, nothing } from "../../vendor/lit-html.js";
import { repeat } from "../../vendor/directives/repeat.js";
import { AUDIT, POOLS } from "../paths.js";
import { stockBar } from "../ui/bars.js";
import { eventList } from "../ui/events.js";
import { count, number, dateTime } from "../words.js";

/** How many stock reports are asked for in one request, which is what a batch may hold. */
const BATCH = 20;

export default class Overview {
  title = "Overview";
  /** @type {import("../../types/entities.js").Stock} */
  total = /** @type {any} */ (null);
  /** @type {(import("../../types/entities.js").Pool & {stock?: import("../../types/entities.js").Stock})[]} */
  pools = [];
  /** @type {import("../../types/entities.js").AuditEvent[] | null} */
  events = null;

  /** @param {import("../app.js").App} app
   * @param {Record<string, string>} _params
   * @param {URLSearchParams} query */
  constructor(app, _params, query) {
    this.app = app;
    this.text = query.get("q") ?? "";
  }

  async load() {
    const { api, session } = this.app;
    if (!session.may("read")) return;
    const [total, pools, events] = await Promise.all([
      api.get(`${POOLS}/esimpool.stock`),
      this.#pools(),
      session.may("audit")
        ? api.get(`${AUDIT}?$orderby=activityDateTime desc&$top=10`)
        : { value: null },
    ]);
    this.total = total;
    this.events = events.value;
    this.pools = pools;
  }

  async #pools() {
    /** @type {Overview["pools"]} */
    const pools = [];
    const list = `${POOLS}?$select=id,displayName,modifiedDateTime&$top=999`;
    for await (const pool of this.app.api.all(list)) pools.push(pool);
    const parts = [];
    for (let from = 0; from < pools.length; from += BATCH) parts.push(pools.slice(from, from + BATCH));
    await Promise.all(parts.map((part) => this.#addStock(part)));
    const rank = (/** @type {Overview["pools"][0]} */ pool) => (pool.stock?.isLow ? 0 : 1);
    return pools.sort((one, other) => rank(one) - rank(other) || one.displayName.localeCompare(other.displayName));
  }

  /** @param {Overview["pools"]} pools */
  async #addStock(pools) {
    const url = (/** @type {Overview["pools"][0]} */ pool) => `${POOLS}/${pool.id}/esimpool.stock`;
    const requests = pools.map((pool, index) => ({ id: String(index), method: "GET", url: url(pool) }));
    const { body } = await this.app.api.send("POST", "/$batch", { requests });
    for (const { id, status, body: stock } of body.responses) {
      if (status === 200) pools[Number(id)].stock = stock;
    }
  }

  view() {
    const { app, total } = this;
    if (!app.session.may("read")) {
      return html`<h1 tabindex="-1">Overview</h1><div class="panel"><p>Your token may not read pools.
        <a href=${app.href("/permissions")}>What it may do</a></p></div>`;
    }
    const text = this.text.toLowerCase();
    const shown = this.pools.filter((pool) => pool.displayName.toLowerCase().includes(text));
    const low = this.pools.filter((pool) => pool.stock?.isLow).length;
    return html`
      <div class="title"><h1 tabindex="-1">Overview</h1>
        <button @click=${() => app.refresh()}>Refresh</button></div>
      <ul class="totals">
        <li><strong>${number(this.pools.length)}</strong> ${this.pools.length === 1 ? "pool" : "pools"}</li>
        <li class=${low ? "low" : ""}><strong>${number(low)}</strong> low</li>
        <li><strong>${number(total.free)}</strong> free</li>
        <li><strong>${number(total.handedOut)}</strong> handed out</li>
        <li><strong>${number(total.quarantined)}</strong> quarantined</li>
        <li><strong>${number(total.total)}</strong> codes</li>
      </ul>
      <section aria-labelledby="pools">
        <div class="title"><h2 id="pools">Pools</h2>
          <label class="inline">Name <input type="search" .value=${this.text}
            @input=${(/** @type {any} */ event) => this.#search(event.target.value)}></label></div>
        ${this.pools.length === 0 ? this.#emptyView() : nothing}
        ${this.pools.length > 0 && shown.length === 0 ? html`<p class="note">No pool has this in its name.</p>` : nothing}
        <ul class="cards">${repeat(shown, (pool) => pool.id, (pool) => this.#poolView(pool))}</ul>
      </section>
      <section aria-labelledby="movements"><h2 id="movements">Last movements</h2>
        ${this.events ? eventList(this.events, app, new Map(this.pools.map((pool) => [pool.id, pool.displayName]))) : html`<p class="note">Your token may not read the audit log.
          The last movement was ${dateTime(total.lastMovementDateTime)}.</p>`}
      </section>`;
  }

  #emptyView() {
    return html`<div class="panel"><p>There are no pools yet.</p>
      ${this.app.session.may("write")
        ? html`<p><a class="button main" href=${this.app.href("/import")}>Import a file of codes</a></p>`
        : nothing}</div>`;
  }

  /** @param {Overview["pools"][0]} pool */
  #poolView({ id, displayName, stock }) {
    return html`<li class="card ${stock?.isLow ? "low" : ""}">
      <h3><a href=${this.app.href(`/pools/${id}`)}>${displayName}</a></h3>
      ${stock
        ? html`${stock.isLow ? html`<p class="badge">Low: ${count(stock.free, "free code")}, threshold ${number(stock.lowStockThreshold ?? 0)}</p>` : nothing}
          ${stockBar(stock)}`
        : html`<p class="note">The stock could not be read.</p>`}
    </li>`;
  }

  /** Keeps what is searched in the address, without a step back for each letter.
   * @param {string} text */
  #search(text) {
    this.text = text;
    history.replaceState(null, "", this.app.href(`/${text ? `?q=${encodeURIComponent(text)}` : ""}`));
    this.app.changed();
  }
}
