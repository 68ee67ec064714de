import { access, constants, stat } from "node:fs/promises";
import { ensureDirectory, errnoOf, hasCode, runCommand } from "@drydock/kit";
import { findCgroup2 } from "@drydock/linux";
import { failure } from "../errors.ts";

/** What must hold before anything is made: a start that cannot succeed fails here, with nothing to undo. */
export async function preflight(dataDir: string): Promise<void> {
  requireRoot();
  requireCgroup2();
  await requireProgram("ip", "-V", "iproute2");
  await requireProgram("etcd", "--version", "etcd-server");
  await requireDataDir(dataDir);
}

export function requireRoot(
  why = "nodes are containers with their own network: starting and stopping them needs root",
): void {
  if (process.geteuid?.() === 0) return;
  throw failure("CLUSTER_NOT_ROOT", why, { hint: "run the command again with sudo" });
}

function requireCgroup2(): void {
  try {
    findCgroup2();
  } catch (error) {
    if (!hasCode(error, "LINUX_NO_CGROUP2")) throw error;
    throw failure("CLUSTER_NO_CGROUP2", "no cgroup v2 is mounted on this machine", { hint: error.hint, cause: error });
  }
}

async function requireProgram(program: string, versionFlag: string, debianPackage: string): Promise<void> {
  try {
    await runCommand(program, [versionFlag]);
  } catch (error) {
    if (!hasCode(error, "COMMAND_NOT_FOUND")) throw error;
    throw failure("CLUSTER_PROGRAM_MISSING", `${program} is not installed`, {
      hint: `install the package ${debianPackage}, or run npm run setup`,
      cause: error,
    });
  }
}

export async function requireDataDir(dataDir: string): Promise<void> {
  const hint = "name another one with --data-dir";
  try {
    await ensureDirectory(dataDir);
    if (!(await stat(dataDir)).isDirectory())
      throw failure("CLUSTER_DATA_DIR", `${dataDir} is not a directory`, { hint });
    await access(dataDir, constants.W_OK);
  } catch (cause) {
    if (hasCode(cause)) throw cause;
    const what =
      errnoOf(cause) === "ENOTDIR" || errnoOf(cause) === "EEXIST" ? "a file is in its place" : errnoOf(cause);
    throw failure("CLUSTER_DATA_DIR", `the data directory ${dataDir} cannot be used: ${what}`, { hint, cause });
  }
}
