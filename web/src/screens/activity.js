// Activity: the audit log in words.

import { html, nothing } from "../../vendor/lit-html.js";
import { saveCsv } from "../csv.js";
import { AUDIT, READ_AUDIT, poolNames, skipToken, withOptions } from "../paths.js";
import { ACTIVITIES, sentence } from "../sentences.js";
import { actor, eventView } from "../ui/events.js";
import { pages } from "../ui/form.js";
import { lacks } from "../ui/lacks.js";
import { dateTime, number, quoted } from "../words.js";

/** @import { App } from "../app.js" */
/** @import { AuditEvent } from "../../types/entities.js" */

const TOP = 50;
/** How many events are saved at most. */
const MOST_SAVED = 100_000;

export default class Activity {
  title = "Activity";

  /** @type {AuditEvent[]} */
  events = [];
  /** @type {Map<string, string>} */
  pools = new Map();
  /** @type {string | null} */
  next = null;
  loading = true;
  saving = false;

  /**
   * @param {App} app
   * @param {Record<string, string>} _params
   * @param {URLSearchParams} query
   */
  constructor(app, _params, query) {
    this.app = app;
    const { session } = app;
    this.mayRead = session.may("audit");
    this.mayReadPools = session.may("read");
    const value = (/** @type {string} */ name) => query.get(name) ?? "";
    this.filter = {
      from: value("from"),
      to: value("to"),
      person: value("person"),
      application: value("application"),
      pool: value("pool"),
      kind: value("kind"),
      iccid: value("iccid"),
    };
    this.after = value("after");
  }

  async load() {
    if (!this.mayRead) {
      return;
    }
    this.loading = true;
    this.app.changed();
    if (this.mayReadPools) {
      const pools = await poolNames(this.app.api);
      this.pools = new Map(pools.map(({ id, displayName }) => [id, displayName]));
    }
    const page = await this.app.api.get(this.path(TOP, this.after));
    this.events = page.value;
    this.next = skipToken(page);
    this.loading = false;
    this.app.changed();
  }

  /**
   * @param {number} top
   * @param {string} after
   */
  path(top, after) {
    const { from, to, person, application, pool, kind, iccid } = this.filter;
    const conditions = [
      isDay(from) && `activityDateTime ge ${startOf(from, 0)}`,
      isDay(to) && `activityDateTime lt ${startOf(to, 1)}`,
      person !== "" && `actor/userId eq ${quoted(person)}`,
      application !== "" && `actor/applicationId eq ${quoted(application)}`,
      pool !== "" && `poolId eq ${quoted(pool)}`,
      kind !== "" && `activityType eq ${quoted(kind)}`,
      iccid !== "" && `integratedCircuitCardIdentifier eq ${quoted(iccid.replace(/[\s-]/g, ""))}`,
    ];
    return withOptions(AUDIT, {
      $filter: conditions.filter((it) => it !== false).join(" and "),
      $orderby: "activityDateTime desc",
      $top: top,
      $skiptoken: after,
    });
  }

  /** @param {Partial<Activity["filter"]> & {after?: string}} change */
  address(change) {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries({ ...this.filter, ...change })) {
      if (value !== "") {
        query.set(name, value);
      }
    }
    return `/activity${query.size === 0 ? "" : `?${query}`}`;
  }

  /** Saves all events that the filters select. */
  async save() {
    this.saving = true;
    this.app.changed();
    /** @type {AuditEvent[]} */
    const events = [];
    try {
      for await (const event of this.app.api.all(this.path(999, ""))) {
        events.push(event);
        if (events.length === MOST_SAVED) {
          this.app.say(`The file has the latest ${number(MOST_SAVED)} events. Narrow the time for older ones.`);
          break;
        }
      }
      const header = ["time (UTC)", "activity", "what", "user", "application", "ICCID", "request"];
      const rows = events.map((event) => [
        event.activityDateTime,
        event.activityType,
        sentence(event, this.pools),
        event.actor.userId,
        event.actor.applicationId,
        iccidOf(event),
        event.correlationId,
      ]);
      saveCsv("activity.csv", [header, ...rows]);
    } catch (error) {
      this.app.fail(error);
    }
    this.saving = false;
    this.app.changed();
  }

  view() {
    return html`<div class="title"><h1 tabindex="-1">${this.title}</h1></div>
      ${this.mayRead ? this.content() : lacks("The audit log", READ_AUDIT)}`;
  }

  content() {
    return html`${this.filters()}
      <div role="status" class="note">${this.loading ? "Reading…" : nothing}</div>
      ${this.loading ? nothing : this.table()}`;
  }

  filters() {
    const { from, to, person, application, pool, kind, iccid } = this.filter;
    return html`<form
      class="filters"
      @submit=${(/** @type {SubmitEvent & {currentTarget: HTMLFormElement}} */ event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        const value = (/** @type {string} */ name) => String(form.get(name) ?? "").trim();
        this.app.go(
          this.address({
            from: value("from"),
            to: value("to"),
            person: value("person"),
            application: value("application"),
            pool: value("pool"),
            kind: value("kind"),
            iccid: value("iccid"),
            after: "",
          }),
        );
      }}
    >
      <div class="fields">
        <label class="field"><span>From</span><input name="from" type="date" .value=${from} /></label>
        <label class="field"><span>To</span><input name="to" type="date" .value=${to} /></label>
        <label class="field">
          <span>What</span>
          <select name="kind">
            <option value="" .selected=${kind === ""}>everything</option>
            ${Object.entries(ACTIVITIES).map(
              ([name, title]) => html`<option value=${name} .selected=${name === kind}>${title}</option>`,
            )}
          </select>
        </label>
        ${this.mayReadPools
          ? html`<label class="field">
              <span>Pool</span>
              <select name="pool">
                <option value="" .selected=${pool === ""}>all pools</option>
                ${pool !== "" && !this.pools.has(pool)
                  ? html`<option value=${pool} selected>a pool that is gone</option>`
                  : nothing}
                ${[...this.pools].map(
                  ([id, name]) => html`<option value=${id} .selected=${id === pool}>${name}</option>`,
                )}
              </select>
            </label>`
          : nothing}
        <label class="field">
          <span>Person (id)</span>
          <input name="person" type="text" autocomplete="off" spellcheck="false" .value=${person} />
        </label>
        <label class="field">
          <span>Application (id)</span>
          <input name="application" type="text" autocomplete="off" spellcheck="false" .value=${application} />
        </label>
        <label class="field">
          <span>ICCID</span>
          <input name="iccid" type="text" inputmode="numeric" autocomplete="off" .value=${iccid} />
        </label>
      </div>
      <div class="buttons">
        <button type="submit" class="main">Show</button>
        <button type="button" @click=${() => this.app.go("/activity")}>Everything</button>
        ${this.app.session.user === null
          ? nothing
          : html`<button
              type="button"
              @click=${() => this.app.go(this.address({ person: this.app.session.user?.id ?? "", application: "", after: "" }))}
            >
              Mine
            </button>`}
        <button type="button" ?disabled=${this.saving || this.loading} @click=${() => this.save()}>Save as CSV</button>
      </div>
    </form>`;
  }

  table() {
    if (this.events.length === 0) {
      return html`<p>Nothing of this kind happened.</p>
        ${this.pages()}`;
    }
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Activity">
        <table class="stacked">
          <caption>What happened, the latest first</caption>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">What</th>
              <th scope="col">Who</th>
              <th scope="col">Request</th>
            </tr>
          </thead>
          <tbody>
            ${this.events.map((event) => this.row(event))}
          </tbody>
        </table>
      </div>
      ${this.pages()}`;
  }

  pages() {
    const at = (/** @type {string | null} */ after) => this.app.href(this.address({ after: after ?? "" }));
    return pages(this.after, this.next, at, ["Latest", "Older"]);
  }

  /** @param {AuditEvent} event */
  row(event) {
    const isImport = event.activityType === "importPool" || event.activityType === "importCodes";
    return html`<tr>
      <td data-name="When">${dateTime(event.activityDateTime)}</td>
      <td class="text" data-name="What"><span>
        ${eventView(event, this.app, this.pools)}
        ${isImport && this.app.session.may("write") ? html` <a href=${this.app.href(`/import?undo=${event.id}`)}>undo</a>` : nothing}</span>
      </td>
      <td class="text" data-name="Who">${this.who(event)}</td>
      <td data-name="Request"><code class="id">${event.correlationId}</code></td>
    </tr>`;
  }

  /** @param {AuditEvent} event */
  who(event) {
    const { userId, applicationId } = event.actor;
    const only = userId ? { person: userId } : applicationId ? { application: applicationId } : null;
    const name = actor(event, this.app);
    return only === null
      ? name
      : html`<a href=${this.app.href(this.address({ person: "", application: "", ...only, after: "" }))}>${name}</a>`;
  }
}

/** @param {AuditEvent} event */
function iccidOf(event) {
  return event.resources.find((it) => it.auditResourceType === "embeddedSIMActivationCode")?.displayName ?? null;
}

/** @param {string} text */
function isDay(text) {
  return /^\d{4}-\d\d-\d\d$/.test(text);
}

/**
 * The beginning of a local day, so many days later, in UTC.
 * @param {string} day
 * @param {number} later
 */
function startOf(day, later) {
  const [year, month, date] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}
