// The console with another issuer than that of development.

import assert from "node:assert/strict";

import { SERVICE, finish, inspect, inspectBoth, newPool, open, scenario, shows, signIn, visit } from "./browser.mjs";

await scenario("a person of another issuer signs in, looks around and renames a pool", async () => {
  const { id } = await newPool("Elsewhere", 3);
  const page = await open();
  await page.getByText("You sign in at localhost:").waitFor();
  await inspect(page, "foreign-signed-out");
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  await signIn(page);
  await shows(page, "Overview");
  const links = page.getByRole("navigation", { name: "Screens" }).getByRole("link");
  assert.deepEqual(await links.allTextContents(), ["Overview", "Find", "Import", "Give", "Activity", "Permissions"]);
  await visit(page, `/pools/${id}`, "Elsewhere");
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByLabel("New name").fill("Renamed from elsewhere");
  await page.keyboard.press("Enter");
  await shows(page, "Renamed from elsewhere");
  await visit(page, `/pools/${id}/history`, "Renamed from elsewhere");
  await page.getByText(/^\s*Changed pool/).waitFor();
  await inspectBoth(page, "foreign-history");
  const issuer = new URL(process.env.ESIMPOOL_ISSUER).origin;
  const others = requests.filter((url) => ![SERVICE, issuer].includes(new URL(url).origin));
  assert.deepEqual(others, [], "only the service and the issuer are asked");
});

await finish();
