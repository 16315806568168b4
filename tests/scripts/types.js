// TypeScript over the page's scripts, two runs at once: all of them as tsconfig.json says, and those that are not on
// its list `notYetTyped` with a type for every parameter too. A file leaves the list when it needs it no longer, and
// a new one does not come on it.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { notYetTyped } = JSON.parse(readFileSync(`${root}tsconfig.json`, "utf-8"));

/** @param {string} name @param {string[]} options @returns {Promise<string[]>} the lines of errors */
function tsc(name, ...options) {
  const kept = ["--incremental", "--tsBuildInfoFile", `.cache/tsc-${name}.json`];
  const run = spawn(process.execPath, ["node_modules/typescript/bin/tsc", "--pretty", "false", ...kept, ...options], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  run.stdout.setEncoding("utf-8").on("data", (text) => { said += text; });
  return new Promise((done, fail) => {
    run.on("error", fail);
    run.on("close", (code) => {
      const lines = said.split("\n").filter(Boolean);
      if (code && !lines.some((line) => line.includes("error TS"))) fail(new Error(`tsc ended with ${code}: ${said}`));
      else done(lines);
    });
  });
}

const fileOf = (/** @type {string} */ line) => line.match(/^([^\s(]+)\(\d+,\d+\): error/)?.[1];

const [usual, strict] = await Promise.all([tsc("usual"), tsc("strict", "--noImplicitAny", "true")]);
const lacking = new Set(strict.map(fileOf));
const told = [
  ...usual,
  ...strict.filter((line) => fileOf(line) && !notYetTyped.includes(fileOf(line)) && !usual.includes(line)),
  ...notYetTyped.filter((/** @type {string} */ file) => !lacking.has(file)).map((/** @type {string} */ file) => `${file} has all its types: take it off notYetTyped in tsconfig.json`),
];
for (const line of told) console.error(line);
process.exitCode = told.length ? 1 : 0;
