// Import: a file is checked by a dry run, then imported, and an import can be undone.

import { html, nothing } from "../../vendor/lit-html.js";
import { POOLS, WRITE, poolNames, withOptions } from "../paths.js";
import { lacks } from "../ui/lacks.js";
import { count } from "../words.js";
import { columnsView } from "./import/columns.js";
import { bytes, chooser, notCsv, progress } from "./import/file.js";
import { reportView } from "./import/report.js";
import { removedView, stored, undoButton, undoView } from "./import/undo.js";

/** @import { App } from "../app.js" */
/** @import { ImportReport, Pool, RemovedCodes } from "../../types/entities.js" */

export default class Import {
  title = "Import codes";

  /** @type {File | null} */
  file = null;
  /** @type {Pick<Pool, "id" | "displayName">[]} */
  pools = [];
  name = "";
  mode = "strict";
  partial = false;
  /** The columns that are left out. @type {Set<string>} */
  ignored = new Set();
  /** @type {"choosing" | "checking" | "checked" | "importing" | "imported"} */
  phase = "choosing";
  /** @type {ImportReport | null} */
  report = null;
  /** Bytes that were sent, of how many. */
  sent = { loaded: 0, total: 0 };
  /** @type {AbortController | null} */
  sending = null;
  /** A repetition after a lost connection has the key of the first attempt. */
  key = crypto.randomUUID();
  /** @type {RemovedCodes | null} */
  removed = null;
  /** How many codes of the import to undo are stored. @type {number | null} */
  left = null;

  /**
   * @param {App} app
   * @param {Record<string, string>} _params
   * @param {URLSearchParams} query
   */
  constructor(app, _params, query) {
    this.app = app;
    this.poolId = query.get("pool") ?? "";
    this.undoId = query.get("undo") ?? "";
  }

  async load() {
    const { app } = this;
    if (!app.session.may("write")) {
      return;
    }
    if (this.undoId !== "") {
      this.left = await stored(app, this.undoId);
    }
    this.pools = await poolNames(app.api);
    app.changed();
  }

  leave() {
    this.sending?.abort();
  }

  // What the person does

  /** @param {File | null | undefined} file */
  async choose(file) {
    if (!file || this.phase === "importing") {
      return;
    }
    this.sending?.abort();
    Object.assign(this, { file, report: null, removed: null, partial: false, phase: "choosing" });
    this.ignored = new Set();
    const problem = notCsv(file);
    if (problem === null) {
      await this.check();
    } else {
      this.file = null;
      this.app.say(problem, "problem");
    }
  }

  /** Reports what an import would do, and stores nothing. */
  async check() {
    this.phase = "checking";
    this.report = null;
    // What is sent from here on is another request.
    this.key = crypto.randomUUID();
    try {
      const answer = await this.send({ dryRun: true });
      this.report = answer;
      this.phase = "checked";
    } catch (error) {
      this.stopped(error, "choosing");
    }
    this.app.changed();
  }

  async import() {
    this.phase = "importing";
    try {
      this.report = await this.send({ partial: this.partial });
      this.phase = "imported";
      this.app.say(`${count(this.report?.inserted ?? 0, "code")} imported.`);
    } catch (error) {
      this.stopped(error, "checked");
    }
    this.app.changed();
  }

  /**
   * @param {{dryRun?: true, partial?: boolean}} options
   * @returns {Promise<ImportReport>}
   */
  async send(options) {
    const { app, file, poolId } = this;
    if (file === null) {
      throw new Error("Choose a file first.");
    }
    const path = withOptions(poolId === "" ? `${POOLS}/esimpool.import` : `${POOLS}/${poolId}/esimpool.import`, {
      dryRun: options.dryRun ? "true" : "",
      partial: options.partial ? "true" : "",
      displayName: poolId === "" ? this.name.trim() : undefined,
      mode: this.mode === "strict" ? undefined : this.mode,
      // Commas separate the names, and punctuation in a name does not count.
      ignoreColumns: [...this.ignored].map((name) => name.replaceAll(",", " ")).join(","),
    });
    const sending = new AbortController();
    this.sending = sending;
    this.sent = { loaded: 0, total: file.size };
    app.changed();
    const { body } = await app.api.upload(path, file, {
      contentType: "text/csv",
      headers: options.dryRun ? {} : { "idempotency-key": this.key },
      signal: sending.signal,
      onProgress: (done) => {
        this.sent = { loaded: done * file.size, total: file.size };
        app.changed();
      },
    });
    return body;
  }

  /**
   * @param {any} error
   * @param {"choosing" | "checked"} phase
   */
  stopped(error, phase) {
    this.phase = phase;
    if (error?.name === "AbortError") {
      this.app.say("Cancelled. Nothing was stored.");
    } else if (error?.name === "NotReadableError") {
      this.file = null;
      this.phase = "choosing";
      this.app.say("The file has changed since it was chosen. Choose it again.", "problem");
    } else {
      this.app.fail(error);
    }
  }

  /** @param {RemovedCodes} removed */
  undone = (removed) => {
    this.removed = removed;
  };

  // What the person sees

  view() {
    return html`<div class="title"><h1 tabindex="-1">${this.title}</h1></div>
      ${this.content()}`;
  }

  content() {
    if (!this.app.session.may("write")) {
      return lacks("An import", WRITE);
    }
    if (this.undoId !== "") {
      const { left, removed, undone: done } = this;
      return undoView(this.app, this.undoId, { left, removed, done });
    }
    const choose = (/** @type {File | undefined} */ file) => void this.choose(file);
    return html`${chooser({ another: this.file !== null, disabled: this.phase === "importing", choose })} ${this.file === null || this.phase === "imported" ? nothing : this.settings()} ${progress(this.phase, this.sent, () => this.sending?.abort())}
    ${this.phase === "checked" ? this.preview() : nothing} ${this.phase === "imported" ? this.result() : nothing}`;
  }

  settings() {
    const { app } = this;
    const busy = this.phase === "checking" || this.phase === "importing" || this.phase === "imported";
    /** @param {(value: string) => void} set */
    const changed = (set) => (/** @type {Event & {target: HTMLInputElement | HTMLSelectElement}} */ event) => {
      set(event.target.value);
      void this.check();
    };
    return html`<section aria-labelledby="into-title">
      <h2 id="into-title">Where it goes</h2>
      <p>File: <strong class="text">${this.file?.name}</strong> (${bytes(this.file?.size ?? 0)})</p>
      <div class="fields">
        <label class="field">
          <span>Pool</span>
          <select
            name="pool"
            ?disabled=${busy}
            @change=${changed((value) => {
              this.poolId = value;
            })}
          >
            <option value="" .selected=${this.poolId === ""}>A new pool</option>
            ${this.pools.map(
              (pool) =>
                html`<option value=${pool.id} .selected=${pool.id === this.poolId}>${pool.displayName}</option>`,
            )}
          </select>
        </label>
        ${this.poolId === ""
          ? html`<label class="field">
              <span>Name of the new pool</span>
              <input
                name="name"
                type="text"
                maxlength="256"
                autocomplete="off"
                placeholder=${this.report?.poolDisplayName ?? "the carrier's host"}
                .value=${this.name}
                ?disabled=${busy}
                @input=${(/** @type {Event & {target: HTMLInputElement}} */ event) => {
                  this.name = event.target.value;
                  app.changed();
                }}
              />
            </label>`
          : nothing}
        <label class="field">
          <span>Validation</span>
          <select
            name="mode"
            ?disabled=${busy}
            @change=${changed((value) => {
              this.mode = value;
            })}
          >
            <option value="strict" .selected=${this.mode === "strict"}>strict: the codes can be real</option>
            <option value="graph" .selected=${this.mode === "graph"}>as Graph: only the form is checked</option>
            <option value="lenient" .selected=${this.mode === "lenient"}>lenient: for tests</option>
          </select>
        </label>
      </div>
    </section>`;
  }

  preview() {
    const { report } = this;
    if (report === null) {
      return nothing;
    }
    const refusedColumns = report.columnsNotUnderstood.filter((column) => !this.ignored.has(column.name));
    const canImport = report.inserted > 0 && (report.rejectedCount === 0 || this.partial);
    const into = this.poolId === "" ? this.name.trim() || report.poolDisplayName : this.poolName(this.poolId);
    return html`<section aria-labelledby="preview-title">
      <h2 id="preview-title">What an import would do</h2>
      ${columnsView(report, this.ignored, () => void this.check())}
      ${reportView(report, { file: this.file?.name ?? "", stored: false, poolName: (id) => this.poolName(id) })}
      ${report.rejectedCount > 0 && report.inserted > 0 && refusedColumns.length === 0
        ? html`<label class="check">
            <input
              type="checkbox"
              .checked=${this.partial}
              @change=${(/** @type {Event & {target: HTMLInputElement}} */ event) => {
                this.partial = event.target.checked;
                this.app.changed();
              }}
            />
            <span>
              Import the ${count(report.inserted, "valid code")} without the
              ${count(report.rejectedCount, "rejected line")}
            </span>
          </label>`
        : nothing}
      <div class="buttons">
        <button type="button" class="main" ?disabled=${!canImport} @click=${() => this.import()}>
          Import ${count(report.inserted, "code")} into <span class="text">${into ?? "a new pool"}</span>
        </button>
        <button type="button" @click=${() => this.check()}>Check again</button>
      </div>
      ${report.inserted === 0
        ? html`<p>There is nothing to import: no line of the file has a code that is new and valid.</p>`
        : nothing}
    </section>`;
  }

  result() {
    const { report } = this;
    if (report === null) {
      return nothing;
    }
    const { pool, importId } = report;
    return html`<section aria-labelledby="result-title">
      <h2 id="result-title">Imported</h2>
      ${reportView(report, { file: this.file?.name ?? "", stored: true, poolName: (id) => this.poolName(id) })}
      <p class="buttons">
        ${pool === null
          ? nothing
          : html`<a href=${this.app.href(`/pools/${pool.id}`)}>Pool <span class="text">${pool.displayName}</span></a>
              <a href=${this.app.href(`/give?pool=${pool.id}`)}>Give codes of it</a>`}
        ${importId === null || this.removed !== null
          ? nothing
          : undoButton(this.app, importId, this.undone)}
        <button
          type="button"
          @click=${() => {
            Object.assign(this, { file: null, report: null, removed: null, name: "", phase: "choosing" });
            void this.load();
            this.app.changed();
          }}
        >
          Import another file
        </button>
      </p>
      ${removedView(this.removed)}
    </section>`;
  }

  /** @param {string} id */
  poolName(id) {
    return this.pools.find((pool) => pool.id === id)?.displayName ?? this.report?.pool?.displayName ?? "the pool";
  }
}
