// An error in words.

import { html, nothing } from "../../vendor/lit-html.js";
import { ApiError } from "../api.js";

/** What a person can do about an error, by its status. */
const ADVICE = /** @type {Record<number, string>} */ ({
  401: "Sign in again.",
  403: "Your token does not have the permission for this. Who administers the issuer can grant it.",
  404: "It is not there any more, or it belongs to another tenant.",
  412: "It was changed by somebody else since this page showed it.",
  503: "The service is busy or its database cannot be reached. Try again in a moment.",
  507: "The service has no space left for this.",
});

/** An error with its code and the id by which the log of the service has it.
 * @param {unknown} error */
export function problem(error) {
  if (!(error instanceof ApiError)) {
    return html`<p>${error instanceof Error ? error.message : String(error)}</p>`;
  }
  const advice = ADVICE[error.status];
  return html`<p><strong>${advice ?? error.message}</strong></p>
    ${advice ? html`<p>${error.message}</p>` : nothing}
    <p class="note">${error.code}${error.requestId
      ? html` · request <code>${error.requestId}</code>` : nothing}</p>`;
}
