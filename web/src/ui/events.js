// Events of the audit log, each as a sentence.

import { html, nothing } from "../../vendor/lit-html.js";
import { activity, actor, ago, property, state } from "../words.js";

/** @typedef {import("../../types/entities.js").AuditEvent} Event */
/** @typedef {import("../../types/entities.js").AuditResource} Resource */

/** Whether an event is about the thing with this id.
 * @param {Event} event
 * @param {string} id */
export const concerns = (event, id) => event.resources.some((it) => it.resourceId === id);

/** A list of events, the newest first.
 * @param {Event[]} events
 * @param {import("../app.js").App} app
 * @param {{pool?: string, names?: Map<string, string>}} [options] the pool that all of them are about, and
 * the names of pools that are known */
export function eventList(events, app, { pool, names = new Map() } = {}) {
  if (events.length === 0) return html`<p class="note">Nothing has happened yet.</p>`;
  return html`<ol class="events">${events.map((event) => html`<li>
    <span class="what">${sentence(event, app, pool, names)}</span> ${ago(event.activityDateTime)}</li>`)}</ol>`;
}

/** What happened, who did it, and to what.
 * @param {Event} event
 * @param {import("../app.js").App} app
 * @param {string} [pool]
 * @param {Map<string, string>} [names] */
export function sentence(event, app, pool, names = new Map()) {
  const objects = event.resources.map((it) => object(it, event, app, pool, names));
  const parts = objects.filter((part) => part !== null);
  return html`${actor(event, app)} ${activity(event)}${parts.map((part, index) => html`${index ? ", " : ": "}${part}`)}
    ${changes(event)}`;
}

/** What an event is about, or null if that is said already.
 * @param {Resource} resource
 * @param {Event} event
 * @param {import("../app.js").App} app
 * @param {string | undefined} pool
 * @param {Map<string, string>} names */
function object({ displayName, resourceId, auditResourceType: type }, event, app, pool, names) {
  const inPool = event.resources.find((it) => it.auditResourceType === "embeddedSIMActivationCodePool");
  const of = pool ?? inPool?.resourceId;
  if (type === "embeddedSIMActivationCodePool") {
    if (resourceId === pool) return null;
    const name = displayName ?? names.get(resourceId) ?? "a pool";
    return event.activityType === "deletePool"
      ? html`<strong>${name}</strong>`
      : html`<a href=${app.href(`/pools/${resourceId}`)}>${name}</a>`;
  }
  if (!displayName) return null;
  return type === "embeddedSIMActivationCode" && of
    ? html`<a href=${app.href(`/codes/${of}/${resourceId}`)}>${displayName}</a>`
    : html`<strong>${displayName}</strong>`;
}

/** What changed.
 * @param {Event} event */
function changes(event) {
  const all = event.resources.flatMap((it) => it.modifiedProperties);
  if (all.length === 0) return nothing;
  const value = (/** @type {string} */ name, /** @type {string | null} */ text) =>
    text === null ? "none" : name === "state" ? state(text) : text;
  const words = all.map(({ displayName: name, oldValue, newValue }) => {
    const before = oldValue === null ? "" : `${value(name, oldValue)} → `;
    return `${property(name)} ${before}${value(name, newValue)}`;
  });
  return html`<span class="note">(${words.join(", ")})</span>`;
}
