// Undoing an import: its codes that are still free are removed.

import { html, nothing } from "../../../vendor/lit-html.js";
import { POOLS, withOptions } from "../../paths.js";
import { openForm } from "../../ui/form.js";
import { count, quoted } from "../../words.js";

/** @import { App } from "../../app.js" */
/** @import { RemovedCodes } from "../../../types/entities.js" */

/** @param {string} id of an import */
const ofImport = (id) => ({ $filter: `importId eq ${quoted(id)}` });

/** How many codes of an import are stored.
 * @param {App} app
 * @param {string} id */
export async function stored(app, id) {
  return Number(await app.api.get(withOptions(`${POOLS}/esimpool.codes/$count`, ofImport(id))));
}

/** The button that undoes an import, when the person has said so again.
 * @param {App} app
 * @param {string} id
 * @param {(removed: RemovedCodes) => void} done */
export function undoButton(app, id, done) {
  const ask = () =>
    openForm(app, {
      title: "Undo this import?",
      fields: html`<p>
        The codes of this import that are still free are removed. Codes that were handed out stay: no code that a device
        may know is forgotten. The pool stays as well.
      </p>`,
      action: "Undo the import",
      danger: true,
      submit: async () => {
        const { body } = await app.api.send("DELETE", withOptions(`${POOLS}/esimpool.codes`, ofImport(id)));
        done(body);
      },
      refresh: () => app.changed(),
    });
  return html`<button type="button" class="danger" @click=${ask}>Undo this import</button>`;
}

/** What an undo has done. @param {RemovedCodes | null} removed */
export function removedView(removed) {
  if (removed === null) {
    return nothing;
  }
  const { removed: gone, left } = removed;
  return html`<p role="status">
    The import was undone: ${count(gone, "code")} removed.
    ${left === 0 ? "None is left." : `${count(left, "code")} left, because a device has them or had them.`}
  </p>`;
}

/** The screen of an import that is to be undone.
 * @param {App} app
 * @param {string} id
 * @param {{left: number | null, removed: RemovedCodes | null, done: (removed: RemovedCodes) => void}} state */
export function undoView(app, id, { left, removed, done }) {
  return html`<section aria-labelledby="undo-title">
    <h2 id="undo-title">Undo an import</h2>
    <p>Import <code>${id}</code></p>
    ${left === null
      ? nothing
      : left === 0
        ? html`<p>No code of this import is stored any more.</p>`
        : html`<p>${count(left, "code")} of this import are stored.</p>
            ${removed === null ? undoButton(app, id, done) : nothing}`}
    ${removedView(removed)}
  </section>`;
}
