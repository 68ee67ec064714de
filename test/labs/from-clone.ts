/**
 * node test/labs/from-clone.ts [REPOSITORY]: from `git clone` to the first green check, as README.md says it, with nothing in any cache. Prints the time of
 * each step and ends with 1 when the whole takes five minutes or more. Leaves nothing but packages of the system, where those were missing.
 *
 * Not a part of `npm test`: it downloads Node, pnpm and all dependencies again.
 */
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join, resolve } from "node:path";

const MOST_MS = 5 * 60_000;
const LAB = "process-inspector";
const repository = process.argv[2] ?? resolve(import.meta.dirname, "../..");

const directory = mkdtempSync(join(tmpdir(), "from-clone-"));
const clone = join(directory, "drydock");
const home = join(directory, "labs");
const environment = {
  // Of this process's own Node and packages nothing is left: what is in PATH is the system's.
  PATH: (process.env.PATH ?? "")
    .split(":")
    .filter((path) => !path.includes("node_modules"))
    .join(":"),
  HOME: join(directory, "home"),
  LANG: "C.UTF-8",
  DRYDOCK_LABS_HOME: home,
  npm_config_cache: join(directory, "npm"),
  npm_config_store_dir: join(directory, "store"),
  // Where packages come from is a setting of the machine.
  npm_config_userconfig: process.env.npm_config_userconfig ?? join(homedir(), ".npmrc"),
};

let stopped = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => (stopped = true));

function run(file: string, args: readonly string[], cwd: string): Promise<number> {
  return new Promise((done, failed) => {
    const child = spawn(file, args, { cwd, env: environment, stdio: ["ignore", "inherit", "inherit"] });
    child.once("error", failed);
    child.once("exit", (code) => done(code ?? 1));
  });
}

async function step(name: string, expected: number, file: string, args: readonly string[], cwd = clone): Promise<void> {
  if (stopped) throw new Error("interrupted");
  const before = performance.now();
  const code = await run(file, args, cwd);
  console.log(`${name}: ${((performance.now() - before) / 1000).toFixed(1)} s`);
  if (code !== expected) throw new Error(`${name} ended with ${code}, expected ${expected}`);
}

const began = performance.now();
try {
  await step("git clone", 0, "git", ["clone", "--quiet", "--no-hardlinks", repository, clone], directory);
  await step("npm run setup", 0, "npm", ["run", "--silent", "setup"]);
  await step("lab list", 0, "./drydock", ["lab", "list"]);
  await step("lab start", 0, "./drydock", ["lab", "start", LAB]);
  await step("lab check, untouched", 1, "./drydock", ["lab", "check", LAB]);
  const { labFolder, loadLabs } = await import("@drydock/labs");
  const lab = (await loadLabs(join(clone, "labs"))).find(({ id }) => id === LAB);
  if (!lab) throw new Error(`there is no lab called ${LAB}`);
  cpSync(join(lab.path, "solution"), labFolder(home, lab), { recursive: true });
  await step("lab check, solved", 0, "./drydock", ["lab", "check", LAB]);
  const took = performance.now() - began;
  console.log(`from git clone to the first green check: ${(took / 1000).toFixed(0)} s`);
  if (took >= MOST_MS) throw new Error(`that is more than ${MOST_MS / 1000} s`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
