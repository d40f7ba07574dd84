// What the token of the person may not do, told before it is tried.

import { html } from "../../vendor/lit-html.js";
import { href } from "../router.js";

/**
 * @param {string} what The beginning of a sentence, such as “An import”.
 * @param {string} permission
 */
export function lacks(what, permission) {
  return html`<div class="panel lacks">
    <p>${what} needs the permission <code>${permission}</code>, which your token does not have.</p>
    <p><a href=${href("/permissions")}>What your token may do</a></p>
  </div>`;
}
