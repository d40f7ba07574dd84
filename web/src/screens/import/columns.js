// What was understood of each column of a file.

import { html, nothing } from "../../../vendor/lit-html.js";

/** @param {import("../../../types/entities.js").ImportReport} report
 * @param {Set<string>} ignored the columns that are left out
 * @param {() => void} changed is called when others are left out */
export function columnsView({ columnsUnderstood: columns, columnsNotUnderstood }, ignored, changed) {
  if (columns.length + columnsNotUnderstood.length === 0) {
    return nothing;
  }
  /** @param {string} name */
  const toggle = (name) => (/** @type {Event & {target: HTMLInputElement}} */ event) => {
    if (event.target.checked) ignored.add(name);
    else ignored.delete(name);
    changed();
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Columns of the file">
      <table>
        <caption>Columns of the file</caption>
        <thead>
          <tr>
            <th scope="col">Column</th>
            <th scope="col">Understood as</th>
          </tr>
        </thead>
        <tbody>
          ${columns.map(
            (column) => html`<tr>
              <th scope="row" class="text">${column.name}</th>
              <td>${column.content}</td>
            </tr>`,
          )}
          ${columnsNotUnderstood.map(
            ({ name }) => html`<tr>
              <th scope="row" class="text">${name}</th>
              <td>
                not understood
                <label class="check">
                  <input type="checkbox" .checked=${ignored.has(name)} @change=${toggle(name)} />
                  <span>leave it out</span>
                </label>
              </td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${columnsNotUnderstood.some(({ name }) => !ignored.has(name))
      ? html`<p>What a column says that is not understood would be lost. Tick the columns that may be lost.</p>`
      : nothing}`;
}
