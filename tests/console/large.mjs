// A pool with very many codes, and a very large window. ESIMPOOL_FULL_SIZE makes it a million codes.

import assert from "node:assert/strict";

import { lines } from "./files.mjs";
import { POOLS, call, finish, inspect, open, scenario, shows, signIn, visit } from "./browser.mjs";

const COUNT = process.env.ESIMPOOL_FULL_SIZE ? 1_000_000 : 20_000;
/** The longest that a screen may take, in milliseconds, on a machine that does other work as well. */
const MOST = 5000;

const all = lines(COUNT);
const file = ["smdp.example.com", ...all, ""].join("\n");
const { pool } = await call("POST", `${POOLS}/esimpool.import?displayName=Large`, file, "text/csv");
const [iccid] = all[COUNT - 1].split(",");
const devices = ["first", "second", "third"];
for (const deviceName of devices) await call("POST", `${POOLS}/${pool.id}/esimpool.claim`, { deviceName });

const page = await open({ width: 3840, height: 2160 });
await signIn(page);
await shows(page, "Overview");

/** Does something, and says how long it took. */
async function timed(name, action) {
  const began = performance.now();
  await action();
  const took = Math.round(performance.now() - began);
  console.log(`${String(took).padStart(6)} ms  ${name}`);
  assert.ok(took < MOST, `${name}: ${took} ms`);
}

await scenario(`each screen of a pool with ${COUNT} codes opens soon, in a window of 3840 × 2160`, async () => {
  await timed("overview", () => page.getByRole("button", { name: "Refresh" }).click().then(() => shows(page, "Overview")));
  await inspect(page, "large-overview");
  await timed("pool", () => visit(page, `/pools/${pool.id}`, "Large"));
  await inspect(page, "large-pool");
  await timed("next page", async () => {
    await page.getByRole("link", { name: "Next page" }).click();
    await page.waitForURL(/after=/);
    await page.locator("main[aria-busy=false]").waitFor();
  });
  for (const order of ["integratedCircuitCardIdentifier desc", "stateChangedDateTime desc", "state"]) {
    await timed(`by ${order}`, () => visit(page, `/pools/${pool.id}?order=${encodeURIComponent(order)}`, "Large"));
  }
  await timed("given codes", () => visit(page, `/pools/${pool.id}?state=installing`, "Large"));
  assert.equal(await page.locator("tbody tr").count(), devices.length);
  await timed("one ICCID", () => visit(page, `/pools/${pool.id}?iccid=${iccid}`, "Large"));
  assert.equal(await page.locator("tbody tr").count(), 1);
  for (const tab of ["devices", "history"]) await timed(tab, () => visit(page, `/pools/${pool.id}/${tab}`, "Large"));
  await inspect(page, "large-history");
  await timed("find", () => visit(page, `/find?q=${iccid}`, "Find"));
  await page.getByRole("link", { name: iccid }).waitFor();
  await timed("a code", async () => {
    await page.getByRole("link", { name: iccid }).click();
    await shows(page, `Code ${iccid}`);
  });
  await inspect(page, "large-code");
  await timed("give", () => visit(page, `/give?pool=${pool.id}`, "Give"));
  await inspect(page, "large-give");
  await timed("activity", () => visit(page, "/activity", "Activity"));
  await inspect(page, "large-activity");
  await timed("permissions", () => visit(page, "/permissions", "Permissions"));
  await inspect(page, "large-permissions");
  assert.deepEqual(page.complaints, []);
});

await finish();
