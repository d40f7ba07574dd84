// Compares the libraries in web/vendor with the packages of npm at the pinned versions, byte by byte;
// with --write, copies them. The argument is the folder that holds node_modules.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const [installed, flag] = process.argv.slice(2);
const vendor = new URL("vendor/", import.meta.url).pathname;
const lock = JSON.parse(readFileSync(join(installed, "package-lock.json"), "utf8"));

/** What is taken of each package: the file in the package, and its name in web/vendor. */
const TAKEN = {
  "lit-html": [
    "LICENSE",
    ...["lit-html", "directive", "directive-helpers", "directives/live", "directives/repeat"].flatMap(
      (name) => [`${name}.js`, `${name}.d.ts`],
    ),
  ].map((name) => [name, name === "LICENSE" ? "lit-html.LICENSE" : name]),
  oauth4webapi: [
    ["LICENSE.md", "oauth4webapi.LICENSE"],
    ["build/index.js", "oauth4webapi.js"],
    ["build/index.d.ts", "oauth4webapi.d.ts"],
  ],
};

const files = new Map();
const packages = Object.entries(TAKEN).map(([name, taken]) => {
  const folder = join(installed, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const { version: locked, integrity } = lock.packages[`node_modules/${name}`];
  assert.equal(version, locked, name);
  const hashes = {};
  for (const [from, to] of taken) {
    const bytes = readFileSync(join(folder, from));
    files.set(to, bytes);
    hashes[to] = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  }
  return { name, version, license, integrity, files: hashes };
});
files.set("vendor.json", Buffer.from(`${JSON.stringify({ packages }, null, 2)}\n`));

if (flag === "--write") {
  rmSync(vendor, { recursive: true, force: true });
  for (const [name, bytes] of files) {
    mkdirSync(dirname(join(vendor, name)), { recursive: true });
    writeFileSync(join(vendor, name), bytes);
  }
}
const there = readdirSync(vendor, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(vendor.length));
assert.deepEqual(there.sort(), [...files.keys()].sort(), "the files in web/vendor");
for (const [name, bytes] of files) {
  assert.ok(bytes.equals(readFileSync(join(vendor, name))), `web/vendor/${name} is not the package's`);
}
console.log(`web/vendor holds ${packages.map(({ name, version }) => `${name} ${version}`).join(", ")}`);
