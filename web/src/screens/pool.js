// One pool: its stock, its codes, devices, assignments and history.

import { html, nothing } from "../../vendor/lit-html.js";
import { AUDIT, POOLS } from "../paths.js";
import { codePath } from "../router.js";
import { stockBar } from "../ui/bars.js";
import { eventList } from "../ui/events.js";
import { openForm, pager, table } from "../ui/form.js";
import { ago, count, dateTime, number, query, quoted, STATES, state, stateMark } from "../words.js";

const TABS = /** @type {const} */ ([
  ["codes", "Codes"],
  ["devices", "Devices"],
  ["assignments", "Assignments"],
  ["history", "History"],
]);
const PAGE = 50;

/** What an assignment is for, in words, by its type. */
const TARGETS = /** @type {Record<string, string>} */ ({
  allDevicesAssignmentTarget: "All devices",
  allLicensedUsersAssignmentTarget: "All users with a licence",
  groupAssignmentTarget: "The group",
  exclusionGroupAssignmentTarget: "Not the group",
  configurationManagerCollectionAssignmentTarget: "The collection",
});

export default class Pool {
  title = "Pool";
  /** @type {import("../../types/entities.js").Pool} */
  pool = /** @type {any} */ (null);
  etag = "*";
  /** @type {import("../../types/entities.js").Stock} */
  stock = /** @type {any} */ (null);
  /** @type {any} */
  page = null;

  /** @param {import("../app.js").App} app
   * @param {Record<string, string>} params
   * @param {URLSearchParams} query */
  constructor(app, { id, tab }, query) {
    this.app = app;
    this.id = id;
    this.query = query;
    this.tab = TABS.find(([name]) => name === tab)?.[0] ?? "codes";
    this.path = `${POOLS}/${encodeURIComponent(id)}`;
  }

  async load() {
    const { api } = this.app;
    const [pool, stock, page] = await Promise.all([
      api.getTagged(this.path),
      api.get(`${this.path}/esimpool.stock`),
      this.#page(),
    ]);
    this.pool = pool.body;
    this.etag = pool.etag;
    this.stock = stock;
    this.page = page;
    this.title = this.pool.displayName;
  }

  /** The content of the tab. */
  async #page() {
    const { api } = this.app;
    const text = (/** @type {string} */ name) => this.query.get(name) ?? "";
    const after = text("after");
    if (this.tab === "assignments") return { value: await all(api.all(`${this.path}/assignments`)) };
    if (this.tab === "history") return this.#history(after);
    const isCodes = this.tab === "codes";
    const filters = [
      text("state") && `state eq ${quoted(text("state"))}`,
      isCodes && text("label") && `label eq ${quoted(text("label"))}`,
      isCodes && text("iccid") && `startswith(integratedCircuitCardIdentifier,${quoted(text("iccid"))})`,
      !isCodes && text("name") && this.#device(text("name")),
    ].filter(Boolean);
    const options = query({
      $top: PAGE,
      $filter: filters.join(" and "),
      $orderby: text("order") || (isCodes ? "position" : "modifiedDateTime desc"),
      $skiptoken: after,
    });
    return api.get(`${this.path}/${isCodes ? "esimpool.codes" : "deviceStates"}${options}`);
  }

  /** @param {string} name */
  #device(name) {
    const text = quoted(name.toLowerCase());
    return `(startswith(tolower(deviceName),${text}) or startswith(tolower(userName),${text}) or universalIntegratedCircuitCardIdentifier eq ${quoted(name)})`;
  }

  /** @param {string} after */
  async #history(after) {
    if (!this.app.session.may("audit")) return null;
    const $filter = `poolId eq ${quoted(this.id)}`;
    return this.app.api.get(`${AUDIT}${query({ $filter, $orderby: "activityDateTime desc", $top: PAGE, $skiptoken: after })}`);
  }

  /** The address of this screen with other filters, at the first page.
   * @param {string} tab
   * @param {Record<string, string>} [changes] */
  #at(tab, changes) {
    const next = new URLSearchParams(changes ? this.query : "");
    next.delete("after");
    for (const [name, value] of Object.entries(changes ?? {})) {
      if (value) next.set(name, value);
      else next.delete(name);
    }
    const text = next.toString();
    return `/pools/${this.id}${tab === "codes" ? "" : `/${tab}`}${text ? `?${text}` : ""}`;
  }

  view() {
    const { app, stock, pool } = this;
    const mayWrite = app.session.may("write");
    const mayClaim = app.session.may("claim");
    return html`
      <p><a href=${app.href("/")}>Overview</a></p>
      <div class="title"><h1 tabindex="-1">${pool.displayName}</h1>
        <div class="filters">
          <button @click=${() => app.refresh()}>Refresh</button>
          ${mayClaim ? html`<a class="button main" href=${app.href(`/give?pool=${this.id}`)}>Give codes</a>` : nothing}
          ${mayWrite
            ? html`<a class="button" href=${app.href(`/import?pool=${this.id}`)}>Import</a>
                <button @click=${() => this.#rename()}>Rename</button>
                <button @click=${() => this.#setThreshold()}>Threshold</button>
                <button class="danger" @click=${() => this.#remove()}>Remove</button>`
            : nothing}
        </div></div>
      <div class="panel ${stock.isLow ? "card low" : ""}">
        ${stock.isLow
          ? html`<p class="badge">Low: ${count(stock.free, "free code")}, threshold ${number(stock.lowStockThreshold ?? 0)}</p>`
          : nothing}
        ${stockBar(stock)}
        <p class="note">${count(stock.total, "code")}, threshold ${number(stock.lowStockThreshold ?? 0)}, last movement
          ${ago(stock.lastMovementDateTime)}, created ${dateTime(pool.createdDateTime)}</p>
        ${stock.byOperator.length > 1
          ? html`<ul class="legend">${stock.byOperator.map((it) => html`<li>
              ${it.smdpPlusServerAddress}: ${number(it.free)} of ${number(it.total)} free</li>`)}</ul>`
          : nothing}
      </div>
      <nav class="tabs" aria-label="About this pool">${TABS.map(([name, title]) => html`<a
        href=${app.href(this.#at(name))} aria-current=${name === this.tab ? "page" : nothing}>${title}</a>`)}</nav>
      ${this.tab === "codes" ? this.#codesView() : nothing}
      ${this.tab === "devices" ? this.#devicesView() : nothing}
      ${this.tab === "assignments" ? this.#assignmentsView() : nothing}
      ${this.tab === "history" ? this.#historyView() : nothing}`;
  }

  #codesView() {
    const { app } = this;
    const counts = new Map(this.stock.byState.map((it) => [String(it.state), it.count]));
    return html`
      <form class="filters" role="search" @submit=${(/** @type {SubmitEvent} */ event) => this.#filter(event)}>
        <label>State <select name="state" @change=${(/** @type {any} */ event) => event.target.form.requestSubmit()}>
          <option value="">any (${number(this.stock.total)})</option>
          ${Object.keys(STATES).filter((name) => counts.get(name)).map((name) => html`<option value=${name}
            ?selected=${this.query.get("state") === name}>${state(name)} (${number(counts.get(name) ?? 0)})</option>`)}
        </select></label>
        <label>ICCID begins with <input name="iccid" inputmode="numeric" .value=${this.query.get("iccid") ?? ""}></label>
        <label>Label <input name="label" .value=${this.query.get("label") ?? ""}></label>
        <button>Filter</button>
      </form>
      ${this.#listView({
        caption: "Codes of the pool",
        order: "position",
        columns: [
          { name: "ICCID", kind: "id", sort: "integratedCircuitCardIdentifier",
            value: (code) => html`<a href=${app.href(codePath(this.id, code.id, code.integratedCircuitCardIdentifier))}>${code.integratedCircuitCardIdentifier}</a>` },
          { name: "State", sort: "state", value: (code) => stateMark(code.state) },
          { name: "Since", sort: "stateChangedDateTime", value: (code) => ago(code.stateChangedDateTime) },
          { name: "Matching ID", value: (code) => html`<span title="Masked">${code.matchingIdentifier}</span>` },
          { name: "Server", sort: "smdpPlusServerAddress", value: (code) => code.smdpPlusServerAddress },
          { name: "Label", sort: "label", value: (code) => code.label },
          { name: "Bound to EID", value: (code) => code.boundToEid },
        ],
      })}`;
  }

  #devicesView() {
    const { app } = this;
    return html`
      <form class="filters" role="search" @submit=${(/** @type {SubmitEvent} */ event) => this.#filter(event)}>
        <label>State <select name="state" @change=${(/** @type {any} */ event) => event.target.form.requestSubmit()}>
          <option value="">any</option>
          ${["installing", "installed", "deleting", "deleted", "removedByUser", "failed", "error", "notEvaluated"].map((name) => html`
            <option value=${name} ?selected=${this.query.get("state") === name}>${deviceState(name)}</option>`)}
        </select></label>
        <label>Device, user or EID <input name="name" .value=${this.query.get("name") ?? ""}></label>
        <button>Filter</button>
      </form>
      ${this.#listView({
        caption: "Devices of the pool",
        order: "modifiedDateTime desc",
        columns: [
          { name: "Device", sort: "deviceName",
            value: (it) => html`<a href=${app.href(`/find?q=${encodeURIComponent(it.deviceName ?? it.universalIntegratedCircuitCardIdentifier ?? it.id)}`)}>${it.deviceName ?? "without a name"}</a>` },
          { name: "State", sort: "state", value: (it) => it.state === "notEvaluated" ? deviceState(it.state) : stateMark(it.state) },
          { name: "User", sort: "userName", value: (it) => it.userName },
          { name: "EID", kind: "id", value: (it) => it.universalIntegratedCircuitCardIdentifier },
          { name: "Changed", sort: "modifiedDateTime", value: (it) => ago(it.modifiedDateTime) },
          { name: "Last check-in", sort: "lastSyncDateTime", value: (it) => it.lastSyncDateTime && ago(it.lastSyncDateTime) },
          { name: "Details", value: (it) => it.stateDetails },
        ],
      })}`;
  }

  /** @param {{caption: string, order: string, columns: Parameters<typeof table>[0]["columns"]}} list */
  #listView({ caption, order, columns }) {
    const rows = this.page.value;
    const isFiltered = ["state", "iccid", "label", "name"].some((name) => this.query.get(name));
    if (rows.length === 0) {
      return html`<p class="panel">${isFiltered ? "Nothing matches the filter." : "There is nothing here yet."}
        ${isFiltered ? html`<a href=${this.app.href(this.#at(this.tab))}>Remove the filter</a>` : nothing}</p>`;
    }
    const sortBy = (/** @type {string} */ next) => this.app.href(this.#at(this.tab, { order: next }));
    return html`${table({ caption, columns, rows, order: this.query.get("order") ?? order, sortBy })}
      ${pager(this.app, this.#at(this.tab), this.query, this.page)}`;
  }

  #assignmentsView() {
    if (this.page.value.length === 0) return html`<p class="panel">The pool is assigned to nobody.</p>`;
    const type = (/** @type {any} */ it) => String(it.target?.["@odata.type"] ?? "").split(".").pop() ?? "";
    const columns = [
      { name: "Assigned to", value: (/** @type {any} */ it) => TARGETS[type(it)] ?? type(it) },
      { name: "Id", value: (/** @type {any} */ it) => it.target?.groupId ?? it.target?.collectionId },
      { name: "Filter", value: (/** @type {any} */ it) =>
        it.target?.deviceAndAppManagementAssignmentFilterId &&
        `${it.target.deviceAndAppManagementAssignmentFilterType} ${it.target.deviceAndAppManagementAssignmentFilterId}` },
    ];
    return table({ caption: "Assignments of the pool", columns, rows: this.page.value });
  }

  #historyView() {
    if (!this.page) return html`<p class="panel">Your token may not read the audit log.</p>`;
    return html`${eventList(this.page.value, this.app, new Map([[this.id, this.pool.displayName]]))}
      ${pager(this.app, this.#at(this.tab), this.query, this.page)}`;
  }

  /** @param {SubmitEvent} event */
  #filter(event) {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
    const changes = Object.fromEntries([...data].map(([name, value]) => [name, String(value).trim()]));
    this.app.go(this.#at(this.tab, changes));
  }

  #rename() {
    openForm(this.app, {
      title: "Rename the pool",
      action: "Rename",
      fields: html`<label>New name <input name="name" required maxlength="255" .value=${this.pool.displayName}></label>`,
      submit: async (data) => {
        const displayName = String(data.get("name")).trim();
        await this.app.api.send("PATCH", this.path, { displayName }, { ifMatch: this.etag });
        this.app.say("The pool has its new name.");
      },
    });
  }

  #setThreshold() {
    openForm(this.app, {
      title: "Low-stock threshold",
      action: "Set",
      fields: html`<p>The stock is low when there are so many free codes or fewer.</p>
        <label>Free codes <input name="threshold" type="number" min="0" max="2147483647" required
          .value=${String(this.stock.lowStockThreshold)}></label>
        <label class="check"><input type="checkbox" name="default"> Use the threshold of the service instead</label>`,
      submit: async (data) => {
        const lowStockThreshold = data.has("default") ? null : Number(data.get("threshold"));
        await this.app.api.send("PATCH", `${this.path}/esimpool.stock`, { lowStockThreshold });
        this.app.say("The threshold is set.");
      },
    });
  }

  #remove() {
    let typed = "";
    const { displayName } = this.pool;
    openForm(this.app, {
      title: "Remove the pool",
      action: "Remove for good",
      danger: true,
      allowed: () => typed === displayName,
      fields: () => html`<p>The pool and its ${count(this.stock.total, "code")} are removed for good,
          ${count(this.stock.free, "free code")} among them. Which codes were handed out stays known: none of
          them is handed out again.</p>
        <label>Type the name of the pool, <strong>${displayName}</strong>, to remove it
          <input name="name" autocomplete="off" spellcheck="false"
            @input=${(/** @type {any} */ event) => (typed = event.target.value)}></label>`,
      submit: async () => {
        await this.app.api.send("DELETE", this.path, undefined, { ifMatch: this.etag });
        this.app.say(html`The pool <strong>${displayName}</strong> is removed.`);
        history.replaceState(null, "", this.app.href("/"));
      },
    });
  }
}

/** The state of a device, where it is not that of a code.
 * @param {string} name */
const deviceState = (name) => (name === "notEvaluated" ? "not evaluated" : state(name));

/** @param {AsyncGenerator<any>} items */
async function all(items) {
  const list = [];
  for await (const item of items) list.push(item);
  return list;
}
