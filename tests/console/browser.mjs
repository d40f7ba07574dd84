// A browser that signs in to the console, and looks for what no screen may do: break the policy of the page,
// complain in the console, be wider than the window, shut out those who do not see or use a mouse, or keep
// anything in the browser.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { ESIMPOOL_WEB, ESIMPOOL_URL, ESIMPOOL_TOKEN, ESIMPOOL_PICTURES, ESIMPOOL_CHROMIUM, ESIMPOOL_AXE, ESIMPOOL_ISSUER } =
  process.env;
const installed = createRequire(`${ESIMPOOL_WEB}/`);
const { chromium } = installed("playwright-core");
const axe = readFileSync(installed.resolve("axe-core/axe.min.js"), "utf8");

export const SERVICE = ESIMPOOL_URL;
export const CONSOLE = `${SERVICE}/console`;
export const POOLS = "/deviceManagement/embeddedSIMActivationCodePools";
export const READ = "DeviceManagementConfiguration.Read.All";
export const WRITE = "DeviceManagementConfiguration.ReadWrite.All";
export const CLAIM = "EmbeddedSIMActivationCode.Claim.All";
export const AUDIT = "DeviceManagementApps.Read.All";

const browser = await chromium.launch({
  executablePath: ESIMPOOL_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});

/** Ends the browser, and says that every scenario has passed. */
export async function finish() {
  await browser.close();
  console.log("OK");
}

/** Runs a scenario, and names it. */
export async function scenario(name, run) {
  const began = Date.now();
  await run();
  console.log(`${name} (${Date.now() - began} ms)`);
}

/** A request to the API by another client, with every permission. */
export async function call(method, path, body, type = "application/json") {
  const answer = await fetch(`${SERVICE}/beta${path}`, {
    method,
    headers: { authorization: `Bearer ${ESIMPOOL_TOKEN}`, ...(body && { "content-type": type }) },
    body: body && (typeof body === "string" ? body : JSON.stringify(body)),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text && JSON.parse(text);
}

let codes = 0;

/** A new pool with so many codes. */
export async function newPool(displayName, count = 0) {
  const activationCodes = Array.from({ length: count }, () => ({
    integratedCircuitCardIdentifier: String(8_944_000_000_000_000_000n + BigInt(++codes)),
    matchingIdentifier: `SECRET-${codes}`,
    smdpPlusServerAddress: "smdp.example.com",
  }));
  const { id } = await call("POST", POOLS, { displayName, activationCodes });
  return { id, iccids: activationCodes.map((code) => code.integratedCircuitCardIdentifier) };
}

/** A page of a browser that knows nothing yet. `page.expected` are complaints that a scenario provokes. */
export async function open({ width = 1280, height = 900, colorScheme = "light", path = "/", at = CONSOLE + path, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, ...options });
  const page = await context.newPage();
  // Generous: other tests may run beside this one.
  page.setDefaultTimeout(60_000);
  page.complaints = [];
  page.expected = [];
  watch(page, page);
  await page.goto(at);
  return page;
}

/** Collects what a window complains of. */
function watch(window, page) {
  const complain = (text) => page.expected.some((expected) => expected.test(text)) || page.complaints.push(text);
  window.on("console", (message) => ["error", "warning"].includes(message.type()) && complain(message.text()));
  window.on("pageerror", (error) => complain(String(error)));
  window.on("dialog", (dialog) => (complain(`a dialog: ${dialog.message()}`), dialog.dismiss()));
}

/** Signs in with these permissions, as a person would. Another issuer asks nothing, and its window closes by
 * itself. */
export async function signIn(page, permissions = [WRITE, CLAIM, AUDIT], user = "Administrator") {
  const button = page.getByRole("button", { name: "Sign in", exact: true });
  const [popup] = await Promise.all([page.waitForEvent("popup"), button.click()]);
  if (ESIMPOOL_ISSUER) return popup.isClosed() || popup.waitForEvent("close");
  watch(popup, page);
  await popup.getByLabel(user).check();
  for (const box of await popup.getByRole("checkbox").all()) {
    const name = await box.getAttribute("value");
    await box.setChecked(permissions.includes(name) || !name.includes(".All"));
  }
  const closed = popup.waitForEvent("close");
  await popup.getByRole("button", { name: "Allow" }).click();
  await closed;
}

/** Goes to a screen as a link does, without loading the page again. */
export async function visit(page, path, heading) {
  await page.evaluate((href) => {
    const link = document.createElement("a");
    link.href = href;
    document.body.append(link);
    link.click();
    link.remove();
  }, CONSOLE + path);
  await shows(page, heading);
}

/** Waits until the screen with this heading is there. */
export async function shows(page, heading) {
  await page.getByRole("heading", { level: 1, name: heading }).waitFor();
  await page.locator("main[aria-busy=false]").waitFor();
}

/** Looks for what no screen may do, and keeps a picture. */
export async function inspect(page, name) {
  const width = page.viewportSize().width;
  await picture(page, `${name}-${width}`);
  const over = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.ok(over <= 0, `${name} is ${over} pixels wider than a window of ${width}`);
  if (ESIMPOOL_AXE !== "0") await isAccessible(page, name);
  await keepsNothing(page);
  assert.deepEqual(page.complaints, [], `complaints of ${name}`);
}

/** Everything that can be used on a screen is reached with Tab, in the order of the page, and nothing holds the
 * focus. */
export async function reachedByKeyboard(page, name) {
  const count = await page.evaluate(() => {
    const usable = "a[href], button:enabled, input:enabled, select:enabled, textarea:enabled, summary, [tabindex='0']";
    const all = [...document.querySelectorAll(usable)].filter((it) => it.checkVisibility({ visibilityProperty: true }));
    all.forEach((it, index) => (it.dataset.stop = String(index)));
    document.querySelector("h1").blur();
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
    return all.length;
  });
  const stops = [];
  // A date is several stops.
  for (let press = 0; press < 4 * count + 10 && stops.at(-1) !== count - 1; press += 1) {
    await page.keyboard.press("Tab");
    const stop = Number(await page.evaluate(() => document.activeElement?.dataset.stop ?? -1));
    if (stop !== stops.at(-1)) stops.push(stop);
  }
  assert.deepEqual(stops, [...Array(count).keys()], `the order of Tab in ${name}`);
}

/** Presses Tab until this element has the focus. */
export async function tabTo(page, locator) {
  for (let press = 0; press < 100; press += 1) {
    if (await locator.evaluate((it) => it === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`${locator} is not reached with Tab`);
}

/** What axe finds nothing wrong with. It takes longest, and is the same whatever the database. */
async function isAccessible(page, name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const found = violations.map((it) => `${it.id}: ${it.help} ${it.nodes.map((node) => node.html).join(" ")}`);
  assert.deepEqual(found, [], `axe in ${name}`);
}

/** Neither a token nor anything else is in a storage of the browser, nor a secret on the page. */
export async function keepsNothing(page) {
  const kept = await page.evaluate(async () => ({
    local: Object.keys(localStorage),
    session: Object.keys(sessionStorage),
    databases: (await indexedDB.databases()).map((it) => it.name),
    caches: await caches.keys(),
    cookies: document.cookie,
    workers: (await navigator.serviceWorker?.getRegistrations())?.length ?? 0,
    name: window.name,
    state: history.state,
  }));
  assert.deepEqual(kept, {
    local: [], session: [], databases: [], caches: [], cookies: "", workers: 0, name: "", state: null,
  });
  const text = await page.content();
  for (const secret of [/eyJ[\w-]+\.eyJ/, /SECRET-\d/, /LPA:1\$/]) {
    assert.doesNotMatch(text, secret, "a secret is on the page");
    assert.doesNotMatch(page.url(), secret, "a secret is in the address");
  }
}

/** Keeps a picture, if pictures are wanted: of the whole page, or of what the window shows of it. */
export async function picture(page, name, fullPage = true) {
  if (!ESIMPOOL_PICTURES) return;
  mkdirSync(ESIMPOOL_PICTURES, { recursive: true });
  await page.screenshot({ path: join(ESIMPOOL_PICTURES, `${name}.png`), fullPage });
}

/** Inspects a screen as it is at a desk by day and on a telephone by night. */
export async function inspectBoth(page, name) {
  const size = page.viewportSize();
  await inspect(page, name);
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 360, height: 740 });
  await inspect(page, name);
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(size);
}
