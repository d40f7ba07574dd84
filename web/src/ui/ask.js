// A question before something that is not easily taken back.

import { html, nothing } from "../../vendor/lit-html.js";

/** @import { App } from "../app.js" */

/**
 * Shows a dialog. `run` does what was asked for; if it fails, the error is shown and the dialog stays, so that what was
 * entered is not lost.
 * @param {App} app
 * @param {{title: string, text: unknown, action: string, danger?: boolean, run: (form: FormData) => Promise<void>}} question
 */
export function ask(app, { title, text, action, danger, run }) {
  let busy = false;
  const show = () =>
    app.dialog(
      html`<form
        method="dialog"
        @submit=${async (/** @type {SubmitEvent & {currentTarget: HTMLFormElement}} */ event) => {
          event.preventDefault();
          if (busy) {
            return;
          }
          const entered = new FormData(event.currentTarget);
          busy = true;
          show();
          try {
            await run(entered);
            app.dialog(null);
          } catch (error) {
            busy = false;
            show();
            app.fail(error);
          }
        }}
      >
        <h2>${title}</h2>
        ${text ?? nothing}
        <div class="buttons">
          <button type="submit" class=${danger ? "danger" : "main"} ?disabled=${busy}>${action}</button>
          <button type="button" ?disabled=${busy} @click=${() => app.dialog(null)}>Cancel</button>
        </div>
      </form>`,
    );
  show();
}
