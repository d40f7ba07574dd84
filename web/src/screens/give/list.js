// A list of devices: preview, then one claim after the other. It can be stopped and continued, and sent again: a device
// that has a code gets the same one.

import { html, nothing } from "../../../vendor/lit-html.js";
import { MAX_DEVICES, readDevices } from "../../devices.js";
import { saveCsv } from "../../csv.js";
import { count, number } from "../../words.js";
import { claim } from "./one.js";

/** @import { App } from "../../app.js" */
/** @import { Wanted } from "../../devices.js" */
/** @typedef {import("../give.js").default} Give */
/** @import { Holder, Installation } from "./installation.js" */

/**
 * A device of the list and what became of it.
 * @typedef {object} Row
 * @property {Wanted} device
 * @property {"left out" | "waiting" | "given" | "again" | "failed"} outcome
 * @property {string} reason
 * @property {Holder | null} holder
 * @property {string} key
 */

const SHOWN = 50;
/** How many claims are sent at a time. */
const WIDTH = 4;
const ATTEMPTS = 5;
/** What every further claim would answer as well. */
const HOPELESS = ["NoFreeActivationCode", "ActivationCodesHandedOutElsewhere", "Forbidden", "ResourceNotFound"];

export class DeviceList {
  text = "";
  file = "";
  /** @type {Row[]} */
  rows = [];
  /** @type {string[]} */
  ignored = [];
  tooMany = false;
  running = false;
  /** Why the run ended early. @type {string | null} */
  halted = null;
  page = 0;
  /** @type {Set<string>} */
  chosen = new Set();

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

  /**
   * @param {string} text
   * @param {string} file
   */
  read(text, file) {
    const { devices, ignored, tooMany } = readDevices(text);
    this.rows = devices.map((device) => ({
      device,
      outcome: device.problem === null ? "waiting" : "left out",
      reason: device.problem ?? "",
      holder: null,
      key: crypto.randomUUID(),
    }));
    Object.assign(this, { text, file, ignored, tooMany, halted: null, page: 0, chosen: new Set() });
    this.app.changed();
  }

  /** @param {File | null | undefined} file */
  async readFile(file) {
    if (!file || this.running) {
      return;
    }
    if (file.size > 4_000_000) {
      this.app.say(`“${file.name}” is too large for a list of devices.`, "problem");
      return;
    }
    this.read(await file.text(), file.name);
  }

  stop() {
    this.running = false;
  }

  /** Gives codes to all devices that have none yet. */
  async run() {
    this.running = true;
    this.halted = null;
    for (const row of this.rows) {
      if (row.outcome === "failed") {
        Object.assign(row, { outcome: "waiting", reason: "" });
      }
    }
    const waiting = this.rows.filter((row) => row.outcome === "waiting").values();
    const worker = async () => {
      for (const row of waiting) {
        await this.giveTo(row);
        this.app.changed();
        if (!this.running) {
          return;
        }
      }
    };
    this.app.changed();
    await Promise.all(Array.from({ length: WIDTH }, worker));
    this.running = false;
    this.app.changed();
    const { given, again, failed, waiting: left } = this.counts();
    if (left === 0 && failed === 0) {
      this.app.say(`${count(given + again, "device")} of the list have a code.`);
    }
    await this.installation.attempt(() => this.give.refresh());
  }

  /** @param {Row} row */
  async giveTo(row) {
    const { deviceName: name, eid, userName: user, iccid } = row.device;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { holder, again } = await claim(this.app, this.give.path, { name, eid, user, iccid }, row.key);
        Object.assign(row, { outcome: again ? "again" : "given", reason: "", holder });
        return;
      } catch (caught) {
        const error = /** @type {any} */ (caught);
        const busy = error?.status === 503 || error?.status === 429;
        if (busy && attempt < ATTEMPTS && this.running) {
          await new Promise((resolve) => setTimeout(resolve, 1000 * (error.retryAfter ?? 1)));
          continue;
        }
        const lost = !error?.status;
        const id = error?.requestId ? ` (request ${error.requestId})` : "";
        const text = `${error?.message ?? error}${id}`;
        if (lost || error.status === 401 || busy || HOPELESS.includes(error.code)) {
          this.running = false;
          this.halted ??= lost ? `The connection was lost: ${text}` : text;
        } else {
          Object.assign(row, { outcome: "failed", reason: text });
        }
        return;
      }
    }
  }

  counts() {
    const counts = { given: 0, again: 0, failed: 0, waiting: 0, "left out": 0 };
    for (const row of this.rows) {
      counts[row.outcome] += 1;
    }
    return counts;
  }

  view() {
    return html`<section aria-labelledby="list-title">
      <h2 id="list-title">A list of devices</h2>
      ${this.rows.length === 0 ? this.input() : this.content()}
    </section>`;
  }

  input() {
    return html`<form
      @submit=${(/** @type {SubmitEvent & {currentTarget: HTMLFormElement}} */ event) => {
        event.preventDefault();
        this.read(this.text, "");
        if (this.rows.length === 0) {
          this.app.say("The list has no devices.", "problem");
        }
      }}
      @dragover=${(/** @type {DragEvent} */ event) => event.preventDefault()}
      @drop=${(/** @type {DragEvent} */ event) => {
        const file = event.dataTransfer?.files[0];
        if (file) {
          event.preventDefault();
          void this.readFile(file);
        }
      }}
    >
      <label class="field wide">
        <span>Devices, one a line</span>
        <textarea
          name="devices"
          rows="8"
          spellcheck="false"
          aria-describedby="devices-hint"
          .value=${this.text}
          @input=${(/** @type {Event & {target: HTMLTextAreaElement}} */ event) => {
            this.text = event.target.value;
          }}
        ></textarea>
      </label>
      <small id="devices-hint" class="note">
        Names, EIDs, or both, with the user if you like; paste them from a spreadsheet. With a header (name, EID, user,
        ICCID), columns may be in any order. At most ${number(MAX_DEVICES)}.
      </small>
      <div class="buttons">
        <button type="submit" class="main">Show what would be given</button>
        <label class="drop">
          <span>or drop a file, or choose one:</span>
          <input
            type="file"
            accept=".csv,.txt,.tsv,text/csv,text/plain"
            @change=${(/** @type {Event & {target: HTMLInputElement}} */ event) => {
              void this.readFile(event.target.files?.[0]);
            }}
          />
        </label>
      </div>
    </form>`;
  }

  content() {
    const counts = this.counts();
    const total = this.rows.length - counts["left out"];
    const done = counts.given + counts.again + counts.failed;
    const free = this.give.stock?.free;
    return html`${this.file === "" ? nothing : html`<p>File: <strong class="text">${this.file}</strong></p>`}
      <ul class="totals" aria-label="Result">
        <li><strong>${number(total)}</strong> ${total === 1 ? "device" : "devices"}</li>
        <li><strong>${number(counts.given)}</strong> given now</li>
        <li><strong>${number(counts.again)}</strong> had it already</li>
        <li><strong>${number(counts.failed)}</strong> failed</li>
        <li><strong>${number(counts["left out"])}</strong> left out</li>
      </ul>
      ${this.ignored.length === 0
        ? nothing
        : html`<p>Columns that are not used: <span class="text">${this.ignored.join(", ")}</span></p>`}
      ${this.tooMany ? html`<p>Only the first ${number(MAX_DEVICES)} devices are taken.</p>` : nothing}
      ${free !== undefined && counts.waiting > free
        ? html`<p class="panel">
            ${count(counts.waiting, "device")} wait, and ${number(free)} codes are free. Devices that have a code
            already need no other.
          </p>`
        : nothing}
      ${this.halted === null
        ? nothing
        : html`<p class="panel wrong-panel" role="alert">
            ${this.halted} What was given is stored. Continue when it can go on: no device gets a second code.
          </p>`}
      ${this.running || done > 0
        ? html`<label class="progress">
            <span>${number(done)} of ${number(total)}</span>
            <progress max=${total || 1} .value=${done}></progress>
          </label>`
        : nothing}
      <div class="buttons">
        ${this.running
          ? html`<button type="button" @click=${() => this.stop()}>Stop</button>`
          : html`${counts.waiting + counts.failed > 0
                ? html`<button type="button" class="main" @click=${() => this.run()}>
                    ${done === 0
                      ? `Give codes to ${count(counts.waiting, "device")}`
                      : `Continue with ${count(counts.waiting + counts.failed, "device")}`}
                  </button>`
                : nothing}
              ${done === 0
                ? html`<button type="button" @click=${() => this.edit()}>Change the list</button>`
                : html`<button type="button" @click=${() => this.save()}>Save the result (CSV)</button>
                    <button type="button" @click=${() => this.clear()}>Another list</button>`}`}
      </div>
      ${this.table()}`;
  }

  /** Forgets what became of the list: it is for another pool. */
  forget() {
    this.running = false;
    if (this.rows.length > 0) {
      this.read(this.text, this.file);
    }
  }

  edit() {
    this.rows = [];
    this.app.changed();
  }

  clear() {
    this.text = "";
    this.edit();
  }

  save() {
    const rows = this.rows.map(({ device, outcome, reason, holder }) => [
      device.line,
      device.deviceName,
      device.eid,
      device.userName,
      holder?.iccid ?? device.iccid,
      outcome,
      reason,
    ]);
    saveCsv("given.csv", [["line", "device", "EID", "user", "ICCID", "result", "reason"], ...rows]);
  }

  table() {
    const pages = Math.ceil(this.rows.length / SHOWN);
    const shown = this.rows.slice(this.page * SHOWN, (this.page + 1) * SHOWN);
    const holders = this.rows.flatMap(({ holder }) => (holder === null ? [] : [holder]));
    return html`${holders.length === 0 || this.running ? nothing : this.installation.choice(holders, this.chosen)}
      <div class="scroll" tabindex="0" role="region" aria-label="Devices of the list">
        <table class="stacked">
          <caption>Devices of the list${pages > 1 ? `, page ${this.page + 1} of ${pages}` : ""}</caption>
          <thead>
            <tr>
              <th scope="col">Line</th>
              <th scope="col">Device</th>
              <th scope="col">EID</th>
              <th scope="col">User</th>
              <th scope="col">ICCID</th>
              <th scope="col">Result</th>
              ${holders.length === 0 ? nothing : html`<th scope="col">Code</th>`}
            </tr>
          </thead>
          <tbody>
            ${shown.map(({ device, outcome, reason, holder }) => {
              const name = device.deviceName || device.eid;
              return html`<tr class=${outcome === "failed" || outcome === "left out" ? "problem" : nothing}>
                <td class="number" data-name="Line">${device.line}</td>
                <th scope="row" class="text">
                  ${holder === null || this.running
                    ? name
                    : html`<label class="check">${this.installation.box(holder, this.chosen)}<span>${name}</span></label>`}
                </th>
                <td class="digits" data-name="EID">${device.eid}</td>
                <td class="text" data-name="User">${device.userName}</td>
                <td class="digits" data-name="ICCID">${holder?.iccid ?? device.iccid}</td>
                <td class="text" data-name="Result">${outcome === "again" ? "had it already" : outcome}${reason === "" ? "" : `: ${reason}`}</td>
                ${holders.length === 0
                  ? nothing
                  : html`<td>${holder === null ? nothing : this.installation.buttons(holder)}</td>`}
              </tr>`;
            })}
          </tbody>
        </table>
      </div>
      ${pages > 1
        ? html`<div class="buttons">
            <button type="button" ?disabled=${this.page === 0} @click=${() => this.turn(-1)}>Previous page</button>
            <button type="button" ?disabled=${this.page === pages - 1} @click=${() => this.turn(1)}>Next page</button>
          </div>`
        : nothing}`;
  }

  /** @param {number} by */
  turn(by) {
    this.page += by;
    this.app.changed();
  }
}
