// Starts the console, or hands the issuer's answer to the console that asked for it.

import { App } from "./app.js";
import { answers } from "./session.js";

const root = /** @type {HTMLElement} */ (document.getElementById("app"));
if (answers(location.search)) {
  document.title = "Signed in – esimpool";
} else {
  new App(root).start();
}
