// Events of the audit log, each as a sentence.

import { html, nothing } from "../../vendor/lit-html.js";
import { activity, actor, ago } from "../words.js";

const POOL = "EmbeddedSIMActivationCodePool";

/** A list of events, the newest first.
 * @param {any[]} events
 * @param {import("../app.js").App} app
 * @param {{pool?: string}} [options] the pool that all of them are about */
export function eventList(events, app, { pool } = {}) {
  if (events.length === 0) return html`<p class="note">Nothing has happened yet.</p>`;
  return html`<ol class="events">${events.map((event) => html`<li>
    <span class="what">${actor(event, app)} ${activity(event)}${objects(event, app, pool)}
      ${details(event)}</span> ${ago(event.activityDateTime)}</li>`)}</ol>`;
}

/** @param {any} event
 * @param {import("../app.js").App} app
 * @param {string | undefined} known */
function objects(event, app, known) {
  const named = event.resources.filter((/** @type {any} */ it) => it.displayName && it.resourceId !== known);
  return named.map((/** @type {any} */ { displayName, resourceId, auditResourceType: type }) =>
    type.toLowerCase() === POOL.toLowerCase() && event.activityType !== "deletePool"
      ? html` <a href=${app.href(`/pools/${resourceId}`)}>${displayName}</a>`
      : html` <strong>${displayName}</strong>`);
}

/** What changed.
 * @param {any} event */
function details(event) {
  const changes = event.resources.flatMap((/** @type {any} */ it) => it.modifiedProperties);
  if (changes.length === 0) return nothing;
  const words = (/** @type {any} */ { displayName, oldValue, newValue }) =>
    oldValue === null ? `${displayName} ${newValue}` : `${displayName} ${oldValue} → ${newValue ?? "nothing"}`;
  return html`<span class="note">(${changes.map(words).join(", ")})</span>`;
}
