// Events of the audit log, each as a sentence with links to what it names.

import { html } from "../../vendor/lit-html.js";
import { parts } from "../sentences.js";
import { ago, short } from "../words.js";

/** @typedef {import("../../types/entities.js").AuditEvent} Event */
/** @typedef {import("../app.js").App} App */

/** A list of events, the newest first.
 * @param {Event[]} events
 * @param {App} app
 * @param {Map<string, string>} pools the names of the pools that are stored */
export function eventList(events, app, pools) {
  if (events.length === 0) return html`<p class="note">Nothing has happened yet.</p>`;
  return html`<ol class="events">${events.map((event) => html`<li>
    <span class="what">${eventView(event, app, pools)}</span>
    <span class="note">${actor(event, app)}, ${ago(event.activityDateTime)}</span></li>`)}</ol>`;
}

/** What was done to what.
 * @param {Event} event
 * @param {App} app
 * @param {Map<string, string>} pools the names of the pools that are stored */
export function eventView(event, app, pools) {
  return parts(event, pools).map((part) => {
    if (typeof part === "string") return part;
    return part.path === null ? part.text : html`<a href=${app.href(part.path)}>${part.text}</a>`;
  });
}

/** Who did it, in a few words.
 * @param {Event} event
 * @param {App} app */
export function actor({ actor: { userId, applicationId } }, app) {
  if (userId && userId === app.session.user?.id) return "you";
  if (userId) return html`<span title=${userId}>user ${short(userId)}</span>`;
  return applicationId ? html`<span title=${applicationId}>application ${short(applicationId)}</span>` : "the service";
}
