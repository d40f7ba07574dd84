// One device: a form, and what was given.

import { html, nothing } from "../../../vendor/lit-html.js";
import { problem } from "../../ui/problem.js";

/** @import { App } from "../../app.js" */
/** @import { Claimed } from "../../../types/entities.js" */
/** @typedef {import("../give.js").default} Give */
/** @import { Holder, Installation } from "./installation.js" */

/** The fields of the form by the names that errors have for them. */
const TARGETS = {
  deviceName: "name",
  universalIntegratedCircuitCardIdentifier: "eid",
  userName: "user",
  integratedCircuitCardIdentifier: "iccid",
};

export class OneDevice {
  busy = false;
  /** @type {any} */
  error = null;
  /** @type {{holder: Holder, again: boolean} | null} */
  given = null;
  form = { name: "", eid: "", user: "", iccid: "" };
  /** The request that is being repeated has the key of the first attempt. @type {{key: string, text: string} | null} */
  attempt = null;

  /**
   * @param {App} app
   * @param {Give} give
   * @param {Installation} installation
   */
  constructor(app, give, installation) {
    this.app = app;
    this.give = give;
    this.installation = installation;
  }

  /** @param {boolean} rename */
  async claim(rename) {
    const { name, eid, user, iccid } = this.form;
    const wanted = { deviceName: name, universalIntegratedCircuitCardIdentifier: eid, userName: user, iccid, rename };
    const text = JSON.stringify([this.give.poolId, wanted]);
    if (this.attempt?.text !== text) {
      this.attempt = { key: crypto.randomUUID(), text };
    }
    this.busy = true;
    this.error = null;
    this.given = null;
    this.app.changed();
    try {
      this.given = await claim(this.app, this.give.path, { name, eid, user, iccid, rename }, this.attempt.key);
      this.attempt = null;
      this.form = { name: "", eid: "", user: "", iccid: "" };
    } catch (error) {
      this.error = error;
    }
    this.busy = false;
    this.app.changed();
    await this.installation.attempt(() => this.give.refresh());
  }

  view() {
    /**
     * @param {keyof OneDevice["form"]} key
     * @param {string} label
     * @param {string} hint
     */
    const field = (key, label, hint) => {
      const wrong = this.wrongField === key;
      return html`<div><label>
        <span>${label}</span>
        <input
          name=${key}
          type="text"
          autocomplete="off"
          spellcheck="false"
          maxlength="256"
          aria-describedby="${key}-hint"
          aria-invalid=${wrong ? "true" : nothing}
          .value=${this.form[key]}
          @input=${(/** @type {Event & {target: HTMLInputElement}} */ event) => {
            this.form[key] = event.target.value;
          }}
        />
      </label><small id="${key}-hint" class="note">${wrong ? html`<strong>${this.error.message}</strong>` : hint}</small></div>`;
    };
    return html`<section aria-labelledby="one-title">
      <h2 id="one-title">One device</h2>
      <form
        @submit=${(/** @type {SubmitEvent} */ event) => {
          event.preventDefault();
          if (!this.busy) {
            void this.claim(false);
          }
        }}
      >
        <div class="fields">
          ${field("name", "Name of the device", "As in Intune. It identifies the device if there is no EID.")}
          ${field("eid", "EID", "32 digits, from the settings of the device.")}
          ${field("user", "User", "Optional: who has the device.")}
          ${field("iccid", "ICCID", "Optional: a particular code. Otherwise the next free one.")}
        </div>
        <div class="buttons">
          <button type="submit" class="main" ?disabled=${this.busy}>Give a code</button>
          ${this.error?.code === "DeviceHasAnotherName"
            ? html`<button type="button" ?disabled=${this.busy} @click=${() => this.claim(true)}>
                The device was renamed: give it the code
              </button>`
            : nothing}
        </div>
      </form>
      ${this.error === null ? nothing : html`<div class="panel wrong-panel" role="alert">${problem(this.error)}</div>`}
      ${this.given === null
        ? nothing
        : html`<div class="panel">
            <p role="status">
              ${this.given.again
                ? "The device has this code of the pool already. It was not given another one."
                : "The device has a code now."}
            </p>
            ${this.installation.card(this.given.holder)}
          </div>`}
    </section>`;
  }

  get wrongField() {
    const target = /** @type {keyof typeof TARGETS} */ (this.error?.target);
    return target in TARGETS ? TARGETS[target] : null;
  }
}

/**
 * Claims a code. What the answer says of secrets is not kept: they are shown when they are asked for.
 * @param {App} app
 * @param {string} path
 * @param {{name: string, eid: string, user: string, iccid: string, rename?: boolean}} device
 * @param {string} idempotencyKey
 * @returns {Promise<{holder: Holder, again: boolean}>}
 */
export async function claim(app, path, { name, eid, user, iccid, rename }, idempotencyKey) {
  const body = {
    deviceName: name.trim() || undefined,
    universalIntegratedCircuitCardIdentifier: eid.trim() || undefined,
    userName: user.trim() || undefined,
    integratedCircuitCardIdentifier: iccid.trim() || undefined,
    rename: rename || undefined,
  };
  const answer = await app.api.send("POST", `${path}/esimpool.claim`, body, { idempotencyKey });
  const { activationCode, deviceState } = /** @type {Claimed} */ (answer.body);
  return {
    again: answer.status === 200,
    holder: {
      id: deviceState.id,
      deviceName: deviceState.deviceName,
      eid: deviceState.universalIntegratedCircuitCardIdentifier,
      userName: deviceState.userName,
      state: deviceState.state,
      iccid: activationCode.integratedCircuitCardIdentifier,
    },
  };
}
