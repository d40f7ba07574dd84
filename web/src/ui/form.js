// What forms and dialogs share.

import { html, nothing } from "../../vendor/lit-html.js";
import { ApiError } from "../api.js";
import { skipToken } from "../paths.js";
import { problem } from "./problem.js";

/** A dialog with a form that makes one change. It stays open, with what was entered, until the change is
 * made. A conflict is explained, and the fresh state is offered: `refresh` shows it, as after the change.
 * @param {import("../app.js").App} app
 * @param {{title: string, fields: unknown, action: string, danger?: boolean, allowed?: () => boolean,
 *   submit: (data: FormData) => Promise<unknown>, refresh?: () => unknown}} form */
export function openForm(app, form) {
  const { title, fields, action, danger = false, allowed = () => true, submit, refresh = () => app.refresh() } = form;
  let busy = false;
  /** @type {unknown} */
  let failure = null;
  const show = () => app.dialog(html`<form method="dialog" @submit=${send} @input=${show}>
    <h2 id="dialog-title">${title}</h2>
    ${typeof fields === "function" ? fields() : fields}
    ${failure ? html`<div role="alert">${problem(failure)}${fresh()}</div>` : nothing}
    <div class="buttons">
      <button class=${danger ? "danger" : "main"} ?disabled=${busy || !allowed()}>${action}</button>
      <button type="button" @click=${() => app.dialog(null)}>Cancel</button>
    </div></form>`);
  const fresh = () => {
    const isConflict = failure instanceof ApiError && [404, 409, 412].includes(failure.status);
    return isConflict
      ? html`<p><button type="button" @click=${() => (app.dialog(null), refresh())}>Show the fresh state</button></p>`
      : nothing;
  };
  const send = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const data = new FormData(/** @type {HTMLFormElement} */ (event.target));
    busy = true;
    failure = null;
    show();
    try {
      await submit(data);
    } catch (error) {
      busy = false;
      failure = error;
      show();
      return;
    }
    app.dialog(null);
    try {
      await refresh();
    } catch (error) {
      app.fail(error);
    }
  };
  show();
}

/** A table of rows, which becomes a list of cards where there is no room for columns.
 * @param {{caption: string, columns: {name: string, value: (row: any) => unknown, kind?: string, sort?: string}[],
 *   rows: any[], order?: string, sortBy?: (order: string) => string}} table
 * `order` is the property by which the rows are sorted, with " desc" behind it for the reverse; `sortBy`
 * is the link to another order. */
export function table({ caption, columns, rows, order = "", sortBy }) {
  const [by, direction] = order.split(" ");
  const head = (/** @type {typeof columns[0]} */ { name, sort, kind }) => {
    if (!sort || !sortBy) return html`<th scope="col" class=${kind ?? ""}>${name}</th>`;
    const isBy = sort === by;
    const next = isBy && !direction ? `${sort} desc` : sort;
    return html`<th scope="col" class=${kind ?? ""} aria-sort=${!isBy ? "none" : direction ? "descending" : "ascending"}>
      <a href=${sortBy(next)}>${name}${isBy ? (direction ? " ↓" : " ↑") : ""}</a></th>`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${caption}><table class="stacked">
    <caption class="hidden">${caption}</caption>
    <thead><tr>${columns.map(head)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${columns.map(({ name, value, kind }) => {
      const content = value(row);
      return content === null || content === undefined || content === ""
        ? html`<td class="none"></td>`
        : html`<td class=${kind ?? ""} data-name=${name}><span>${content}</span></td>`;
    })}</tr>`)}</tbody></table></div>`;
}

/** Links to the first and the next page of a list.
 * @param {string | null} after where this page begins, if it is not the first
 * @param {string | null} next where the next page begins, if there is one
 * @param {(after: string | null) => string} to the link to a page
 * @param {[string, string]} words */
export function pages(after, next, to, [first, following] = ["First page", "Next page"]) {
  if (!after && !next) return nothing;
  return html`<nav class="pager" aria-label="Pages">
    ${after ? html`<a class="button" href=${to(null)}>${first}</a>` : nothing}
    ${next ? html`<a class="button" href=${to(next)}>${following}</a>` : html`<span class="note">This is the last page.</span>`}</nav>`;
}

/** The same for a screen whose query says where its page begins.
 * @param {import("../app.js").App} app
 * @param {string} path of the screen
 * @param {URLSearchParams} query of the screen
 * @param {any} page of the list */
export function pager(app, path, query, page) {
  const to = (/** @type {string | null} */ after) => {
    const next = new URLSearchParams(query);
    if (after) next.set("after", after);
    else next.delete("after");
    const text = next.toString();
    return app.href(`${path}${text ? `?${text}` : ""}`);
  };
  return pages(query.get("after"), skipToken(page), to);
}
