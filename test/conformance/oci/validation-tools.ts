import { cp, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { hasCode, pathExists, runCommand } from "@drydock/kit";

/** The version whose programs we run: later than the last tag, which knows nothing of this decade's runtime-spec. */
const version = "v0.9.1-0.20250523060157-0ea5ed0382a2";
const module = `github.com/opencontainers/runtime-tools@${version}`;
const buildTimeoutMs = 600_000;

/** The programs are started in this directory: they look for a root file system and a test program there. */
export interface ValidationTools {
  directory: string;
  /** Path of a program by its name. */
  programs: Map<string, string>;
}

/** Why the programs cannot be built here, or undefined. */
export async function cannotBuild(): Promise<string | undefined> {
  try {
    await runCommand("go", ["version"]);
    return undefined;
  } catch (error) {
    if (hasCode(error, "COMMAND_NOT_FOUND")) return "Go is not installed (1.21 or newer)";
    throw error;
  }
}

/** Builds all validation programs with Go, once: they are kept in .build. */
export async function validationTools(): Promise<ValidationTools> {
  const directory = resolve(import.meta.dirname, "../../../.build", `runtime-tools-${version}`);
  if (!(await pathExists(directory))) await build(directory);
  const bin = join(directory, "bin");
  const names = (await readdir(bin)).sort();
  return { directory, programs: new Map(names.map((name) => [name, join(bin, name)])) };
}

async function build(directory: string): Promise<void> {
  const work = `${directory}.${process.pid}`;
  try {
    const { Dir } = JSON.parse(await runCommand("go", ["mod", "download", "-json", module])) as { Dir: string };
    await mkdir(work, { recursive: true });
    // Go's own copy is read-only.
    await runCommand("cp", ["-r", "--no-preserve=mode", `${Dir}/.`, `${work}/source`]);
    const go = (...args: string[]): Promise<string> =>
      runCommand("go", ["build", "-mod=mod", ...args], {
        cwd: join(work, "source"),
        env: { CGO_ENABLED: "0" },
        timeoutMs: buildTimeoutMs,
      });
    await mkdir(join(work, "bin"));
    await go("-o", join(work, "runtimetest"), "./cmd/runtimetest");
    await go("-o", `${join(work, "bin")}/`, "./validation/...");
    for (const name of await readdir(join(work, "source"))) {
      if (name.startsWith("rootfs-")) await cp(join(work, "source", name), join(work, name));
    }
    await rm(join(work, "source"), { recursive: true });
    await rename(work, directory);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
