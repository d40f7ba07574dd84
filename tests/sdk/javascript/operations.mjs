// Microsoft's own JavaScript SDK does all 19 operations of the family over TLS: what it writes it
// reads back, what is refused reaches it as a GraphError, and an object that it read, changed and
// sent back whole loses nothing.

import assert from "node:assert/strict";

import { POOLS, client, newPool, proving, reader, refusal, sent, target } from "./graph.mjs";

const OPERATIONS = [
  "GET ", "POST ", "GET /$count", "GET /{}", "PATCH /{}", "DELETE /{}", "POST /{}/assign",
  ...["assignments", "deviceStates"].flatMap((name) => [
    `GET /{}/${name}`, `POST /{}/${name}`, `GET /{}/${name}/$count`,
    `GET /{}/${name}/{}`, `PATCH /{}/${name}/{}`, `DELETE /{}/${name}/{}`,
  ]),
];
const NOBODY = `${POOLS}/00000000-0000-0000-0000-000000000000`;
const TARGETS = [
  target("allDevices", {
    deviceAndAppManagementAssignmentFilterId: "filter",
    deviceAndAppManagementAssignmentFilterType: "include",
  }),
  target("allLicensedUsers"),
  target("group", { groupId: "one" }),
  target("exclusionGroup", { groupId: "two" }),
  target("configurationManagerCollection", { collectionId: "three" }),
];

const graph = client();
/** `$count` is plain text; the SDK gives it as it comes. */
const count = async (path) => Number(await graph.api(`${path}/$count`).get());

const one = await proving("a created pool comes back with its codes", async () => {
  const created = await graph.api(POOLS).post(newPool("Zürich 東京", 3));
  assert.equal(created["@odata.type"], "#microsoft.graph.embeddedSIMActivationCodePool");
  assert.equal(created.displayName, "Zürich 東京");
  assert.equal(created.activationCodeCount, 3);
  assert.equal(created.activationCodes[2].matchingIdentifier, "MATCH-2");
  assert.ok(Math.abs(new Date(created.createdDateTime) - Date.now()) < 300_000);
  return `${POOLS}/${created.id}`;
});

await proving("a pool that is read has the same properties, and no codes", async () => {
  const read = await graph.api(one).get();
  assert.deepEqual(read.activationCodes, []);
  assert.equal(read.displayName, "Zürich 東京");
  assert.equal(read.activationCodeCount, 3);
});

await proving("the list holds it, and is counted", async () => {
  const page = await graph.api(POOLS).get();
  assert.ok(page.value.some((pool) => one.endsWith(pool.id)));
  assert.equal(await count(POOLS), page.value.length);
});

await proving("read, changed and patched as a whole, a pool keeps its codes and all else", async () => {
  await graph.api(`${one}/assignments`).post({ target: target("allDevices") });
  await graph.api(`${one}/deviceStates`).post({ state: "installed" });
  const read = () => graph.api(one).expand("assignments,deviceStates").get();
  const before = await read();
  const answer = await graph.api(one).patch({ ...before, displayName: "renamed" });
  assert.equal(answer.activationCodeCount, 3);
  const after = await read();
  assert.equal(after.displayName, "renamed");
  assert.equal(after.activationCodeCount, 3, "the stored codes survive");
  assert.equal(after.createdDateTime, before.createdDateTime);
  assert.deepEqual(after.assignments, before.assignments);
  assert.deepEqual(after.deviceStates, before.deviceStates);
  const stale = graph.api(one).header("If-Match", before["@odata.etag"]);
  await refusal(stale.patch({ displayName: "no" }), 412, "PreconditionFailed");
  const minimal = graph.api(one).header("Prefer", "return=minimal");
  assert.ok(!(await minimal.patch({ displayName: "renamed" })), "a preferred answer of none");
});

await proving("assign replaces the whole set, with every kind of target", async () => {
  const assignments = TARGETS.map((one) => ({ target: one }));
  const answer = await graph.api(`${one}/assign`).post({ assignments });
  const listed = await graph.api(`${one}/assignments`).get();
  const ids = (page) => page.value.map(({ id }) => id).sort();
  assert.deepEqual(ids(answer), ids(listed));
  for (const wanted of TARGETS) {
    const kind = wanted["@odata.type"];
    const found = listed.value.find((it) => it.target["@odata.type"] === kind);
    assert.ok(found, kind);
    assert.deepEqual({ ...found.target, ...wanted }, found.target, kind);
  }
});

await proving("an assignment is created, read, changed, counted and deleted", async () => {
  const created = await graph.api(`${one}/assignments`).post({ target: target("group", { groupId: "four" }) });
  const single = `${one}/assignments/${created.id}`;
  const read = await graph.api(single).get();
  assert.equal(read.target.groupId, "four");
  read.target.groupId = "five";
  assert.equal((await graph.api(single).patch(read)).target.groupId, "five");
  assert.equal(await count(`${one}/assignments`), 6);
  await graph.api(single).delete();
  assert.equal(await count(`${one}/assignments`), 5);
  await refusal(graph.api(single).get(), 404, "ResourceNotFound");
  const again = graph.api(`${one}/assignments`).post({ target: TARGETS[2] });
  await refusal(again, 409, "Conflict");
  assert.deepEqual((await graph.api(`${one}/assign`).post({ assignments: [] })).value, []);
});

await proving("a device state is created, read, changed, counted and deleted", async () => {
  const states = `${one}/deviceStates`;
  const before = await count(states);
  const lastSyncDateTime = new Date("2025-01-02T03:04:05.678Z");
  const created = await graph.api(states).post({
    lastSyncDateTime,
    universalIntegratedCircuitCardIdentifier: "89049032000000000000000000000066",
    deviceName: "Gerät 7",
    userName: "someone@example.com",
    state: "installing",
    stateDetails: null,
  });
  const single = `${states}/${created.id}`;
  const read = await graph.api(single).get();
  assert.equal(new Date(read.lastSyncDateTime).getTime(), lastSyncDateTime.getTime());
  assert.equal(read.deviceName, "Gerät 7");
  assert.equal(read.stateDetails, null);
  const changed = await graph.api(single).patch({ ...read, state: "removedByUser" });
  assert.equal(changed.state, "removedByUser");
  const listed = (await graph.api(states).get()).value;
  assert.ok(listed.some(({ id }) => id === created.id));
  assert.equal(await count(states), before + 1);
  await graph.api(single).delete();
  assert.equal(await count(states), before);
});

await proving("what is refused is a GraphError with Graph's code and the request's id", async () => {
  await refusal(graph.api(NOBODY).get(), 404, "ResourceNotFound");
  await refusal(graph.api(one).patch({ nonsense: 1 }), 400, "BadRequest");
  await refusal(graph.api(`${one}/deviceStates`).post({ state: "sleeping" }), 400, "BadRequest");
  await refusal(client("no.real.token").api(POOLS).get(), 401, "InvalidAuthenticationToken");
  assert.ok((await reader().api(POOLS).get()).value.length, "a reader may read");
  const error = await refusal(reader().api(POOLS).post(newPool("no")), 403, "Forbidden");
  assert.match(error.message, /DeviceManagementConfiguration\.ReadWrite\.All/);
});

await proving("a deleted pool is gone at once", async () => {
  await graph.api(one).delete();
  await refusal(graph.api(one).get(), 404, "ResourceNotFound");
});

await proving("these were all 19 operations", async () => {
  assert.deepEqual([...sent].sort(), OPERATIONS.sort());
});

console.log("OK");
