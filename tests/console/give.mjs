// Give: one device, lists, and what is done with codes that devices have.

import assert from "node:assert/strict";

import { drop, file, saved } from "./files.mjs";
import {
  AUDIT, CLAIM, POOLS, READ, SERVICE, WRITE,
  call, finish, inspect, inspectBoth, keepsNothing, newPool, open, scenario, shows, signIn, visit,
} from "./browser.mjs";

const EID = "89049032123451234512345678901235";
const ATTACK = `<img src=x onerror="alert(1)">`;

const page = await open();
await signIn(page);
await shows(page, "Overview");
const dialog = page.getByRole("dialog");
const shown = async (pool) => {
  const { value } = await call("GET", "/deviceManagement/auditEvents?$filter=activityType eq 'showCode'&$top=999");
  return value.filter((event) => event.resources.some((it) => it.resourceId === pool)).length;
};

await scenario("one device gets a code, whose secret is shown only when it is asked for", async () => {
  const { id, iccids } = await newPool("For one", 3);
  await visit(page, `/give?pool=${id}`, "Give codes");
  await page.getByText("3 free").waitFor();
  await inspectBoth(page, "give-one");
  await page.getByLabel("Name of the device").fill(ATTACK);
  await page.getByLabel("User").fill("=cmd|' /C calc'!A0");
  await page.getByRole("button", { name: "Give a code" }).click();
  await page.getByText("The device has a code now.").waitFor();
  await page.getByText("2 free").waitFor();
  await page.getByText(iccids[0]).waitFor();
  await inspect(page, "give-given");
  assert.equal(await shown(id), 0, "nothing was shown yet");
  await page.getByRole("button", { name: `QR code: ${ATTACK}` }).click();
  const image = dialog.getByRole("img", { name: "QR code" });
  await image.waitFor();
  assert.equal(await image.evaluate((it) => it.decode().then(() => it.naturalWidth)), 296);
  assert.equal(await shown(id), 1, "the audit log has it");
  await inspectBoth(page, "give-qr");
  await dialog.getByRole("button", { name: "Show as text" }).click();
  await dialog.getByText("LPA:1$smdp.example.com$SECRET-").waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await keepsNothing(page);
  await page.getByRole("button", { name: "Windows" }).click();
  await dialog.getByText(`/Profiles/${iccids[0]}/MatchingID`).waitFor();
  await dialog.getByRole("button", { name: "Close" }).click();
  await keepsNothing(page);
  // The same device again, by keyboard alone.
  await page.getByLabel("Name of the device").focus();
  await page.keyboard.type(ATTACK.toUpperCase());
  await page.keyboard.press("Enter");
  await page.getByText("The device has this code of the pool already").waitFor();
  await page.getByText("2 free").waitFor();
});

await scenario("a refusal is explained at its field, and what was entered stays", async () => {
  const { id } = await newPool("Refusals", 2);
  await visit(page, `/give?pool=${id}`, "Give codes");
  page.expected.push(/status of (400|409)/);
  await page.getByLabel("EID", { exact: true }).fill("1234");
  await page.getByRole("button", { name: "Give a code" }).click();
  await page.locator("[name=eid][aria-invalid=true]").waitFor();
  assert.equal(await page.getByLabel("EID", { exact: true }).inputValue(), "1234");
  await page.getByLabel("EID", { exact: true }).fill(EID);
  await page.getByLabel("Name of the device").fill("Old name");
  await page.getByRole("button", { name: "Give a code" }).click();
  await page.getByText("The device has a code now.").waitFor();
  await page.getByLabel("EID", { exact: true }).fill(EID);
  await page.getByLabel("Name of the device").fill("New name");
  await page.getByRole("button", { name: "Give a code" }).click();
  await page.getByRole("alert").getByText(/request [0-9a-f-]{36}/).first().waitFor();
  await inspect(page, "give-renamed");
  await page.getByRole("button", { name: "The device was renamed" }).click();
  await page.getByText("already").waitFor();
  await page.getByText("New name").first().waitFor();
});

await scenario("a list is previewed, given, and given again without a second code", async () => {
  const { id } = await newPool("For many", 30);
  await visit(page, `/give?pool=${id}&part=list`, "Give codes");
  await inspectBoth(page, "give-list");
  const list = `Device;EID;User;Room\n${ATTACK};;${ATTACK};1\n"A ""quoted"" one";${EID};ann@contoso.example;2\n${Array.from({ length: 18 }, (_, at) => `PC ${at};;=HYPERLINK("x");3\n`).join("")}PC 3;;;4\nBroken;123;;5\n`;
  await drop(page, page.locator("form"), file("devices.csv", list));
  await page.getByRole("button", { name: "Give codes to 20 devices" }).waitFor();
  await page.getByText("It is the device of line 7.").waitFor();
  await page.getByText("The EID is not one").waitFor();
  await page.getByText("Columns that are not used: Room").waitFor();
  assert.equal((await call("GET", `${POOLS}/${id}/esimpool.stock`)).free, 30, "nothing is given yet");
  await inspectBoth(page, "give-preview");
  await page.getByRole("button", { name: "Give codes to 20 devices" }).click();
  await page.getByText("20 devices of the list have a code.").waitFor();
  assert.equal((await call("GET", `${POOLS}/${id}/esimpool.stock`)).free, 10);
  await inspectBoth(page, "give-done");
  const csv = await saved(page, page.getByRole("button", { name: "Save the result" }));
  assert.doesNotMatch(csv, /SECRET/);
  assert.doesNotMatch(csv, /(^|,)"?[=+@-]/m, "a spreadsheet runs no cell of it");
  await page.getByRole("button", { name: "Another list" }).click();
  await page.getByLabel("Devices, one a line").fill(list);
  await page.getByRole("button", { name: "Show what would be given" }).click();
  await page.getByRole("button", { name: "Give codes to 20 devices" }).click();
  await page.locator(".totals li", { hasText: "had it already" }).getByText("20").waitFor();
  assert.equal((await call("GET", `${POOLS}/${id}/esimpool.stock`)).free, 10, "no device has two");
});

await scenario("a list goes on after a lost connection and after the pool was filled", async () => {
  const { id } = await newPool("Too small", 3);
  await visit(page, `/give?pool=${id}&part=list`, "Give codes");
  await page.getByLabel("Devices, one a line").fill(Array.from({ length: 6 }, (_, at) => `Late ${at}`).join("\n"));
  await page.getByRole("button", { name: "Show what would be given" }).click();
  await page.getByText("6 devices wait, and 3 codes are free").waitFor();
  page.expected.push(/ERR_INTERNET_DISCONNECTED/, /status of 409/);
  await page.context().setOffline(true);
  await page.getByRole("button", { name: "Give codes to 6 devices" }).click();
  await page.getByText("The connection was lost").waitFor();
  await page.context().setOffline(false);
  await page.getByRole("button", { name: /Give codes to 6|Continue with 6/ }).click();
  await page.getByText("The pool has no free activation code").first().waitFor();
  await inspect(page, "give-halted");
  await call("PATCH", `${POOLS}/${id}`, {
    activationCodes: [10, 11, 12].map((at) => ({
      integratedCircuitCardIdentifier: `89440000000000009${at}`,
      matchingIdentifier: `SECRET-9${at}`,
      smdpPlusServerAddress: "smdp.example.com",
    })),
  });
  await page.getByRole("button", { name: "Continue with 3 devices" }).click();
  await page.getByText("6 devices of the list have a code.").waitFor();
  assert.equal((await call("GET", `${POOLS}/${id}/esimpool.stock`)).handedOut, 6);
});

await scenario("a code is released, reinstated and retired, and a change of somebody else is told", async () => {
  const { id, iccids } = await newPool("Back and forth", 5);
  for (const deviceName of ["Released", "Retired", "Contested"]) {
    await call("POST", `${POOLS}/${id}/esimpool.claim`, { deviceName });
  }
  await visit(page, `/give?pool=${id}&part=devices`, "Give codes");
  await page.getByRole("button", { name: "Release: Released", exact: true }).click();
  await inspect(page, "give-release");
  await dialog.getByRole("button", { name: "Release" }).click();
  await page.getByText("The code of Released is in quarantine.").waitFor();
  await page.getByRole("heading", { name: "Codes in quarantine" }).waitFor();
  await inspectBoth(page, "give-devices");
  await page.getByRole("button", { name: "Reinstate" }).click();
  await dialog.getByRole("button", { name: "Reinstate" }).click();
  await page.getByText(`The code ${iccids[0]} is free again.`).waitFor();
  await page.getByRole("heading", { name: "Codes in quarantine" }).waitFor({ state: "detached" });
  const { value } = await call("GET", `${POOLS}/${id}/deviceStates`);
  const path = (name) => `${POOLS}/${id}/deviceStates/${value.find((it) => it.deviceName === name).id}`;
  await call("PATCH", path("Retired"), { state: "installed" });
  await page.getByRole("button", { name: "Retire: Retired", exact: true }).click();
  await dialog.getByText("Its state is installed").waitFor();
  await page.getByLabel("Why (optional)").fill("lost");
  await dialog.getByRole("button", { name: "Retire" }).click();
  await page.getByText("Retired is retired.").waitFor();
  const retired = await call("GET", path("Retired"));
  assert.deepEqual([retired.state, retired.stateDetails], ["deleted", "lost"]);
  await page.getByRole("button", { name: "Retire: Contested", exact: true }).click();
  await dialog.getByText("Its state is installing").waitFor();
  await call("PATCH", path("Contested"), { state: "failed" });
  page.expected.push(/status of 412/);
  await dialog.getByRole("button", { name: "Retire" }).click();
  await page.getByRole("alert").getByText("was changed by someone else meanwhile: its state is failed").waitFor();
  assert.equal((await call("GET", path("Contested"))).state, "failed", "nothing was overwritten");
});

await scenario("the sheet of the chosen devices is printed from a window of its own", async () => {
  const { id } = await newPool("Printed", 4);
  for (const deviceName of ["One", ATTACK, "Three"]) {
    await call("POST", `${POOLS}/${id}/esimpool.claim`, { deviceName });
  }
  await visit(page, `/give?pool=${id}&part=devices`, "Give codes");
  await page.getByRole("checkbox", { name: "One", exact: true }).check();
  await page.getByRole("checkbox", { name: ATTACK }).check();
  const [sheet] = await Promise.all([
    page.waitForEvent("popup"),
    page.getByRole("button", { name: "Sheet of 2 codes" }).click(),
  ]);
  const complaints = [];
  sheet.on("console", (message) => complaints.push(message.text()));
  await sheet.getByRole("heading", { name: ATTACK }).waitFor();
  assert.equal(await sheet.locator(".card").count(), 2);
  assert.equal(await sheet.locator(".cards").evaluate((it) => getComputedStyle(it).display), "grid", "it has its style");
  assert.deepEqual(complaints, []);
  await sheet.close();
  await inspect(page, "give-chosen");
});

await scenario("a token that ends in between loses no input", async () => {
  const { id } = await newPool("Ended", 3);
  await visit(page, `/give?pool=${id}`, "Give codes");
  await page.getByLabel("Name of the device").fill("Patient");
  let ended = true;
  page.expected.push(/status of 40[01]/);
  await page.route(`${SERVICE}/beta/**`, (route) =>
    route.continue({ headers: { ...route.request().headers(), ...(ended && { authorization: "Bearer ended" }) } }));
  const token = "**/oauth2/v2.0/token";
  await page.context().route(token, (route) => {
    if (route.request().postData()?.includes("refresh_token=")) {
      return route.fulfill({ status: 400, json: { error: "invalid_grant" } });
    }
    ended = false;
    return route.continue();
  });
  await page.getByRole("button", { name: "Give a code" }).click();
  await page.getByRole("dialog", { name: "Sign in again" }).waitFor();
  await signIn(page);
  await page.getByText("The device has a code now.").waitFor();
  await page.getByText("Patient").waitFor();
  await page.unroute(`${SERVICE}/beta/**`);
  await page.context().unroute(token);
});
await page.context().close();

await scenario("each token is offered what it is good for", async () => {
  const { id } = await newPool("Seen", 2);
  await call("POST", `${POOLS}/${id}/esimpool.claim`, { deviceName: "Holder" });
  for (const [name, permissions, path, sees, not] of [
    ["reader", [READ], "&part=devices", ["Holder"], ["QR code", "Release", "Retire"]],
    ["reader", [READ], "", [`needs the permission ${CLAIM}`], ["Give a code"]],
    ["writer", [WRITE], "&part=devices", ["Release", "Retire"], ["QR code"]],
    ["claimer", [CLAIM], "", ["Give a code", "may not list pools"], ["Release"]],
    ["auditor", [AUDIT], "", [`needs the permission ${CLAIM}`], ["Give a code"]],
  ]) {
    const page = await open({ path: `/give?pool=${id}${path}` });
    await signIn(page, permissions);
    await shows(page, "Give codes");
    for (const text of sees) await page.getByText(text).first().waitFor();
    for (const text of not) assert.equal(await page.getByRole("button", { name: text }).count(), 0, `${name}: ${text}`);
    await inspect(page, `give-${name}`);
    await page.context().close();
  }
  const page = await open({ path: `/give?pool=${id}` });
  await signIn(page, [CLAIM]);
  await page.getByLabel("Name of the device").fill("By a claimer");
  await page.getByRole("button", { name: "Give a code" }).click();
  await page.getByText("The device has a code now.").waitFor();
  await page.context().close();
});

await finish();
