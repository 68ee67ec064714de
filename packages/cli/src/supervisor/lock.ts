import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { errnoOf } from "@drydock/kit";
import { failure } from "../errors.ts";
import type { FoundProcess } from "./host/processes.ts";
import { socketOwner } from "./host/socket-owner.ts";

/** Held by one process at a time on this machine. */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes a lock, or returns undefined when another process has it. It is the address of an abstract Unix socket (unix(7)): only one process can have
 * it, and the kernel frees it however that process ends. No stale lock file can exist.
 */
export async function tryLock(name: string): Promise<Lock | undefined> {
  const server = createServer((connection) => connection.destroy());
  try {
    await listen(server, `\0drydock/${name}`);
  } catch (error) {
    if (errnoOf(error) === "EADDRINUSE") return undefined;
    throw failure("CLUSTER_BUSY", `the lock ${name} cannot be taken: ${errnoOf(error)}`, { cause: error });
  }
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** Who has a lock: /proc/net/unix (proc_pid_net(5)) has the inode of its socket. Undefined when nobody has, or nobody that we may look into. */
export async function lockHolder(name: string): Promise<FoundProcess | undefined> {
  const line = readFileSync("/proc/net/unix", "utf8")
    .split("\n")
    .find((one) => one.endsWith(` @drydock/${name}`));
  const inode = line?.trim().split(/\s+/)[6];
  return inode === undefined ? undefined : socketOwner(inode);
}

/** Waits for a lock; throws CLUSTER_BUSY when it is not free after `timeoutMs`. */
export async function takeLock(name: string, timeoutMs: number, busy: string): Promise<Lock> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const lock = await tryLock(name);
    if (lock) return lock;
    if (performance.now() > deadline) {
      throw failure("CLUSTER_BUSY", busy, {
        hint: "try again when the other command has ended; drydock status shows what runs",
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function listen(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address, resolve);
  });
}
