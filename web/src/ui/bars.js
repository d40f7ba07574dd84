// The stock of a pool as a bar.

import { html, nothing, svg } from "../../vendor/lit-html.js";
import { number } from "../words.js";

/** The parts of a bar: the property of the stock report, the word, and how it is drawn. */
const PARTS = /** @type {[keyof import("../../types/entities.js").Stock, string, string][]} */ ([
  ["free", "free", "free"],
  ["bound", "bound to a device", "waiting"],
  ["handedOut", "handed out", "used"],
  ["quarantined", "quarantined", "held"],
  ["handedOutElsewhere", "handed out elsewhere", "gone"],
]);

/** A bar with its legend. Attributes rather than styles, which the policy of the page does not allow.
 * @param {import("../../types/entities.js").Stock} stock
 * @param {{legend?: boolean}} [options] */
export function stockBar(stock, { legend = true } = {}) {
  const parts = PARTS.map(([name, word, kind]) => ({ word, kind, value: Number(stock[name] ?? 0) }));
  const shown = parts.filter(({ value }) => value > 0);
  const total = shown.reduce((sum, { value }) => sum + value, 0);
  const words = shown.map(({ word, value }) => `${number(value)} ${word}`).join(", ") || "no codes";
  let from = 0;
  return html`<svg class="bar" viewBox="0 0 1000 12" preserveAspectRatio="none" role="img" aria-label=${words}>
      <rect class="empty" width="1000" height="12"></rect>
      ${shown.map(({ kind, value }) => {
        const width = (value / total) * 1000;
        from += width;
        return svg`<rect class=${kind} x=${from - width} width=${width} height="12"></rect>`;
      })}
    </svg>
    ${legend
      ? html`<ul class="legend">${shown.map(({ word, kind, value }) => html`<li><span class="key ${kind}"></span>
          ${number(value)} ${word}</li>`)}</ul>`
      : nothing}`;
}
