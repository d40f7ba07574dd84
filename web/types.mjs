// Generates types from an OpenAPI document, compares them with web/types/api.d.ts (with --write, replaces
// it), and checks the scripts of the console against them. Arguments: the folder that holds node_modules,
// and the document.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [installed, document, flag] = process.argv.slice(2);
const here = new URL(".", import.meta.url).pathname;
const types = join(here, "types/api.d.ts");
const tool = (name, ...args) => {
  try {
    return execFileSync(join(installed, "node_modules/.bin", name), args, { encoding: "utf8" });
  } catch ({ stdout, stderr }) {
    console.error(stdout, stderr);
    process.exit(1);
  }
};

const generated = join(installed, "api.d.ts");
tool("openapi-typescript", document, "--output", generated);
const text = readFileSync(generated, "utf8");
if (flag === "--write") writeFileSync(types, text);
assert.ok(text === readFileSync(types, "utf8"), "web/types/api.d.ts is not what the document says: ESIMPOOL_UPDATE_GOLDEN=1");
tool("tsc", "--project", here, "--typeRoots", join(installed, "node_modules/@types"), "--types", "trusted-types");
console.log("the scripts fit the document");
