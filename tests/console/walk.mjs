// The work of a day, as an operator does it: import two files, undo one, give 300, print, find, retire, report.
// Says how long each step took; with ESIMPOOL_PICTURES there is a picture of each.

import assert from "node:assert/strict";

import { carrierFile, file, lines, saved } from "./files.mjs";
import { call, finish, keepsNothing, open, picture, POOLS, shows, signIn } from "./browser.mjs";

const WALK = process.env.ESIMPOOL_ISSUER ? "walk-elsewhere" : "walk";
const devices = Array.from({ length: 300 }, (_, at) => `PC-${String(at).padStart(3, "0")};user${at}@contoso.example\n`);
const summer = ["ICCID;Matching ID;RSP URL;Bundle", ...lines(200, ";").map((line) => `${line};smdp.example.com;1 GB`),
  "8.94E+18;SECRET-0;smdp.example.com;1 GB", ""].join("\n");

const page = await open();
await signIn(page);
await shows(page, "Overview");

let total = 0;
let number = 0;
/** Does a step, and says how long it took until its result was on the page. */
async function step(name, action) {
  const began = performance.now();
  await action();
  const took = Math.round(performance.now() - began);
  total += took;
  console.log(`${String(took).padStart(6)} ms  ${name}`);
  number += 1;
  await picture(page, `${WALK}-${String(number).padStart(2, "0")}-${name.replaceAll(" ", "-")}`, false);
}

const screen = (name) => page.getByRole("navigation", { name: "Screens" }).getByRole("link", { name }).click();
const button = (name) => page.getByRole("button", { name });

await step("check the first file", async () => {
  await screen("Import");
  await page.locator("input[type=file]").setInputFiles(file("spring.csv", carrierFile(400)));
  await button("Import 400 codes into smdp").waitFor();
});
await step("import the first file", async () => {
  await page.getByLabel("Name of the new pool").fill("Spring");
  await button("Import 400 codes into Spring").click();
  await page.getByRole("heading", { name: "Imported" }).waitFor();
});
await step("check the second file", async () => {
  await button("Import another file").click();
  await page.locator("input[type=file]").setInputFiles(file("summer.csv", summer));
  await page.getByText("is not understood would be lost").waitFor();
  await page.getByLabel("leave it out").check();
  await page.getByText("is a number that a spreadsheet has rounded").first().waitFor();
  await page.locator("select[name=pool]").selectOption({ label: "Spring" });
  await button("Import 200 codes into Spring").waitFor();
});
await step("import the second file", async () => {
  await page.getByLabel("Import the 200 valid codes without the 1 rejected line").check();
  await button("Import 200 codes into Spring").click();
  await page.getByRole("heading", { name: "Imported" }).waitFor();
});
await step("undo the second import", async () => {
  await button("Undo this import").click();
  await button("Undo the import").click();
  await page.getByText("200 codes removed. None is left.").waitFor();
});
await step("preview the list of devices", async () => {
  await page.getByRole("link", { name: "Give codes of it" }).click();
  await page.getByRole("link", { name: "A list of devices" }).click();
  await page.getByLabel("Devices, one a line").fill(`Device;User\n${devices.join("")}`);
  await button("Show what would be given").click();
  await button("Give codes to 300 devices").waitFor();
});
await step("give 300", async () => {
  await button("Give codes to 300 devices").click();
  await page.getByText("300 devices of the list have a code.").waitFor({ timeout: 120_000 });
});
await step("print", async () => {
  await button("Choose all 300").click();
  for (const name of ["Sheet 1 of 2", "Sheet 2 of 2"]) {
    const [sheet] = await Promise.all([page.waitForEvent("popup"), button(name).click()]);
    await sheet.waitForFunction(() => document.querySelectorAll(".card").length === 150);
    await picture(sheet, `${WALK}-${name.replaceAll(" ", "-")}`, false);
    await sheet.close();
  }
});
await step("find", async () => {
  await screen("Find");
  await page.getByRole("searchbox").fill("pc-042");
  await page.keyboard.press("Enter");
  await page.getByRole("table").getByText("PC-042").waitFor();
});
await step("retire", async () => {
  await screen("Give");
  await page.locator("select[name=pool]").selectOption({ label: "Spring" });
  await page.getByRole("link", { name: "Devices with a code" }).click();
  await page.getByLabel("Name, EID or user").fill("PC-042");
  await button("Search").click();
  await page.getByRole("button", { name: "Retire: PC-042", exact: true }).click();
  await page.getByLabel("Why (optional)").fill("lost on a journey");
  await page.getByRole("dialog").getByRole("button", { name: "Retire" }).click();
  await page.getByText("PC-042 is retired.").waitFor();
});
await step("report", async () => {
  await screen("Activity");
  await page.locator("select[name=pool]").selectOption({ label: "Spring" });
  await button("Show").first().click();
  await page.waitForURL(/pool=/);
  await page.locator("main[aria-busy=false] tbody tr").nth(49).waitFor();
  const csv = await saved(page, button("Save as CSV"));
  assert.equal(csv.match(/,claim,/g).length, 300);
  assert.match(csv, /Undid an import: 200 codes of pool “Spring” removed/);
});
console.log(`${String(total).padStart(6)} ms  together`);

const [{ id }] = (await call("GET", `${POOLS}?$filter=displayName eq 'Spring'`)).value;
const stock = await call("GET", `${POOLS}/${id}/esimpool.stock`);
assert.deepEqual([stock.total, stock.free, stock.handedOut, stock.quarantined], [400, 100, 299, 1]);
await keepsNothing(page);
assert.deepEqual(page.complaints, []);
await finish();
