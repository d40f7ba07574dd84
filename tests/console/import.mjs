// Import: what is understood, what is rejected, what is stored, and how it is undone.

import assert from "node:assert/strict";

import { carrierFile, drop, file, iccid, lines, saved } from "./files.mjs";
import {
  CLAIM, POOLS, READ, WRITE,
  call, finish, inspect, inspectBoth, newPool, open, reachedByKeyboard, scenario, shows, signIn, tabTo, visit,
} from "./browser.mjs";

const page = await open();
await signIn(page);
await shows(page, "Overview");
const choose = (name, text) => page.locator("input[type=file]").setInputFiles(file(name, text));
const total = async (word) => page.locator(".totals li", { hasText: word }).locator("strong").textContent();

await scenario("a file is previewed before anything is stored, then imported, then undone", async () => {
  await visit(page, "/import", "Import codes");
  await inspectBoth(page, "import");
  await drop(page, page.locator("label.drop"), file("spring.csv", carrierFile(40)));
  await page.getByRole("button", { name: "Import 40 codes into smdp" }).waitFor();
  assert.equal((await call("GET", `${POOLS}?$filter=displayName eq 'Spring'`)).value.length, 0, "nothing is stored");
  assert.equal(await total("new"), "40");
  await page.getByRole("row", { name: "column 2 the matching ID" }).waitFor();
  await page.getByLabel("Name of the new pool").fill("Spring");
  await inspectBoth(page, "import-preview");
  await page.getByRole("button", { name: "Import 40 codes into Spring" }).click();
  await page.getByRole("heading", { name: "Imported" }).waitFor();
  const [{ id }] = (await call("GET", `${POOLS}?$filter=displayName eq 'Spring'`)).value;
  assert.equal((await call("GET", `${POOLS}/${id}/esimpool.stock`)).free, 40);
  await call("POST", `${POOLS}/${id}/esimpool.claim`, { deviceName: "Early" });
  await inspectBoth(page, "import-report");
  await page.getByRole("button", { name: "Undo this import" }).click();
  await inspect(page, "import-undo");
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  assert.equal((await call("GET", `${POOLS}/${id}/esimpool.stock`)).free, 39, "only a yes is a yes");
  await page.getByRole("button", { name: "Undo this import" }).click();
  await page.getByRole("button", { name: "Undo the import" }).click();
  await page.getByText("39 codes removed. 1 code left").waitFor();
  assert.equal((await call("GET", `${POOLS}/${id}/esimpool.stock`)).total, 1);
});

await scenario("a file is imported, and the import undone, with the keyboard alone", async () => {
  await visit(page, "/import", "Import codes");
  await reachedByKeyboard(page, "import");
  await page.getByRole("heading", { level: 1 }).focus();
  await tabTo(page, page.locator("input[type=file]"));
  await choose("keys.csv", carrierFile(3));
  await page.getByRole("button", { name: "Import 3 codes into smdp" }).waitFor();
  await reachedByKeyboard(page, "a preview");
  await page.getByRole("heading", { level: 1 }).focus();
  await tabTo(page, page.getByLabel("Name of the new pool"));
  await page.keyboard.type("By keyboard");
  await tabTo(page, page.getByRole("button", { name: "Import 3 codes into By keyboard" }));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Imported" }).waitFor();
  await tabTo(page, page.getByRole("button", { name: "Undo this import" }));
  await page.keyboard.press("Enter");
  await tabTo(page, page.getByRole("button", { name: "Undo the import" }));
  await page.keyboard.press("Enter");
  await page.getByText("3 codes removed. None is left.").waitFor();
});

await scenario("what is not understood or wrong is told, can be left out, and is saved without formulas", async () => {
  const { id } = await newPool("Existing", 1);
  await visit(page, `/import?pool=${id}`, "Import codes");
  const [good] = lines(1, ";");
  const text = `ICCID;Matching ID;RSP URL;Bundle, monthly\n${good};smdp.example.com;1 GB\n8.94E+18;SECRET-1;smdp.example.com;1 GB\n=1+1;SECRET-2;smdp.example.com;1 GB\n`;
  await choose("summer.csv", text);
  await page.getByText("is not understood would be lost").waitFor();
  assert.ok(await page.getByRole("button", { name: /^Import/ }).first().isDisabled());
  await page.getByRole("row", { name: "RSP URL the host of the SM-DP+ server" }).waitFor();
  await page.getByLabel("leave it out").check();
  await page.getByText("would be lost").waitFor({ state: "detached" });
  await page.getByText("is a number that a spreadsheet has rounded").first().waitFor();
  await page.getByText("ask the carrier for the file again").first().waitFor();
  assert.equal(await total("rejected"), "2");
  await inspectBoth(page, "import-rejected");
  const csv = await saved(page, page.getByRole("button", { name: "Save the rejected lines" }));
  assert.match(csv, /^\uFEFFline,column,value,reason,what to do\r\n3,1,8.94E\+18,/);
  assert.doesNotMatch(csv, /(^|,)[=+@-]/m, "a spreadsheet runs no cell of it");
  const go = page.getByRole("button", { name: "Import 1 code into Existing" });
  assert.ok(await go.isDisabled(), "lines are left out only if that is asked for");
  await page.getByLabel("Import the 1 valid code without the 2 rejected lines").check();
  await go.click();
  await page.getByRole("heading", { name: "Imported" }).waitFor();
  assert.equal((await call("GET", `${POOLS}/${id}/esimpool.stock`)).total, 2);
  await visit(page, "/import", "Import codes");
  await choose("again.csv", `ICCID;Matching ID;RSP URL\n${good};smdp.example.com\n`);
  await page.getByText("There is nothing to import").waitFor();
  assert.equal(await total("known already"), "1");
});

await scenario("names, values and columns that attack stay text", async () => {
  const attack = `<img src=x onerror="alert(1)">`;
  await visit(page, "/import", "Import codes");
  await choose(`${attack}.csv`, `ICCID,MatchingID,"${attack.replaceAll('"', '""')}"\n"${attack.replaceAll('"', '""')}",SECRET-3,x\n`);
  await page.getByRole("rowheader", { name: attack }).waitFor();
  await page.getByText(`${attack}.csv`).first().waitFor();
  await page.getByLabel("leave it out").check();
  await page.getByText("There is nothing to import").waitFor();
  await inspect(page, "import-attack");
  page.expected.push(/status of 400/);
  await page.getByLabel("Name of the new pool").fill("x".repeat(256));
  await choose("sheet.xlsx", "PK");
  await page.getByText("is a spreadsheet. Save it as CSV").waitFor();
  await choose("empty.csv", "");
  await page.getByText("is empty.").waitFor();
});

await scenario("an import that a lost connection interrupted is stored once", async () => {
  const { id } = await newPool("Interrupted", 0);
  await visit(page, `/import?pool=${id}`, "Import codes");
  await choose("lost.csv", carrierFile(5));
  const go = page.getByRole("button", { name: "Import 5 codes into Interrupted" });
  await go.waitFor();
  page.expected.push(/ERR_FAILED/);
  // The service stores it, and the answer is lost.
  await page.route(/esimpool\.import$/, async (route) => {
    await route.fetch();
    await route.abort();
  }, { times: 1 });
  await go.click();
  await page.getByRole("alert").getByText("could not be reached").waitFor();
  await go.click();
  await page.getByRole("heading", { name: "Imported" }).waitFor();
  assert.equal(await total("imported"), "5", "the answer is that of the first attempt");
  assert.equal((await call("GET", `${POOLS}/${id}/esimpool.stock`)).total, 5);
});

await scenario("an earlier import is undone from the activity", async () => {
  const text = `smdp.example.com\n${iccid()},SECRET-77\n`;
  const { importId } = await call("POST", `${POOLS}/esimpool.import?displayName=Earlier`, text, "text/csv");
  await visit(page, `/import?undo=${importId}`, "Import codes");
  await page.getByText("1 code of this import").waitFor();
  await page.getByRole("button", { name: "Undo this import" }).click();
  await page.getByRole("button", { name: "Undo the import" }).click();
  await page.getByText("1 code removed. None is left.").waitFor();
  await inspect(page, "import-undone");
});
await page.context().close();

await scenario("who may not import is told so before trying", async () => {
  for (const permissions of [[READ], [CLAIM]]) {
    const page = await open({ path: "/import" });
    await signIn(page, permissions);
    await shows(page, "Import codes");
    await page.getByText(`needs the permission ${WRITE}`).waitFor();
    assert.equal(await page.locator("input[type=file]").count(), 0);
    await inspect(page, "import-refused");
    await page.context().close();
  }
});

await finish();
