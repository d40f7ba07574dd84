// What is done with a code that a device has: shown, printed, released, retired, reinstated. Secrets are asked of the
// service when the person wants to see them, which the audit log records, and are forgotten when the dialog ends.

import { html, nothing } from "../../../vendor/lit-html.js";
import { saveFile } from "../../csv.js";
import { withOptions } from "../../paths.js";
import { openForm } from "../../ui/form.js";
import { count } from "../../words.js";

/** @import { App } from "../../app.js" */
/** @typedef {import("../give.js").default} Give */

/**
 * A device and the code that it has.
 * @typedef {object} Holder
 * @property {string} id The id of its device state.
 * @property {string | null} deviceName
 * @property {string | null} eid
 * @property {string | null} userName
 * @property {string} state
 * @property {string | null} iccid
 */

/** As many cards as a sheet has at most, and as many ids as a filter may name. */
const MAX_CARDS = 150;

export class Installation {
  /** The address of the QR code on the screen. @type {string | null} */
  url = null;

  /**
   * @param {App} app
   * @param {Give} give
   */
  constructor(app, give) {
    this.app = app;
    this.give = give;
  }

  /** Ends the address of the QR code, once the browser has drawn it. */
  revoke() {
    if (this.url !== null) {
      URL.revokeObjectURL(this.url);
    }
  }

  /** Forgets the secret on the screen. */
  forget() {
    this.revoke();
    this.url = null;
  }

  close() {
    this.forget();
    this.app.dialog(null);
  }

  /** The path of a device state. @param {Holder} holder */
  path(holder) {
    return `${this.give.path}/deviceStates/${holder.id}`;
  }

  // What the person sees

  /** A device with its code and what can be done. @param {Holder} holder */
  card(holder) {
    return html`<dl class="facts">
        <dt>Device</dt><dd class="text">${holder.deviceName ?? "without a name"}</dd>
        ${holder.eid === null ? nothing : html`<dt>EID</dt><dd class="digits">${holder.eid}</dd>`}
        ${holder.userName === null ? nothing : html`<dt>User</dt><dd class="text">${holder.userName}</dd>`}
        <dt>ICCID</dt><dd class="digits">${holder.iccid}</dd>
      </dl>
      ${this.buttons(holder)}`;
  }

  /** @param {Holder} holder */
  buttons(holder) {
    const name = nameOf(holder);
    const active = holder.iccid !== null && (holder.state === "installing" || holder.state === "installed");
    const { mayClaim } = this.give;
    const mayWrite = this.app.session.may("write");
    if (!active || (!mayClaim && !mayWrite)) {
      return nothing;
    }
    /**
     * @param {string} label
     * @param {() => unknown} click
     */
    const button = (label, click) =>
      html`<button type="button" aria-label="${label}: ${name}" @click=${click}>${label}</button>`;
    return html`<div class="buttons small">
      ${mayClaim
        ? html`${button("QR code", () => this.showQr(holder))} ${button("Windows", () => this.showWindows(holder))}`
        : nothing}
      ${mayWrite && holder.state === "installing" ? button("Release", () => this.askRelease(holder)) : nothing}
      ${mayWrite ? button("Retire", () => this.askRetire(holder)) : nothing}
    </div>`;
  }

  /**
   * The checkbox of a device.
   * @param {Holder} holder
   * @param {Set<string>} chosen
   */
  box(holder, chosen) {
    return html`<input
      type="checkbox"
      .checked=${chosen.has(holder.id)}
      @change=${(/** @type {Event & {target: HTMLInputElement}} */ event) => {
        event.target.checked ? chosen.add(holder.id) : chosen.delete(holder.id);
        this.app.changed();
      }}
    />`;
  }

  /**
   * What can be done with the chosen devices.
   * @param {Holder[]} holders
   * @param {Set<string>} chosen
   */
  choice(holders, chosen) {
    if (!this.give.mayClaim) {
      return nothing;
    }
    const ids = holders.map((holder) => holder.id).filter((id) => chosen.has(id));
    const pages = Math.ceil(ids.length / MAX_CARDS);
    return html`<div class="buttons">
      <button
        type="button"
        @click=${() => {
          const all = ids.length < holders.length;
          chosen.clear();
          if (all) {
            holders.forEach((holder) => chosen.add(holder.id));
          }
          this.app.changed();
        }}
      >
        ${ids.length < holders.length ? `Choose all ${holders.length}` : "Choose none"}
      </button>
      ${Array.from({ length: pages }, (_, page) => {
        const part = ids.slice(page * MAX_CARDS, (page + 1) * MAX_CARDS);
        return html`<button type="button" @click=${() => this.sheet(part)}>
          ${pages === 1 ? `Sheet of ${count(ids.length, "code")}` : `Sheet ${page + 1} of ${pages}`}
        </button>`;
      })}
    </div>`;
  }

  // What the person does

  /** @param {Holder} holder */
  async showQr(holder) {
    await this.attempt(async () => {
      const image = await this.app.api.blob(`${this.path(holder)}/esimpool.qr`, { accept: "image/svg+xml" });
      this.forget();
      this.url = URL.createObjectURL(image);
      this.qrDialog(holder, null);
    });
  }

  /**
   * @param {Holder} holder
   * @param {{lpaString: string | null, confirmationCode: string | null} | null} text
   */
  qrDialog(holder, text) {
    this.app.dialog(html`<div class="secret">
      <h2 id="dialog-title">Code of <span class="text">${nameOf(holder)}</span></h2>
      <img class="qr" src=${this.url} alt="QR code that installs the eSIM" width="296" height="296" @load=${() => this.revoke()} />
      <p>
        Scan it with the device, in its settings for eSIMs. It is good for one installation.
        <span class="digits">ICCID ${holder.iccid}</span>
      </p>
      ${text === null
        ? nothing
        : html`<dl class="facts">
            <dt>Activation code</dt><dd class="digits">${text.lpaString ?? "cannot be written as one text"}</dd>
            <dt>Confirmation code</dt><dd class="digits">${text.confirmationCode ?? "none is needed"}</dd>
          </dl>`}
      <div class="buttons">
        ${text === null
          ? html`<button type="button" @click=${() => this.showText(holder)}>Show as text</button>`
          : text.lpaString === null
            ? nothing
            : html`<button type="button" @click=${() => this.copy(text.lpaString ?? "")}>Copy</button>`}
        <button type="button" class="main" @click=${() => this.close()}>Close</button>
      </div>
    </div>`);
  }

  /** Asks for the device's own code again. @param {Holder} holder */
  async showText(holder) {
    await this.attempt(async () => {
      const body = {
        deviceName: holder.deviceName ?? undefined,
        universalIntegratedCircuitCardIdentifier: holder.eid ?? undefined,
        integratedCircuitCardIdentifier: holder.iccid,
      };
      const path = `${this.give.path}/esimpool.claim`;
      const answer = await this.app.api.send("POST", path, body, { idempotencyKey: crypto.randomUUID() });
      this.qrDialog(holder, answer.body);
    });
  }

  /** @param {Holder} holder */
  async showWindows(holder) {
    await this.attempt(async () => {
      const file = await this.app.api.blob(`${this.path(holder)}/esimpool.windows`, { accept: "text/plain" });
      const text = await file.text();
      this.app.dialog(html`<div class="secret">
        <h2 id="dialog-title">Windows settings of <span class="text">${nameOf(holder)}</span></h2>
        <pre tabindex="0" role="region" aria-label="Settings">${text}</pre>
        <div class="buttons">
          <button type="button" @click=${() => this.copy(text)}>Copy</button>
          <button type="button" @click=${() => saveFile("windows-settings.txt", file)}>Save</button>
          <button type="button" class="main" @click=${() => this.close()}>Close</button>
        </div>
      </div>`);
    });
  }

  /** @param {string} text */
  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.app.say("Copied.");
    } catch {
      this.app.say("The browser did not allow copying. Mark the text and copy it.", "problem");
    }
  }

  /** Opens the sheet of these devices in a window of its own, to be printed. @param {string[]} ids */
  async sheet(ids) {
    // A window that is opened later than the click is blocked.
    const opened = window.open("about:blank", "_blank");
    if (opened === null) {
      this.app.say("The browser did not open a window for the sheet. Allow windows for this page.", "problem");
      return;
    }
    try {
      const path = withOptions(`${this.give.path}/esimpool.sheet`, { $filter: `id in (${ids.join(",")})` });
      const sheet = await this.app.api.blob(path, { accept: "text/html" });
      const url = URL.createObjectURL(sheet);
      opened.location.replace(url);
      // It is not needed any more once the window has it.
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    } catch (error) {
      opened.close();
      this.app.fail(error);
    }
  }

  /** @param {Holder} holder */
  askRelease(holder) {
    openForm(this.app, {
      title: `Release the code of ${nameOf(holder)}?`,
      fields: html`<p>
        The device loses its claim. It was shown the secret, so the code is put into quarantine: nobody gets it until it is
        reinstated.
      </p>`,
      action: "Release",
      danger: true,
      submit: async () => {
        const path = `${this.give.path}/esimpool.release`;
        const { body } = await this.app.api.send(
          "POST",
          path,
          { deviceStateId: holder.id },
          { idempotencyKey: crypto.randomUUID() },
        );
        holder.state = body.state;
        this.app.say(`The code of ${nameOf(holder)} is in quarantine.`);
      },
      refresh: () => this.give.load(),
    });
  }

  /** Asks with the state that is stored, and changes no other. @param {Holder} holder */
  async askRetire(holder) {
    await this.attempt(async () => {
      const { body: fresh, etag } = await this.app.api.getTagged(this.path(holder));
      openForm(this.app, {
        title: `Retire ${nameOf(holder)}?`,
        fields: html`<p>
            Its state is <strong>${fresh.state}</strong>. The device is reported as deleted, and its code is not handed out
            again${fresh.state === "installing" ? ", but put into quarantine, as it was never installed" : ""}.
          </p>
          <label class="field"><span>Why (optional)</span><input name="details" type="text" maxlength="256" /></label>`,
        action: "Retire",
        danger: true,
        submit: async (form) => {
          const stateDetails = String(form.get("details") ?? "").trim() || undefined;
          try {
            const change = { state: "deleted", stateDetails };
            const { body } = await this.app.api.send("PATCH", this.path(holder), change, { ifMatch: etag });
            holder.state = body.state;
            this.app.say(`${nameOf(holder)} is retired.`);
          } catch (error) {
            if (/** @type {any} */ (error)?.status !== 412) {
              throw error;
            }
            const now = await this.app.api.get(this.path(holder));
            holder.state = now.state;
            this.app.say(
              `${nameOf(holder)} was changed by someone else meanwhile: its state is ${now.state}. Look at it again.`,
              "problem",
            );
          }
        },
        refresh: () => this.give.load(),
      });
    });
  }

  /** @param {string} iccid */
  askReinstate(iccid) {
    openForm(this.app, {
      title: "Reinstate this code?",
      fields: html`<p>
        <span class="digits">${iccid}</span> becomes free, and the next device may get it. Do so only if it is certain that no
        device has installed it: a code works once.
      </p>`,
      action: "Reinstate",
      danger: true,
      submit: async () => {
        const body = { integratedCircuitCardIdentifier: iccid };
        const path = `${this.give.path}/esimpool.reinstate`;
        await this.app.api.send("POST", path, body, { idempotencyKey: crypto.randomUUID() });
        this.app.say(`The code ${iccid} is free again.`);
      },
      refresh: () => this.give.load(),
    });
  }

  /** @param {() => Promise<void>} action */
  async attempt(action) {
    try {
      await action();
    } catch (error) {
      this.app.fail(error);
    }
  }
}

/** @param {Holder} holder */
function nameOf(holder) {
  return holder.deviceName ?? holder.eid ?? "the device";
}
