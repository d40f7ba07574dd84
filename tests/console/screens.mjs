// The overview, a pool, what is found, and the history of a code.

import assert from "node:assert/strict";

import {
  CONSOLE, POOLS, call, finish, inspect, inspectBoth, keepsNothing, newPool, open, scenario, shows, signIn, visit,
} from "./browser.mjs";

const ATTACKS = [
  `<img src=x onerror="alert(1)">`,
  `"><script>alert(1)</script>`,
  "javascript:alert(1)",
  "${alert(1)}{{constructor.constructor('alert(1)')()}}",
  `' onmouseover='alert(1)' x='`,
  "\u202egnp.exe <svg/onload=alert(1)>",
];

const page = await open();
await signIn(page);
await shows(page, "Overview");
const { id, iccids } = await newPool("Roaming Europe", 120);
for (let number = 1; number <= 30; number++) {
  await call("POST", `${POOLS}/${id}/esimpool.claim`, {
    deviceName: `Laptop ${number}`,
    userName: `person${number}@contoso.example`,
  });
}
await call("POST", `${POOLS}/${id}/esimpool.release`, { deviceName: "Laptop 3" });
await newPool("Nearly empty", 2);
await newPool("Well stocked", 40);

await scenario("the overview shows low pools first, totals and the last movements", async () => {
  await page.getByRole("button", { name: "Refresh" }).click();
  await page.getByRole("heading", { name: "Nearly empty" }).waitFor();
  const names = await page.getByRole("heading", { level: 3 }).allTextContents();
  assert.deepEqual(names, ["Nearly empty", "Roaming Europe", "Well stocked"]);
  await page.getByText("Low: 2 free codes, threshold 10").waitFor();
  await page.getByRole("img", { name: "90 free, 29 handed out, 1 quarantined" }).waitFor();
  await page.getByText("Created pool “Well stocked”").first().waitFor();
  const time = page.locator(".events time").first();
  assert.match(await time.getAttribute("title"), /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
  await inspectBoth(page, "overview");
  await page.getByLabel("Name").fill("stock");
  await page.getByRole("heading", { name: "Nearly empty" }).waitFor({ state: "detached" });
  assert.equal(page.url(), `${CONSOLE}/?q=stock`);
  await page.getByLabel("Name").fill("");
});

await scenario("codes are filtered, sorted and paged, and stay masked", async () => {
  await page.getByRole("link", { name: "Roaming Europe" }).first().click();
  await shows(page, "Roaming Europe");
  await inspectBoth(page, "pool-codes");
  const rows = page.getByRole("row");
  assert.equal(await rows.count(), 51);
  await page.getByRole("link", { name: "Next page" }).click();
  await page.getByRole("link", { name: iccids[50] }).waitFor();
  await page.getByRole("link", { name: "Next page" }).click();
  await page.getByText("This is the last page.").waitFor();
  assert.equal(await rows.count(), 21);
  await page.getByLabel("State").selectOption("quarantined");
  await page.getByRole("link", { name: iccids[0] }).waitFor({ state: "detached" });
  await page.getByRole("link", { name: iccids[2] }).waitFor();
  assert.equal(await rows.count(), 2);
  await page.getByLabel("State").selectOption("");
  await page.getByRole("link", { name: iccids[0] }).waitFor();
  for (const [name, first] of [["ICCID ↑", iccids[0]], ["ICCID ↓", iccids[119]]]) {
    await page.getByRole("columnheader", { name: /ICCID/ }).getByRole("link").click();
    await page.getByRole("columnheader", { name }).waitFor();
    assert.ok((await rows.nth(1).textContent()).includes(first), name);
  }
  await page.getByLabel("ICCID begins with").fill(iccids[9]);
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByRole("link", { name: iccids[119] }).waitFor({ state: "detached" });
  assert.equal(await rows.count(), 2);
  await page.getByLabel("ICCID begins with").fill("1");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByText("Nothing matches the filter.").waitFor();
});

await scenario("devices, assignments and history of a pool are shown", async () => {
  await visit(page, `/pools/${id}/devices`, "Roaming Europe");
  await page.getByRole("link", { name: "Laptop 30" }).waitFor();
  await page.getByLabel("Device, user or EID").fill("person7@");
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByRole("link", { name: "Laptop 30" }).waitFor({ state: "detached" });
  await page.getByRole("link", { name: "Laptop 7" }).waitFor();
  await inspectBoth(page, "pool-devices");
  const group = "11111111-2222-3333-4444-555555555555";
  const type = (name) => `#microsoft.graph.${name}AssignmentTarget`;
  await call("POST", `${POOLS}/${id}/assign`, {
    assignments: [
      { target: { "@odata.type": type("allDevices") } },
      { target: { "@odata.type": type("group"), groupId: group } },
    ],
  });
  await page.getByRole("link", { name: "Assignments" }).click();
  await page.getByRole("cell", { name: "All devices" }).waitFor();
  await page.getByRole("cell", { name: group }).waitFor();
  await inspectBoth(page, "pool-assignments");
  await page.getByRole("link", { name: "History" }).click();
  await page.getByText(/^Released code/).waitFor();
  await page.getByText("Created pool “Roaming Europe”").waitFor();
  await inspectBoth(page, "pool-history");
});

await scenario("a pool is renamed, gets a threshold, and is removed by its name", async () => {
  const { id: other } = await newPool("Short-lived", 4);
  await visit(page, `/pools/${other}`, "Short-lived");
  await page.getByRole("button", { name: "Rename" }).click();
  await inspect(page, "pool-rename");
  await page.getByLabel("New name").fill("Renamed");
  await page.keyboard.press("Enter");
  await shows(page, "Renamed");
  await page.getByRole("status").getByText("The pool has its new name.").waitFor();
  await page.getByRole("button", { name: "Threshold" }).click();
  await page.getByLabel("Free codes").fill("2");
  await page.getByRole("button", { name: "Set" }).click();
  await page.getByText("4 codes, threshold 2").waitFor();
  assert.equal((await call("GET", `${POOLS}/${other}/esimpool.stock`)).lowStockThreshold, 2);
  await page.getByRole("button", { name: "Threshold" }).click();
  await page.getByLabel("Use the threshold of the service").check();
  await page.getByRole("button", { name: "Set" }).click();
  await page.getByText("4 codes, threshold 10").waitFor();

  await page.getByRole("button", { name: "Remove" }).click();
  const remove = page.getByRole("button", { name: "Remove for good" });
  assert.ok(await remove.isDisabled());
  await page.getByLabel("Type the name of the pool").fill("renamed");
  assert.ok(await remove.isDisabled(), "the name is compared letter for letter");
  await page.getByLabel("Type the name of the pool").fill("Renamed");
  await inspect(page, "pool-remove");
  await remove.click();
  await shows(page, "Overview");
  await page.getByRole("status").getByText("is removed.").waitFor();
  assert.equal(await page.getByRole("heading", { name: "Renamed" }).count(), 0);
});

await scenario("a change of somebody else is explained, and the fresh state is offered", async () => {
  const { id: contested } = await newPool("Contested", 1);
  await visit(page, `/pools/${contested}`, "Contested");
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByLabel("New name").fill("Mine");
  await call("PATCH", `${POOLS}/${contested}`, { displayName: "Theirs" });
  page.expected.push(/status of 412/);
  await page.getByRole("button", { name: "Rename", exact: true }).last().click();
  await page.getByRole("alert").getByText("changed by somebody else").waitFor();
  assert.equal(await page.getByLabel("New name").inputValue(), "Mine", "what was entered stays");
  await inspect(page, "pool-conflict");
  await page.getByRole("button", { name: "Show the fresh state" }).click();
  await shows(page, "Theirs");
  await call("DELETE", `${POOLS}/${contested}`);
  page.expected.push(/status of 404/);
  await page.getByRole("button", { name: "Refresh" }).click();
  await page.getByText("It is not there any more").waitFor();
  await inspect(page, "pool-gone");
});

await scenario("one box finds codes, devices, users and pools, and a code has its history", async () => {
  await visit(page, "/find", "Find");
  const box = page.getByRole("searchbox");
  for (const text of [iccids[2], iccids[2].replace(/(\d{4})/g, "$1 "), "laptop 3", "PERSON3@contoso.example"]) {
    await box.fill(text);
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: iccids[2] }).waitFor();
    assert.equal(await page.getByRole("row").count(), 2, text);
    await box.fill("nothing has this name");
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByText("Nothing is known by").waitFor();
  }
  await box.fill("roaming");
  await page.keyboard.press("Enter");
  await page.getByRole("cell", { name: "Roaming Europe" }).waitFor();
  await box.fill("laptop 3");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: iccids[2] }).waitFor();
  await inspectBoth(page, "find");
  await page.getByRole("link", { name: iccids[2] }).click();
  await shows(page, `Code ${iccids[2]}`);
  await page.getByText("only after somebody reinstates it").waitFor();
  const history = await page.locator(".events li").allTextContents();
  assert.equal(history.length, 2);
  assert.match(history[0], /Released code \d+ of “Laptop 3”, pool “Roaming Europe”; it is in quarantine/);
  assert.match(history[1], /Gave code \d+ of pool “Roaming Europe” to “Laptop 3”/);
  await inspectBoth(page, "code");
});

await scenario("names that attack stay text", async () => {
  for (const [index, attack] of ATTACKS.entries()) {
    const { id: pool, iccids: [code] } = await newPool(`${attack} ${index}`, 1);
    await call("POST", `${POOLS}/${pool}/esimpool.claim`, { deviceName: attack, userName: attack });
    await visit(page, `/pools/${pool}`, `${attack} ${index}`);
    await page.getByRole("link", { name: code }).click();
    await shows(page, `Code ${code}`);
    await page.getByRole("link", { name: attack, exact: true }).first().waitFor();
    await visit(page, `/pools/${pool}/history`, `${attack} ${index}`);
    await visit(page, `/find?q=${encodeURIComponent(attack)}`, "Find");
    assert.equal(await page.getByRole("searchbox").inputValue(), attack);
    await page.getByRole("link", { name: code }).waitFor();
    await keepsNothing(page);
    assert.deepEqual(page.complaints, [], attack);
  }
  await visit(page, "/", "Overview");
  await inspectBoth(page, "overview-attacked");
});

await scenario("everything can be reached with the keyboard", async () => {
  await visit(page, `/pools/${id}`, "Roaming Europe");
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
  assert.equal(await focused(), "Roaming Europe", "a new screen is announced by its heading");
  await page.reload();
  await signIn(page);
  await shows(page, "Roaming Europe");
  await page.getByRole("link", { name: "Skip to the content" }).focus();
  await page.keyboard.press("Enter");
  for (const name of ["Overview", "Refresh", "Give codes", "Import", "Rename"]) {
    await page.keyboard.press("Tab");
    assert.equal(await focused(), name);
  }
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("name")), "name");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(await focused(), "Rename", "the focus is where it was");
  await page.keyboard.press("Enter");
  await page.getByLabel("New name").fill("Roaming by keyboard");
  await page.keyboard.press("Enter");
  await shows(page, "Roaming by keyboard");
  assert.equal(await focused(), "Rename", "after a change as well");
});

await finish();
