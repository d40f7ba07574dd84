// odata2ts, a generator of TypeScript, reads our `$metadata` without a token, and the compiler finds
// that what it generated is what `metadata.ts` spells out: names, properties, what may be null.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const installed = createRequire(`${process.env.ESIMPOOL_SDK}/`);
const typescript = installed("typescript");

const answer = await fetch(`${process.env.ESIMPOOL_URL}/beta/$metadata`);
assert.equal(answer.status, 200, "it is public");
assert.match(answer.headers.get("content-type"), /^application\/xml/);
console.log("  $metadata is public, and XML");

const folder = mkdtempSync(join(tmpdir(), "esimpool-metadata-"));
process.on("exit", () => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "metadata.xml"), await answer.text());
// The generator wants one, though it emits no JavaScript.
writeFileSync(join(folder, "tsconfig.json"), "{}");
const generator = join(process.env.ESIMPOOL_SDK, "node_modules", ".bin", "odata2ts");
const generated = spawnSync(
  generator,
  ["--source", "metadata.xml", "--output", "generated", "--mode", "models", "--emit-mode", "ts"],
  { cwd: folder, encoding: "utf8" },
);
assert.equal(generated.status, 0, generated.stdout + generated.stderr);
const [model, ...others] = readdirSync(join(folder, "generated"));
assert.deepEqual(others, [], "one file of models");
console.log(`  odata2ts generates ${model} from it`);

const expected = fileURLToPath(new URL("metadata.ts", import.meta.url));
const program = typescript.createProgram([expected], {
  strict: true,
  noEmit: true,
  types: [],
  target: typescript.ScriptTarget.ES2022,
  paths: { generated: [join(folder, "generated", model)] },
});
const faults = typescript.getPreEmitDiagnostics(program);
const host = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => folder,
  getNewLine: () => "\n",
};
assert.equal(faults.length, 0, typescript.formatDiagnostics(faults, host));
console.log("  every type has the names, the properties and the nullability that Graph's have");

console.log("OK");
