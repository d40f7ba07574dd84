// A page of another origin signs in with @azure/msal-browser, unmodified, in headless Chromium, and
// lists pools. With ESIMPOOL_PICTURES, pictures of the sign-in page are stored in that folder.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";

import { POOLS, URL_OF_SERVICE, client, newPool, proving } from "./graph.mjs";

const installed = createRequire(`${process.env.ESIMPOOL_SDK}/`);
const { chromium } = installed("playwright-core");
const library = readFileSync(
  join(process.env.ESIMPOOL_SDK, "node_modules/@azure/msal-browser/lib/msal-browser.min.js"),
);

// The tenant of the tokens that the environment brings along.
const TENANT = "de7e10b0-e51a-4001-9b00-000000000001";
const CLIENT = "de7e10b0-a44c-4001-9b00-000000000002";
const READ = "DeviceManagementConfiguration.Read.All";
const WRITE = "DeviceManagementConfiguration.ReadWrite.All";

/** The page of an application. It keeps its tokens for its tab, as MSAL does by default. */
const application = `<!doctype html><title>starting</title><script src="/msal.js"></script><script>
const scopes = ["https://graph.microsoft.com/${READ}", "https://graph.microsoft.com/${WRITE}"];
async function call(method, path, token, body) {
  const headers = { authorization: "Bearer " + token, "client-request-id": crypto.randomUUID() };
  if (body) headers["content-type"] = "application/json";
  const answer = await fetch("${URL_OF_SERVICE}/beta" + path, { method, headers, body });
  return { status: answer.status, requestId: answer.headers.get("request-id"), body: await answer.json() };
}
async function start() {
  window.pca = await msal.createStandardPublicClientApplication({
    auth: {
      clientId: "${CLIENT}",
      authority: "${URL_OF_SERVICE}/${TENANT}",
      knownAuthorities: ["${new URL(URL_OF_SERVICE).host}"],
      redirectUri: location.origin + "/",
      postLogoutRedirectUri: location.origin + "/bye",
    },
  });
  window.signedIn = await pca.handleRedirectPromise();
  document.title = window.signedIn ? "signed in" : "signed out";
}
start().catch((error) => { window.fault = String(error); document.title = "fault"; });
</script>`;

const server = createServer((request, response) => {
  const isLibrary = request.url === "/msal.js";
  response.setHeader("content-type", isLibrary ? "text/javascript" : "text/html");
  response.end(isLibrary ? library : application);
});
await new Promise((listening) => server.listen(0, "localhost", listening));
const home = `http://localhost:${server.address().port}/`;

const browser = await chromium.launch({
  executablePath: process.env.ESIMPOOL_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});

/** A tab of a browser that knows nothing yet. */
async function open(viewport) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.violations = [];
  page.on("console", (message) => page.violations.push(message.text()));
  await page.goto(home);
  await page.waitForFunction(() => document.title !== "starting");
  assert.equal(await page.title(), "signed out", await page.evaluate("window.fault"));
  return page;
}

async function toSignIn(page) {
  await page.evaluate("void pca.loginRedirect({ scopes })");
  await page.waitForURL((url) => url.href.startsWith(`${URL_OF_SERVICE}/${TENANT}/oauth2/v2.0/authorize`));
  await page.getByRole("button", { name: "Allow" }).waitFor();
}

async function back(page) {
  await page.waitForFunction(() => ["signed in", "signed out", "fault"].includes(document.title));
  assert.equal(await page.title(), "signed in", await page.evaluate("window.fault"));
}

async function picture(page, name) {
  const folder = process.env.ESIMPOOL_PICTURES;
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

/** Whether the page is as wide as the window, so that nobody scrolls sideways. */
const fits = (page) =>
  page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth");

try {
  await client().api(POOLS).post(newPool("Seen from another origin"));
  const page = await open({ width: 1280, height: 900 });

  await proving("a page of another origin signs in with @azure/msal-browser and lists pools", async () => {
    await toSignIn(page);
    await picture(page, "sign-in-1280");
    await page.getByLabel("Administrator").check();
    await page.getByRole("button", { name: "Allow" }).click();
    await back(page);
    const result = await page.evaluate("({ name: signedIn.account.username, scopes: signedIn.scopes })");
    assert.equal(result.name, "administrator@esimpool.localhost");
    assert.ok(result.scopes.some((scope) => scope.endsWith(WRITE)), result.scopes.join(" "));
    const list = await page.evaluate(`call("GET", "${POOLS}", signedIn.accessToken)`);
    assert.equal(list.status, 200);
    assert.deepEqual(list.body.value.map((pool) => pool.displayName), ["Seen from another origin"]);
    assert.match(list.requestId, /^[0-9a-f-]{36}$/);
    const made = await page.evaluate(
      `call("POST", "${POOLS}", signedIn.accessToken, JSON.stringify({ displayName: "Made by a page" }))`,
    );
    assert.equal(made.status, 201);
  });

  await proving("it gets the next token without the user, and from its cache then", async () => {
    const next = await page.evaluate(
      "pca.acquireTokenSilent({ scopes, account: signedIn.account, forceRefresh: true })" +
        ".then((found) => ({ cached: found.fromCache, token: found.accessToken }))",
    );
    assert.equal(next.cached, false);
    const list = await page.evaluate(`call("GET", "${POOLS}", ${JSON.stringify(next.token)})`);
    assert.equal(list.status, 200);
    const again = await page.evaluate(
      "pca.acquireTokenSilent({ scopes, account: signedIn.account }).then((found) => found.fromCache)",
    );
    assert.equal(again, true);
  });

  await proving("a page reads why it is refused", async () => {
    const refused = await page.evaluate(`call("GET", "${POOLS}", "nonsense")`);
    assert.equal(refused.status, 401);
    assert.equal(refused.body.error.code, "InvalidAuthenticationToken");
    const missing = await page.evaluate(`call("GET", "/deviceManagement/nothing", signedIn.accessToken)`);
    assert.equal(missing.status, 400);
  });

  await proving("signing out leads back to the page", async () => {
    await page.evaluate("void pca.logoutRedirect({ account: signedIn.account })");
    await page.waitForURL(`${home}bye**`);
  });

  await proving("a user who can only read gets a token that can only read", async () => {
    const small = await open({ width: 360, height: 740 });
    await toSignIn(small);
    assert.ok(await fits(small), "the page fits into 360 pixels");
    await picture(small, "sign-in-360");
    await small.getByLabel("Reader").check();
    await small.getByRole("button", { name: "Allow" }).click();
    await back(small);
    const list = await small.evaluate(`call("GET", "${POOLS}", signedIn.accessToken)`);
    assert.equal(list.status, 200);
    const made = await small.evaluate(`call("POST", "${POOLS}", signedIn.accessToken, "{}")`);
    assert.equal(made.status, 403);
    assert.deepEqual(small.violations.filter((text) => text.includes("Content Security Policy")), []);
  });

  await proving("a user who cancels is told to the page", async () => {
    const other = await open({ width: 360, height: 740 });
    await toSignIn(other);
    await other.getByRole("button", { name: "Cancel" }).click();
    await other.waitForFunction(() => document.title === "fault");
    assert.match(await other.evaluate("window.fault"), /access_denied/);
  });

  await proving("a hostile page neither frames the sign-in nor reads tokens", async () => {
    const hostile = await open({ width: 800, height: 600 });
    const framed = `${URL_OF_SERVICE}/${TENANT}/oauth2/v2.0/authorize?client_id=${CLIENT}`;
    await hostile.evaluate((src) => {
      const frame = document.createElement("iframe");
      frame.src = src;
      document.body.append(frame);
      return new Promise((loaded) => (frame.onload = loaded));
    }, framed);
    assert.ok(hostile.frames().every((frame) => !frame.url().startsWith(URL_OF_SERVICE)));
    const read = await hostile.evaluate(
      (url) => fetch(url).then(() => "read", () => "refused"),
      framed,
    );
    assert.equal(read, "refused");
  });
} finally {
  await browser.close();
  server.close();
}

console.log("OK");
