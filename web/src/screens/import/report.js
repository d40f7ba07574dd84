// The report of an import: counts, reasons, and the rejected lines.

import { html, nothing } from "../../../vendor/lit-html.js";
import { saveCsv } from "../../csv.js";
import { count, number } from "../../words.js";

/** @import { ImportReport } from "../../../types/entities.js" */

/** How many rejected lines are shown; the file has all that are reported. */
const SHOWN = 20;

/**
 * @param {ImportReport} report
 * @param {{file: string, stored: boolean, poolName: (id: string) => string}} options
 */
export function reportView(report, { file, stored, poolName }) {
  const { rejected, rejectedCount, handedOutCount } = report;
  return html`<ul class="totals">
      <li><strong>${number(report.inserted)}</strong> ${stored ? "imported" : "new"}</li>
      <li><strong>${number(report.duplicates)}</strong> known already</li>
      <li class=${rejectedCount > 0 ? "low" : ""}><strong>${number(rejectedCount)}</strong> rejected</li>
      ${handedOutCount === 0 ? nothing : html`<li><strong>${number(handedOutCount)}</strong> handed out before</li>`}
    </ul>
    ${groups(report, poolName)}
    ${rejected.length === 0
      ? nothing
      : html`<div class="scroll" tabindex="0" role="region" aria-label="Rejected lines">
            <table class="stacked">
              <caption>
                ${rejected.length > SHOWN ? `The first ${SHOWN} rejected lines` : "Rejected lines"}
              </caption>
              <thead>
                <tr>
                  <th scope="col" class="number">Line</th>
                  <th scope="col" class="number">Column</th>
                  <th scope="col">Value</th>
                  <th scope="col">Reason</th>
                </tr>
              </thead>
              <tbody>
                ${rejected.slice(0, SHOWN).map(
                  (it) => html`<tr>
                    <td class="number" data-name="Line">${it.line}</td>
                    <td class="number" data-name="Column">${it.column ?? ""}</td>
                    <td class="text" data-name="Value">${it.value}</td>
                    <td class="text" data-name="Reason">${it.reason}</td>
                  </tr>`,
                )}
              </tbody>
            </table>
          </div>
          <p>
            <button type="button" @click=${() => saveRejected(report, file)}>
              Save the rejected lines (CSV)
            </button>
            ${rejectedCount > rejected.length
              ? html`The service lists ${count(rejected.length, "line")} of them.`
              : nothing}
          </p>`}`;
}

/**
 * @param {ImportReport} report
 * @param {(id: string) => string} poolName
 */
function groups({ groups: all }, poolName) {
  if (all.length === 0) {
    return nothing;
  }
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Lines that are not imported">
    <table class="stacked">
      <caption>Lines that are not imported</caption>
      <thead>
        <tr>
          <th scope="col" class="number">Lines</th>
          <th scope="col">Why</th>
          <th scope="col">What to do</th>
        </tr>
      </thead>
      <tbody>
        ${all.map(
          (it) => html`<tr>
            <td class="number" data-name="Lines">${number(it.count)}</td>
            <td class="text" data-name="Why"><span>
              ${it.reason}${it.poolId === null ? nothing : html` (pool “${poolName(it.poolId)}”)`}
              ${it.firstLine === null ? nothing : html`<br /><small>first in line ${it.firstLine}</small>`}</span>
            </td>
            <td class="text" data-name="What to do">${it.outcome === "known" ? "nothing: the code is stored" : it.hint}</td>
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/**
 * @param {ImportReport} report
 * @param {string} file
 */
function saveRejected(report, file) {
  const rows = report.rejected.map((it) => [it.line, it.column, it.value, it.reason, it.hint]);
  const name = file.replace(/\.[^.]*$/, "") || "import";
  saveCsv(`${name}-rejected.csv`, [["line", "column", "value", "reason", "what to do"], ...rows]);
}
