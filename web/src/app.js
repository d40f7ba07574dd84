// The frame of the console: sign-in, navigation, notices and dialogs around one screen.

import { html, nothing, render } from "../vendor/lit-html.js";
import { repeat } from "../vendor/directives/repeat.js";
import { Api, ApiError } from "./api.js";
import { SERVICE } from "./places.js";
import { find, href, pathOf } from "./router.js";
import { Session } from "./session.js";
import { problem } from "./ui/problem.js";
import { dateTime } from "./words.js";

/** How long a notice of success stays, in milliseconds. */
const NOTICE = 10_000;

/** The links of the navigation: path, name, and what for a token must be good to see it. */
const LINKS = /** @type {const} */ ([
  ["/", "Overview", "read"],
  ["/find", "Find", "read"],
  ["/import", "Import", "write"],
  ["/give", "Give", "claim"],
  ["/activity", "Activity", "audit"],
  ["/permissions", "Permissions", null],
]);

/** @typedef {{id: number, text: unknown, kind: "done" | "problem"}} Notice */

export class App {
  /** @type {Session} */
  session = /** @type {any} */ (null);
  /** @type {Api} */
  api = /** @type {any} */ (null);
  /** @type {import("./session.js").Settings} */
  settings = /** @type {any} */ (null);
  /** @type {import("./router.js").Screen | null} */
  #screen = null;
  #path = "";
  /** @type {{} | null} what is being loaded */
  #loading = null;
  /** @type {unknown} why the screen could not be loaded */
  #failure = null;
  /** @type {Notice[]} */
  #notices = [];
  #noticeCount = 0;
  /** @type {unknown} */
  #dialog = null;
  /** @type {(() => void) | null} ends the question to sign in again */
  #asked = null;
  /** @type {unknown} */
  #signInFailure = null;
  #isSigningIn = false;
  #frame = 0;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
  }

  start() {
    this.settings = JSON.parse(String(this.root.dataset.settings));
    this.session = new Session(this.settings, () => this.#askToSignIn());
    this.api = new Api(this.session);
    this.root.textContent = "";
    addEventListener("popstate", () => this.#show());
    document.addEventListener("click", (event) => this.#follow(event));
    this.#draw();
    // What is needed next arrives while the person signs in.
    requestIdleCallback(() => {
      void this.session.prepare().catch(() => undefined);
      void find(new URL(location.href))?.open().catch(() => undefined);
    });
  }

  /** The URL of a screen, for links. */
  href = href;

  /** Goes to another screen.
   * @param {string} path without /console */
  go(path) {
    const url = href(path);
    // The same screen again is no further step back.
    if (url === location.href) history.replaceState(null, "", url);
    else history.pushState(null, "", url);
    return this.#show();
  }

  /** Loads the screen again. */
  refresh() {
    return this.#show();
  }

  /** Draws again what has changed. */
  changed() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  /** Shows a notice.
   * @param {unknown} text or a template
   * @param {"done" | "problem"} kind */
  say(text, kind = "done") {
    const id = ++this.#noticeCount;
    // One success replaces another; problems stay until they are dismissed.
    const others = this.#notices.filter((notice) => notice.kind === "problem").slice(-2);
    this.#notices = [...others, { id, text, kind }];
    if (kind === "done") setTimeout(() => this.#forget(id), NOTICE);
    this.changed();
  }

  /** Shows an error.
   * @param {unknown} error */
  fail(error) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    if (!(error instanceof ApiError)) console.error(error);
    this.say(problem(error), "problem");
  }

  /** Shows a modal dialog, or closes it.
   * @param {unknown} template */
  dialog(template) {
    this.#dialog = template;
    // Closed rather than only removed, so that the focus returns to where it was.
    if (!template) /** @type {HTMLDialogElement | null} */ (this.root.querySelector("dialog.content"))?.close();
    this.changed();
  }

  /** @param {number} id */
  #forget(id) {
    this.#notices = this.#notices.filter((notice) => notice.id !== id);
    this.changed();
  }

  /** Follows a link to another screen without leaving this page.
   * @param {MouseEvent} event */
  #follow(event) {
    const link = /** @type {Element} */ (event.target).closest?.("a");
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !isPlain || event.defaultPrevented || link.target || link.hasAttribute("download")) return;
    const url = new URL(link.href, location.href);
    if (link.getAttribute("href")?.startsWith("#") || pathOf(url) === null) return;
    event.preventDefault();
    this.go(`${pathOf(url)}${url.search}`);
  }

  /** Shows the screen of the address. */
  async #show() {
    if (!this.session.isSignedIn) return this.changed();
    const found = find(new URL(location.href));
    const mine = (this.#loading = {});
    const isSame = found !== null && found.path === this.#path;
    this.#failure = null;
    if (!isSame) {
      this.#leave();
      this.#path = found?.path ?? location.pathname;
      this.#dialog = null;
      this.#notices = this.#notices.filter((notice) => notice.kind === "done");
    }
    this.changed();
    let screen = null;
    try {
      if (!found) throw new Error("There is no such page.");
      const { default: Type } = await found.open().catch(() => {
        throw new Error("This part of the console could not be loaded. If the service was updated, load the page again.");
      });
      if (this.#loading !== mine) return;
      screen = new Type(this, found.params, found.query);
      await screen.load?.();
    } catch (error) {
      if (this.#loading === mine) this.#failure = error;
    }
    if (this.#loading !== mine) {
      // The person has gone on meanwhile.
      screen?.leave?.();
      return;
    }
    this.#loading = null;
    this.#leave();
    this.#screen = screen;
    document.title = `${screen?.title ?? "Not found"} – esimpool`;
    this.#draw();
    if (!isSame) this.root.querySelector("h1")?.focus();
  }

  #leave() {
    this.#screen?.leave?.();
    this.#screen = null;
  }

  /** Asks the person to sign in again, and waits until that is done.
   * @returns {Promise<void>} */
  async #askToSignIn() {
    const before = this.session.user?.id;
    await new Promise((resolve, reject) => {
      this.#asked = () => (this.session.isSignedIn ? resolve(undefined) : reject(new ApiError(401)));
      this.changed();
    });
    // What somebody else began is not done by this person.
    if (before !== this.session.user?.id) {
      this.go("/");
      throw new ApiError(401);
    }
  }

  async #signIn() {
    this.#signInFailure = null;
    this.#isSigningIn = true;
    this.changed();
    try {
      await this.session.signIn();
      const asked = this.#asked;
      this.#asked = null;
      if (asked) asked();
      else this.#show();
    } catch (error) {
      // Another attempt goes on.
      if (error instanceof DOMException && error.name === "AbortError") return;
      this.#signInFailure = error;
    }
    this.#isSigningIn = false;
    this.changed();
  }

  #draw() {
    render(this.session.isSignedIn ? this.#frameView() : this.#signedOutView(), this.root);
    for (const dialog of this.root.querySelectorAll("dialog")) {
      if (!dialog.open) dialog.showModal();
    }
  }

  #signedOutView() {
    const { issuer, development, version } = this.settings;
    return html`<main class="plain">
      <h1>esimpool</h1>
      <p>This service keeps pools of eSIM activation codes and gives each code to one device only.</p>
      ${issuer
        ? html`<p><button class="main" @click=${() => this.#signIn()}>Sign in</button></p>
            <p class="note" role="status">${this.#isSigningIn ? "Go on in the window that has opened. If you closed it, press the button again." : nothing}</p>
            ${this.#signInFailure ? html`<div role="alert">${problem(this.#signInFailure)}</div>` : nothing}
            <p class="note">${development
              ? "The development issuer asks for no password."
              : html`You sign in at <strong>${new URL(issuer).host}</strong>.`}
              The console keeps your token in memory only: when you close or reload it, you sign in again.</p>`
        : html`<p role="alert">Nobody can sign in: the settings <code>console.issuer</code> and
            <code>console.client_id</code> are not set.</p>`}
      <p class="note"><a href=${new URL("docs", SERVICE).href} target="_self">Operations of the API</a> ·
        <a href=${new URL("openapi.json", SERVICE).href} target="_self">OpenAPI document</a> · version ${version}</p>
    </main>`;
  }

  #frameView() {
    const { user, expiresAt } = this.session;
    const here = this.#path;
    const links = LINKS.filter(([, , needs]) => needs === null || this.session.may(needs));
    const all = this.settings.development ? [...links, ["/developer", "Developer"]] : links;
    return html`
      <a class="skip" href="#content">Skip to the content</a>
      <header class="top">
        <a class="brand" href=${href("/")}>esimpool</a>
        <nav aria-label="Screens">
          ${all.map(([path, name]) => html`<a href=${href(path)}
            aria-current=${path === here ? "page" : nothing}>${name}</a>`)}
        </nav>
        <details class="person">
          <summary>${user?.name || "Signed in"}</summary>
          <div class="menu">
            <p class="note">${user?.tenant ? html`Tenant <code>${user.tenant}</code><br>` : nothing}
              ${expiresAt ? html`The token is valid until ${dateTime(expiresAt.toISOString())}.` : nothing}</p>
            <button @click=${() => this.session.signOut()}>Sign out</button>
          </div>
        </details>
      </header>
      <main id="content" tabindex="-1" aria-busy=${this.#loading ? "true" : "false"}>
        ${this.#screenView()}
      </main>
      <div class="notices">
        <div role="status">${this.#noticesOf("done")}</div>
        <div role="alert">${this.#noticesOf("problem")}</div>
      </div>
      ${this.#dialog
        ? html`<dialog class="content" aria-labelledby="dialog-title" @close=${() => this.#dialog && this.dialog(null)}>${this.#dialog}</dialog>`
        : nothing}
      ${this.#asked ? this.#askView() : nothing}`;
  }

  #screenView() {
    if (this.#failure) {
      return html`<h1 tabindex="-1">${this.#screen?.title ?? "This could not be shown"}</h1>
        <div class="panel" role="alert">${problem(this.#failure)}
          <p><button @click=${() => this.refresh()}>Try again</button></p></div>`;
    }
    if (this.#screen) return this.#screen.view();
    return html`<p class="note" role="status">Loading…</p>`;
  }

  /** @param {Notice["kind"]} kind */
  #noticesOf(kind) {
    return repeat(
      this.#notices.filter((notice) => notice.kind === kind),
      (notice) => notice.id,
      (notice) => html`<div class="notice ${kind}"><div>${notice.text}</div>
        <button class="plain" aria-label="Dismiss" @click=${() => this.#forget(notice.id)}>×</button></div>`,
    );
  }

  #askView() {
    const cancel = () => {
      const asked = this.#asked;
      this.#asked = null;
      this.session.forget();
      asked?.();
      this.changed();
    };
    return html`<dialog aria-labelledby="sign-in-again" @cancel=${(/** @type {Event} */ event) => event.preventDefault()}>
      <h2 id="sign-in-again">Sign in again</h2>
      <p>Your sign-in has ended. What you entered on this page is kept, and goes on when you have signed in.</p>
      ${this.#signInFailure ? html`<div role="alert">${problem(this.#signInFailure)}</div>` : nothing}
      <div class="buttons"><button class="main" @click=${() => this.#signIn()}>Sign in</button>
        <button @click=${cancel}>Sign out</button></div>
    </dialog>`;
  }
}
