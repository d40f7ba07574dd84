// Times, numbers and names in words.

import { html } from "../vendor/lit-html.js";

const NUMBER = new Intl.NumberFormat();
const LOCAL = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const AGO = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const UNITS = /** @type {[Intl.RelativeTimeFormatUnit, number][]} */ ([
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
]);

/** A whole number with separators.
 * @param {number} value */
export const number = (value) => NUMBER.format(value);

/** A number with its noun.
 * @param {number} value
 * @param {string} one
 * @param {string} [several] */
export const count = (value, one, several = `${one}s`) => `${number(value)} ${value === 1 ? one : several}`;

/** A local time, with UTC on hover.
 * @param {string | null | undefined} iso */
export function dateTime(iso) {
  if (!iso) return html`<span class="note">never</span>`;
  const at = new Date(iso);
  return html`<time datetime=${iso} title=${utc(at)}>${LOCAL.format(at)}</time>`;
}

/** How long ago something was, with the local time and UTC on hover.
 * @param {string | null | undefined} iso */
export function ago(iso) {
  if (!iso) return html`<span class="note">never</span>`;
  const at = new Date(iso);
  const passed = at.getTime() - Date.now();
  const [unit, length] = UNITS.find(([, length]) => Math.abs(passed) >= length) ?? UNITS[3];
  // After a month, a date says more.
  const text = Math.abs(passed) > 30 * 86_400_000 ? LOCAL.format(at) : AGO.format(Math.trunc(passed / length), unit);
  return html`<time datetime=${iso} title="${LOCAL.format(at)} – ${utc(at)}">${text}</time>`;
}

/** @param {Date} at */
const utc = (at) => `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** The states of codes: their names, and how they are drawn. */
export const STATES = /** @type {const} */ ({
  notEvaluated: ["free", "free"],
  installing: ["installing", "waiting"],
  installed: ["installed", "used"],
  deleting: ["deleting", "waiting"],
  deleted: ["deleted", "gone"],
  removedByUser: ["removed by user", "gone"],
  failed: ["failed", "wrong"],
  error: ["error", "wrong"],
  quarantined: ["quarantined", "held"],
  handedOutElsewhere: ["handed out elsewhere", "gone"],
});

/** The name of a state, for people.
 * @param {string} name */
export const state = (name) => STATES[/** @type {keyof typeof STATES} */ (name)]?.[0] ?? name;

/** The state of a code, drawn.
 * @param {string} name */
export function stateMark(name) {
  const [text, kind] = STATES[/** @type {keyof typeof STATES} */ (name)] ?? [name, "gone"];
  return html`<span class="state ${kind}">${text}</span>`;
}

/** The end of an id, which tells ids of one time apart.
 * @param {string} id */
export const short = (id) => (id.length > 12 ? `…${id.slice(-8)}` : id);

/** A literal in a $filter.
 * @param {string} text */
export const quoted = (text) => `'${text.replaceAll("'", "''")}'`;

/** A query string of these options, without those that are empty.
 * @param {Record<string, string | number | null | undefined>} options */
export function query(options) {
  const all = Object.entries(options).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return all.length ? `?${all.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join("&")}` : "";
}
