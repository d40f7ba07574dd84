// The page of the operations: searched, read on a telephone, without JavaScript, and tried in a shell.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";

import { SERVICE, finish, inspect, inspectBoth, open, scenario } from "./browser.mjs";

const DOCS = `${SERVICE}/docs`;
const page = await open({ at: DOCS });
const operation = (name) => page.locator("details", { has: page.getByRole("heading", { name, exact: true }) });
const shown = () => page.locator("main details:visible").count();

await scenario("operations are grouped by what people do, and fit every window", async () => {
  const topics = await page.getByRole("heading", { level: 2 }).allTextContents();
  assert.deepEqual(topics.slice(0, 4), ["Load codes", "See the stock", "Give codes to devices", "Find a code or a device"]);
  await inspectBoth(page, "docs");
  await operation("Claim activation code").locator("summary").click();
  await operation("Import codes into a new pool").locator("summary").click();
  await inspectBoth(page, "docs-open");
});

await scenario("the search finds what has all words, and says when nothing has", async () => {
  const all = await shown();
  await page.getByRole("searchbox").fill("qr sheet");
  await page.getByText("1 found").waitFor();
  await operation("Get sheet of QR codes").waitFor();
  assert.equal(await page.getByRole("heading", { level: 2 }).locator("visible=true").count(), 1);
  await inspectBoth(page, "docs-found");
  await page.getByRole("searchbox").fill("undo");
  await operation("Remove free codes").waitFor();
  await page.getByRole("searchbox").fill("nothing of the kind");
  await page.getByText("Nothing has all of these words.").waitFor();
  assert.equal(await shown(), 0);
  await page.getByRole("searchbox").fill("");
  assert.equal(await shown(), all);
});

await scenario("a link opens what it leads to, with the keyboard as well", async () => {
  await page.goto(`${DOCS}#get-stock`);
  await operation("Get stock").getByText("Example", { exact: true }).waitFor();
  await operation("Get stock").getByRole("link", { name: "esimpool.stockReport" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("region", { name: "esimpool.stockReport" }).waitFor();
});

await scenario("a copied example works in a shell", async () => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  for (const name of ["Import codes into a new pool", "Claim activation code", "List audit events"]) {
    const details = operation(name);
    if (!(await details.getAttribute("open"))) await details.evaluate((it) => (it.open = true));
    await details.getByRole("button", { name: "Copy" }).click();
    await details.getByRole("button", { name: "Copied" }).waitFor();
    const lines = await page.evaluate(() => navigator.clipboard.readText());
    // A shell of a person has no settings of the tests.
    const env = { PATH: process.env.PATH, HOME: process.env.HOME };
    const answer = execFileSync("sh", { input: lines, encoding: "utf8", cwd: "/", env });
    assert.match(answer, /^HTTP\/1\.1 20[01] /, name);
  }
  assert.deepEqual(page.complaints, []);
});
await page.context().close();

await scenario("without JavaScript everything is there but the search", async () => {
  const page = await open({ at: DOCS, javaScriptEnabled: false, width: 360 });
  assert.equal(await page.getByRole("searchbox").count(), 0);
  await page.getByText("Claim activation code", { exact: true }).click();
  await page.locator("#claim-activation-code pre").getByText("curl -sS -i").waitFor();
  assert.equal(await page.getByRole("button").count(), 0);
  await page.context().close();
});

await finish();
