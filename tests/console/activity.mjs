// The audit log in words, what permissions allow, and what helps developers.

import assert from "node:assert/strict";

import { carrierFile, saved } from "./files.mjs";
import {
  AUDIT, CLAIM, CONSOLE, POOLS, READ, SERVICE, WRITE,
  call, finish, inspect, inspectBoth, keepsNothing, newPool, open, reachedByKeyboard, scenario, shows, signIn, tabTo, visit,
} from "./browser.mjs";

const ATTACK = `<img src=x onerror="alert(1)">`;
const FORMULA = `=HYPERLINK("http://evil.example","x")`;

const page = await open();
await signIn(page);
await shows(page, "Overview");
const { id, iccids } = await newPool(ATTACK, 60);
for (const deviceName of [FORMULA, ATTACK, "Plain"]) {
  await call("POST", `${POOLS}/${id}/esimpool.claim`, { deviceName });
}
await call("POST", `${POOLS}/${id}/esimpool.release`, { deviceName: "Plain" });
const { pool: other } = await call("POST", `${POOLS}/esimpool.import?displayName=Other`, carrierFile(4), "text/csv");
const rows = page.getByRole("row");

await scenario("the log is read in words, and filtered by what is in the address", async () => {
  await visit(page, "/activity", "Activity");
  await page.getByText(`Gave code ${iccids[0]} of pool “${ATTACK}” to “${FORMULA}”`).waitFor();
  await page.getByText("Imported 4 codes into the new pool “Other”").waitFor();
  assert.match(await page.locator("time").first().getAttribute("title"), / UTC$/);
  await inspectBoth(page, "activity");
  await page.locator("select[name=kind]").selectOption({ label: "code released" });
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await page.getByText(`Released code ${iccids[2]} of “Plain”`).waitFor();
  await page.getByText("Imported 4 codes").waitFor({ state: "detached" });
  assert.equal(await rows.count(), 2);
  assert.equal(page.url(), `${CONSOLE}/activity?kind=release`);
  await page.goBack();
  await page.getByText("Imported 4 codes").waitFor();
  await page.locator("select[name=pool]").selectOption({ label: "Other" });
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await page.getByText("Gave code").first().waitFor({ state: "detached" });
  assert.equal(await rows.count(), 2);
  assert.equal(page.url(), `${CONSOLE}/activity?pool=${other.id}`);
  await visit(page, `/activity?iccid=${iccids[2]}`, "Activity");
  await page.getByText("Released code").waitFor();
  assert.equal(await rows.count(), 3);
  await visit(page, "/activity?from=2001-01-01&to=2001-01-02", "Activity");
  await page.getByText("Nothing of this kind happened").waitFor();
  await inspect(page, "activity-empty");
  await page.getByRole("button", { name: "Mine" }).click();
  await page.getByText("Nothing of this kind happened").waitFor();
  await visit(page, "/activity?person=nobody%27s", "Activity");
  await page.getByText("Nothing of this kind happened").waitFor();
  await visit(page, `/activity?pool=${id}&kind=createPool`, "Activity");
  await page.getByRole("link", { name: /^application/ }).click();
  await page.waitForURL(/application=/);
  await page.getByText("Created pool").waitFor();
});

await scenario("the log and the permissions are read with the keyboard alone", async () => {
  await visit(page, "/activity", "Activity");
  await reachedByKeyboard(page, "activity");
  await page.getByRole("heading", { level: 1 }).focus();
  await tabTo(page, page.locator("select[name=kind]"));
  await page.keyboard.type("code rel");
  await tabTo(page, page.getByRole("button", { name: "Show", exact: true }));
  await page.keyboard.press("Enter");
  await page.getByText("Imported 4 codes").waitFor({ state: "detached" });
  assert.equal(page.url(), `${CONSOLE}/activity?kind=release`);
  await tabTo(page, page.getByRole("link", { name: `code ${iccids[2]}` }));
  await page.keyboard.press("Enter");
  await shows(page, `Code ${iccids[2]}`);
  await visit(page, "/permissions", "Permissions");
  await reachedByKeyboard(page, "permissions");
  await visit(page, "/developer", "Developer");
  await reachedByKeyboard(page, "developer");
});

await scenario("older events are a page of their own", async () => {
  for (let number = 0; number < 52; number += 1) {
    await call("POST", `${POOLS}/${id}/esimpool.claim`, { deviceName: `Many ${number}` });
  }
  await visit(page, "/activity", "Activity");
  assert.equal(await rows.count(), 51);
  await page.getByRole("link", { name: "Older" }).click();
  await page.getByText("Created pool").first().waitFor();
  assert.match(page.url(), /after=/);
  await page.getByRole("link", { name: "Latest" }).click();
  await page.getByText("“Many 51”").waitFor();
  await page.goBack();
  await page.getByText("Created pool").first().waitFor();
});

await scenario("the saved log has all events, and no cell that a spreadsheet would run", async () => {
  await visit(page, "/activity", "Activity");
  const csv = await saved(page, page.getByRole("button", { name: "Save as CSV" }));
  assert.match(csv, /^\uFEFFtime \(UTC\),activity,what,user,application,ICCID,request\r\n/);
  assert.ok(csv.trimEnd().split("\r\n").length > 56);
  assert.doesNotMatch(csv, /(^|,)"?[=+@-]/m);
  assert.doesNotMatch(csv, /SECRET/);
});

await scenario("permissions are told for each operation and for the token", async () => {
  await visit(page, "/permissions", "Permissions");
  await page.getByRole("row", { name: /^Claim activation code yes/ }).waitFor();
  const claims = page.getByRole("row", { name: /^Claim activation code/ }).getByRole("cell");
  assert.deepEqual((await claims.allTextContents()).map((text) => text.trim()), ["yes", "", "", "●", "", ""]);
  await inspectBoth(page, "permissions");
});

await scenario("a developer sees refusals with their reasons, surplus permissions, and gets tokens", async () => {
  const answer = await fetch(`${SERVICE}/beta${POOLS}`, { headers: { authorization: "Bearer nonsense" } });
  await visit(page, "/developer", "Developer");
  const refusal = page.getByText(/GET \/beta.*embeddedSIMActivationCodePools/).first();
  await refusal.click();
  await page.getByText(answer.headers.get("request-id")).waitFor();
  await page.getByRole("row", { name: /on behalf of people/ }).waitFor();
  await page.getByLabel(WRITE).uncheck();
  await page.getByLabel(CLAIM).uncheck();
  await page.getByRole("button", { name: "Get a token" }).click();
  await page.getByText("The token is there.").waitFor();
  await inspectBoth(page, "developer");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy the token" }).click();
  await page.getByText("The token is copied.").waitFor();
  const token = await page.evaluate(() => navigator.clipboard.readText());
  const claims = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
  assert.equal(claims.scp.includes(AUDIT), true);
  assert.equal(claims.scp.includes(CLAIM) || claims.scp.includes(WRITE), false);
  const asks = (path) => fetch(`${SERVICE}/beta${path}`, { headers: { authorization: `Bearer ${token}` } });
  assert.equal((await asks("/deviceManagement/auditEvents?$top=1")).status, 200);
  assert.equal((await asks(POOLS)).status, 403);
  await keepsNothing(page);
  // The session has its own token still.
  await visit(page, "/", "Overview");
});
await page.context().close();

await scenario("who may not read the log is told so before trying, and so is what a token may not do", async () => {
  for (const permissions of [[READ], [CLAIM]]) {
    const page = await open({ path: "/activity" });
    await signIn(page, permissions);
    await shows(page, "Activity");
    await page.getByText(`needs the permission ${AUDIT}`).waitFor();
    await page.getByRole("link", { name: "What your token may do" }).click();
    await shows(page, "Permissions");
    await page.getByText(`It needs ${WRITE}`).waitFor();
    await page.getByRole("row", { name: /^Delete pool no/ }).waitFor();
    await inspect(page, "permissions-few");
    await page.context().close();
  }
});

await finish();
