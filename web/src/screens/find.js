// One box for whatever a person has at hand: an ICCID, an EID, a device, a user, a label, an import or a pool.

import { html, nothing } from "../../vendor/lit-html.js";
import { POOLS } from "../paths.js";
import { codePath } from "../router.js";
import { table } from "../ui/form.js";
import { ago, query, quoted, stateMark } from "../words.js";

const ICCID = "integratedCircuitCardIdentifier";
const EID = "universalIntegratedCircuitCardIdentifier";
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const ROWS = 50;

export default class Find {
  title = "Find";
  /** @type {import("../../types/entities.js").TenantCode[]} */
  codes = [];
  /** @type {import("../../types/entities.js").TenantDeviceState[]} */
  devices = [];
  /** @type {import("../../types/entities.js").Pool[]} */
  pools = [];
  /** @type {Map<string, string>} */
  names = new Map();
  more = false;

  /** @param {import("../app.js").App} app
   * @param {Record<string, string>} _params
   * @param {URLSearchParams} query */
  constructor(app, _params, query) {
    this.app = app;
    this.text = (query.get("q") ?? "").trim();
  }

  async load() {
    if (!this.text) return;
    const [exact, folded] = [quoted(this.text), quoted(this.text.toLowerCase())];
    const digits = this.text.replaceAll(/[\s-]/g, "");
    const eid = quoted(digits);
    const iccid = quoted(digits.replace(/f$/i, ""));
    const ofDevice = [
      `${ICCID} eq ${iccid}`,
      `${EID} eq ${eid}`,
      `tolower(deviceName) eq ${folded}`,
      `tolower(userName) eq ${folded}`,
    ];
    const isGuid = GUID.test(this.text);
    const ofCode = [...ofDevice, `${ICCID} eq ${exact}`, `boundToEid eq ${eid}`, `label eq ${exact}`];
    if (isGuid) ofCode.push(`importId eq ${exact}`);
    const ofPool = isGuid ? `id eq ${exact}` : `contains(tolower(displayName),${folded})`;
    const read = (/** @type {string} */ path, /** @type {string} */ $filter) =>
      this.app.api.get(`${POOLS}${path}${query({ $top: ROWS, $filter })}`);
    const [codes, devices, pools] = await Promise.all([
      Promise.all(ofCode.map((filter) => read("/esimpool.codes", filter))),
      Promise.all(ofDevice.map((filter) => read("/esimpool.deviceStates", filter))),
      read("", ofPool),
    ]);
    this.more = [...codes, ...devices, pools].some((page) => page["@odata.nextLink"]);
    this.codes = distinct(codes);
    const held = new Set(this.codes.map((code) => code.deviceStateId));
    this.devices = distinct(devices).filter((it) => !held.has(it.id));
    this.pools = pools.value;
    const ids = new Set([...this.codes, ...this.devices].map((it) => it.poolId));
    await Promise.all([...ids].slice(0, ROWS).map(async (id) => {
      const pool = await this.app.api.get(`${POOLS}/${id}?$select=displayName`);
      this.names.set(id, pool.displayName);
    }));
  }

  view() {
    const nothingFound = this.text && !this.codes.length && !this.devices.length && !this.pools.length;
    return html`
      <h1 tabindex="-1">Find</h1>
      <form role="search" class="panel" @submit=${(/** @type {SubmitEvent} */ event) => this.#search(event)}>
        <label>ICCID, EID, device, user, label, import or pool
          <input type="search" name="q" autocomplete="off" spellcheck="false" .value=${this.text}></label>
        <button class="main">Find</button>
      </form>
      <div role="status">
        ${nothingFound ? html`<p class="panel">Nothing is known by <strong>${this.text}</strong>: no code, device, user,
          label, import or pool.</p>` : nothing}
        ${this.more ? html`<p class="note">There is more than is shown. Search for something more exact.</p>` : nothing}
      </div>
      ${this.codes.length ? html`<section aria-labelledby="codes"><h2 id="codes">Codes</h2>${this.#codesView()}</section>` : nothing}
      ${this.devices.length ? html`<section aria-labelledby="devices"><h2 id="devices">Devices without a code of this service</h2>${this.#devicesView()}</section>` : nothing}
      ${this.pools.length ? html`<section aria-labelledby="pools"><h2 id="pools">Pools</h2>${this.#poolsView()}</section>` : nothing}`;
  }

  /** @param {{poolId: string}} it */
  #poolLink(it) {
    return html`<a href=${this.app.href(`/pools/${it.poolId}`)}>${this.names.get(it.poolId) ?? "the pool"}</a>`;
  }

  #codesView() {
    const columns = [
      { name: "ICCID", kind: "id", value: (/** @type {Find["codes"][0]} */ it) =>
        html`<a href=${this.app.href(codePath(it.poolId, it.id, it[ICCID]))}>${it[ICCID]}</a>` },
      { name: "State", value: (/** @type {Find["codes"][0]} */ it) => stateMark(it.state) },
      { name: "Since", value: (/** @type {Find["codes"][0]} */ it) => ago(it.stateChangedDateTime) },
      { name: "Pool", value: (/** @type {Find["codes"][0]} */ it) => this.#poolLink(it) },
      { name: "Device", value: (/** @type {Find["codes"][0]} */ it) => it.deviceName },
      { name: "User", value: (/** @type {Find["codes"][0]} */ it) => it.userName },
      { name: "EID", kind: "id", value: (/** @type {Find["codes"][0]} */ it) => it[EID] },
      { name: "Label", value: (/** @type {Find["codes"][0]} */ it) => it.label },
    ];
    return table({ caption: "Codes found", columns, rows: this.codes });
  }

  #devicesView() {
    const columns = [
      { name: "Device", value: (/** @type {Find["devices"][0]} */ it) => it.deviceName },
      { name: "State", value: (/** @type {Find["devices"][0]} */ it) => stateMark(it.state) },
      { name: "User", value: (/** @type {Find["devices"][0]} */ it) => it.userName },
      { name: "EID", kind: "id", value: (/** @type {Find["devices"][0]} */ it) => it[EID] },
      { name: "Pool", value: (/** @type {Find["devices"][0]} */ it) => this.#poolLink(it) },
    ];
    return table({ caption: "Devices found", columns, rows: this.devices });
  }

  #poolsView() {
    const columns = [
      { name: "Pool", value: (/** @type {Find["pools"][0]} */ it) => html`<a href=${this.app.href(`/pools/${it.id}`)}>${it.displayName}</a>` },
      { name: "Codes", kind: "number", value: (/** @type {Find["pools"][0]} */ it) => it.activationCodeCount },
    ];
    return table({ caption: "Pools found", columns, rows: this.pools });
  }

  /** @param {SubmitEvent} event */
  #search(event) {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
    this.app.go(`/find?q=${encodeURIComponent(String(data.get("q")).trim())}`);
  }
}

/** The entities of pages, each once.
 * @param {any[]} pages */
function distinct(pages) {
  const all = new Map(pages.flatMap((page) => page.value).map((it) => [it.id, it]));
  return [...all.values()];
}
