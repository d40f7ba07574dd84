// One code: what it is, who has it, and its whole history in words.

import { html, nothing } from "../../vendor/lit-html.js";
import { AUDIT, POOLS } from "../paths.js";
import { eventList } from "../ui/events.js";
import { ago, quoted, stateMark } from "../words.js";

const ICCID = "integratedCircuitCardIdentifier";

/** What the state of a code means for the next device. */
const MEANING = /** @type {Record<string, string>} */ ({
  notEvaluated: "It can be given to a device.",
  installing: "A device has been given it and has not reported yet that it is installed.",
  installed: "A device uses it.",
  deleting: "A device is about to remove it.",
  deleted: "A device had it and has removed it. It is not given to another one.",
  removedByUser: "A person removed it from a device. It is not given to another one.",
  failed: "A device could not install it. It is not given to another one.",
  error: "A device reported an error. It is not given to another one.",
  quarantined: "It was taken back before it was installed, and its last holder knows its secret. It is given to a device again only after somebody reinstates it.",
  handedOutElsewhere: "The same code was handed out before, from this or another pool. It is not given to another device.",
});

export default class Code {
  title = "Code";
  /** @type {import("../../types/entities.js").TenantCode} */
  code = /** @type {any} */ (null);
  /** @type {import("../../types/entities.js").Pool} */
  pool = /** @type {any} */ (null);
  /** @type {import("../../types/entities.js").AuditEvent[] | null} */
  events = null;

  /** @param {import("../app.js").App} app
   * @param {Record<string, string>} params
   * @param {URLSearchParams} query */
  constructor(app, { pool, id }, query) {
    this.app = app;
    this.poolId = pool;
    this.id = id;
    this.iccid = query.get("iccid");
  }

  async load() {
    const { api, session } = this.app;
    const conditions = [`poolId eq ${quoted(this.poolId)}`, `id eq ${quoted(this.id)}`];
    if (this.iccid) conditions.push(`${ICCID} eq ${quoted(this.iccid)}`);
    const [pool, found] = await Promise.all([
      api.get(`${POOLS}/${encodeURIComponent(this.poolId)}?$select=id,displayName`),
      api.get(`${POOLS}/esimpool.codes?$filter=${encodeURIComponent(conditions.join(" and "))}`),
    ]);
    this.pool = pool;
    this.code = found.value[0];
    if (!this.code) throw new Error("There is no such code in the pool. It may have been removed.");
    this.title = `Code ${this.code[ICCID]}`;
    if (session.may("audit")) {
      const filter = encodeURIComponent(`${ICCID} eq ${quoted(this.code[ICCID])}`);
      const events = [];
      for await (const event of api.all(`${AUDIT}?$filter=${filter}&$orderby=activityDateTime desc`)) {
        events.push(event);
      }
      this.events = events;
    }
  }

  view() {
    const { app, code, pool } = this;
    const facts = [
      ["State", html`${stateMark(code.state)} <span class="note">since ${ago(code.stateChangedDateTime)}</span>`],
      ["Pool", html`<a href=${app.href(`/pools/${pool.id}`)}>${pool.displayName}</a>`],
      ["Device", code.deviceName && html`<a href=${app.href(`/find?q=${encodeURIComponent(code.deviceName)}`)}>${code.deviceName}</a>`],
      ["User", code.userName && html`<a href=${app.href(`/find?q=${encodeURIComponent(code.userName)}`)}>${code.userName}</a>`],
      ["EID", code.universalIntegratedCircuitCardIdentifier],
      ["Bound to EID", code.boundToEid],
      ["Server", code.smdpPlusServerAddress],
      ["Label", code.label],
      ["Import", code.importId && html`<a href=${app.href(`/find?q=${code.importId}`)}><code>${code.importId}</code></a>`],
      ["Position", `${code.position + 1} in its pool`],
    ].filter(([, value]) => value);
    return html`
      <p><a href=${app.href(`/pools/${pool.id}`)}>${pool.displayName}</a></p>
      <div class="title"><h1 tabindex="-1">Code ${code[ICCID]}</h1>
        <button @click=${() => app.refresh()}>Refresh</button></div>
      <div class="panel"><p>${MEANING[code.state] ?? nothing}</p>
        <dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></div>
      <section aria-labelledby="history"><h2 id="history">History</h2>
        ${this.events ? eventList(this.events, app, new Map([[pool.id, pool.displayName]])) : html`<p class="note">Your token may not read the audit log.</p>`}
      </section>`;
  }
}
