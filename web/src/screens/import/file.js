// The file of an import: choosing it, and how much of it was sent.

import { html, nothing } from "../../../vendor/lit-html.js";

/** What to do with a file that is no text, or `null`. @param {File} file */
export function notCsv(file) {
  if (file.size === 0) {
    return `“${file.name}” is empty.`;
  }
  if (/\.(xlsx?|xlsm|ods|numbers)$/i.test(file.name)) {
    return `“${file.name}” is a spreadsheet. Save it as CSV (UTF-8), with the ICCIDs as text, and choose that file.`;
  }
  return null;
}

/** @param {number} count */
export function bytes(count) {
  const units = ["bytes", "KB", "MB", "GB"];
  const power = Math.min(3, Math.floor(Math.log10(Math.max(count, 1)) / 3));
  return `${(count / 1000 ** power).toLocaleString(undefined, { maximumFractionDigits: 1 })} ${units[power]}`;
}

/** @param {{another: boolean, disabled: boolean, choose: (file: File | undefined) => void}} options */
export function chooser({ another, disabled, choose }) {
  return html`<section aria-labelledby="file-title">
    <h2 id="file-title">The carrier's file</h2>
    <label
      class="drop"
      @dragover=${(/** @type {DragEvent} */ event) => event.preventDefault()}
      @drop=${(/** @type {DragEvent} */ event) => {
        event.preventDefault();
        choose(event.dataTransfer?.files[0]);
      }}
    >
      <span>${another ? "Another file:" : "Drop a CSV file here, or choose one:"}</span>
      <input
        type="file"
        accept=".csv,.txt,.tsv,text/csv,text/plain"
        ?disabled=${disabled}
        @change=${(/** @type {Event & {target: HTMLInputElement}} */ event) => {
          choose(event.target.files?.[0]);
          // The same file can be chosen again after it was corrected.
          event.target.value = "";
        }}
      />
    </label>
    <p class="note">
      The SM-DP+ host on the first line and then lines of ICCID and matching ID, or a header that names the columns, or
      whole activation codes. The file is checked first; nothing is stored until you say so.
    </p>
  </section>`;
}

/** @param {"choosing" | "checking" | "checked" | "importing" | "imported"} phase
 * @param {{loaded: number, total: number}} sent
 * @param {() => void} cancel */
export function progress(phase, { loaded, total }, cancel) {
  if (phase !== "checking" && phase !== "importing") {
    return nothing;
  }
  const what = phase === "checking" ? "Checking" : "Importing";
  const sent = loaded < total ? `${bytes(loaded)} of ${bytes(total)} sent` : "sent; the service is working";
  return html`<section role="status" class="progress">
    <label><span>${what}: ${sent}</span><progress max=${total || 1} .value=${loaded}></progress></label>
    <button type="button" @click=${cancel}>Cancel</button>
  </section>`;
}
