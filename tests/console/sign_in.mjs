// Signing in, staying signed in, and what becomes of what was entered when the token ends in between.

import assert from "node:assert/strict";

import {
  AUDIT, CLAIM, CONSOLE, READ, SERVICE, WRITE,
  finish, inspect, inspectBoth, keepsNothing, newPool, open, scenario, shows, signIn, visit,
} from "./browser.mjs";

const expired = process.env.ESIMPOOL_EXPIRED_TOKEN;

await scenario("a page without JavaScript says what the service is", async () => {
  const page = await open({ javaScriptEnabled: false });
  assert.match(await page.locator("main").innerText(), /needs JavaScript/);
  assert.equal(await page.getByRole("link", { name: "The operations of the API" }).getAttribute("href"), "/docs");
  await page.goto(`${SERVICE}/`);
  assert.equal(page.url(), `${CONSOLE}/`, "the root sends browsers to the console");
  await page.context().close();
});

await scenario("a person signs in, and nothing of it stays in the browser", async () => {
  const page = await open();
  await inspectBoth(page, "signed-out");
  await signIn(page);
  await shows(page, "Overview");
  assert.equal(page.url(), `${CONSOLE}/`);
  await keepsNothing(page);
  await inspectBoth(page, "overview-empty");
  await page.getByText("Administrator").click();
  await page.getByText("The token is valid until").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await page.goBack().catch(() => undefined);
  await page.goto(CONSOLE);
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await page.context().close();
});

await scenario("a bookmark leads to its screen after signing in, and back goes back", async () => {
  const { id } = await newPool("Bookmarked", 3);
  const page = await open({ path: `/pools/${id}?state=notEvaluated` });
  await signIn(page);
  await shows(page, "Bookmarked");
  assert.match(page.url(), /state=notEvaluated$/);
  await page.getByRole("link", { name: "Devices" }).click();
  await page.getByText("There is nothing here yet.").waitFor();
  await page.goBack();
  await page.getByRole("cell", { name: "free" }).first().waitFor();
  await page.goto(`${CONSOLE}/nowhere/at/all`);
  await signIn(page);
  await page.getByText("There is no such page.").waitFor();
  await page.context().close();
});

await scenario("a person who says no is told so, and can try again", async () => {
  const page = await open();
  const button = page.getByRole("button", { name: "Sign in" });
  let [popup] = await Promise.all([page.waitForEvent("popup"), button.click()]);
  await popup.close();
  [popup] = await Promise.all([page.waitForEvent("popup"), button.click()]);
  await popup.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("alert").waitFor();
  await inspect(page, "declined");
  await signIn(page);
  await shows(page, "Overview");
  await page.context().close();
});

await scenario("each token sees what it is good for", async () => {
  const { id } = await newPool("Seen by all", 2);
  for (const [name, permissions, sees, not] of [
    ["a reader", [READ], ["Find"], ["Import", "Give", "Activity"]],
    ["a writer", [WRITE], ["Find", "Import"], ["Give", "Activity"]],
    ["a claimer who reads", [READ, CLAIM, AUDIT], ["Find", "Give", "Activity"], ["Import"]],
    ["a claimer", [CLAIM], ["Give"], ["Overview", "Find", "Import", "Activity"]],
  ]) {
    const page = await open();
    await signIn(page, permissions);
    const links = page.getByRole("navigation", { name: "Screens" }).getByRole("link");
    await links.first().waitFor();
    const names = await links.allTextContents();
    for (const link of sees) assert.ok(names.includes(link), `${name} sees ${link}`);
    for (const link of not) assert.ok(!names.includes(link), `${name} does not see ${link}`);
    if (permissions.includes(READ) || permissions.includes(WRITE)) {
      await visit(page, `/pools/${id}`, "Seen by all");
      const mayRename = await page.getByRole("button", { name: "Rename" }).count();
      assert.equal(mayRename, permissions.includes(WRITE) ? 1 : 0, name);
    } else {
      await page.getByText("Your token may not read pools.").waitFor();
      page.expected.push(/status of 403/);
      await visit(page, `/pools/${id}`, "Pool");
      await page.getByRole("alert").getByText("does not have the permission").waitFor();
      assert.match(await page.getByRole("alert").first().textContent(), /request [0-9a-f-]{36}/);
    }
    await inspect(page, name.replaceAll(" ", "-"));
    await page.context().close();
  }
});

/** From now on the service gets an expired token, until a new one was issued. */
async function expire(page, { renewable }) {
  page.expected.push(/status of 40[01]/);
  let isExpired = true;
  await page.route(`${SERVICE}/beta/**`, (route) => {
    const headers = route.request().headers();
    return route.continue({ headers: isExpired ? { ...headers, authorization: `Bearer ${expired}` } : headers });
  });
  await page.context().route("**/oauth2/v2.0/token", async (route) => {
    const refreshes = route.request().postData()?.includes("grant_type=refresh_token");
    if (refreshes && !renewable) return route.fulfill({ status: 400, json: { error: "invalid_grant" } });
    isExpired = false;
    return route.continue();
  });
}

await scenario("a token that ends in between is renewed, and nobody notices", async () => {
  const { id } = await newPool("Renewed", 2);
  const page = await open();
  await signIn(page);
  await shows(page, "Overview");
  await expire(page, { renewable: true });
  await visit(page, `/pools/${id}`, "Renewed");
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

await scenario("a sign-in that has ended asks again, and what was entered goes through", async () => {
  const { id } = await newPool("Before", 2);
  const page = await open();
  await signIn(page);
  await visit(page, `/pools/${id}`, "Before");
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByLabel("New name").fill("After");
  await expire(page, { renewable: false });
  await page.getByRole("button", { name: "Rename", exact: true }).last().click();
  const again = page.getByRole("dialog", { name: "Sign in again" });
  await again.waitFor();
  await inspect(page, "sign-in-again");
  await signIn(page);
  await shows(page, "After");
  await page.context().close();
});

await scenario("a lost connection loses nothing that was entered", async () => {
  const { id } = await newPool("Connected", 2);
  const page = await open();
  await signIn(page);
  await visit(page, `/pools/${id}`, "Connected");
  page.expected.push(/ERR_INTERNET_DISCONNECTED/);
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByLabel("New name").fill("Connected again");
  await page.context().setOffline(true);
  await page.getByRole("button", { name: "Rename", exact: true }).last().click();
  await page.getByRole("alert").getByText("could not be reached").waitFor();
  await page.context().setOffline(false);
  assert.equal(await page.getByLabel("New name").inputValue(), "Connected again");
  await page.getByRole("button", { name: "Rename", exact: true }).last().click();
  await shows(page, "Connected again");
  await page.context().close();
});

await scenario("an issuer that cannot be reached for the next token is a lost connection", async () => {
  const { id } = await newPool("Not renewed", 2);
  const page = await open();
  await signIn(page);
  await shows(page, "Overview");
  await expire(page, { renewable: true });
  page.expected.push(/ERR_FAILED/);
  await page.context().route("**/oauth2/v2.0/token", (route) => route.abort());
  await visit(page, `/pools/${id}`, "Pool");
  await page.getByRole("alert").getByText("could not be reached").waitFor();
  await page.context().unroute("**/oauth2/v2.0/token");
  await page.unroute(`${SERVICE}/beta/**`);
  await page.getByRole("button", { name: "Try again" }).click();
  await shows(page, "Not renewed");
  await page.context().close();
});

await finish();
