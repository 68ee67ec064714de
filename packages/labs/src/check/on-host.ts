import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { checkEnvironment } from "./environment.ts";
import { parseEvents } from "./event-lines.ts";
import type { CheckPlace } from "./run-check.ts";
import { sandboxCommand } from "./sandbox-script.ts";
import { makeTaskLimit } from "./task-limit.ts";

const ERRORS_KEPT = 4000;

/** In namespaces of its own on this machine; without any where the kernel refuses them to us. */
export const checkOnHost: CheckPlace = async ({ command, folder, limitMs, signal }) => {
  const isRoot = process.getuid?.() === 0;
  const contained = isRoot || (await userNamespacesWork());
  const limit = contained ? await makeTaskLimit() : undefined;
  const [file, args] = contained
    ? sandboxCommand({ folder, root: isRoot, ...(limit ? { cgroupProcs: limit.procs } : {}) }, command)
    : [command[0] as string, command.slice(1)];
  try {
    const child = spawn(file, args, {
      cwd: folder,
      // The sandbox reads what is in our cache of compiled code; it cannot write there.
      env: {
        ...checkEnvironment(),
        ...(process.env.NODE_COMPILE_CACHE ? { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE } : {}),
      },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const kill = (): void => {
      try {
        // The group's first process takes the pid namespace, and so everything in it, along.
        if (child.pid) process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended already.
      }
    };
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      kill();
    }, limitMs);
    signal?.addEventListener("abort", kill, { once: true });
    if (signal?.aborted) kill();
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      errors = (errors + chunk).slice(-ERRORS_KEPT);
    });
    const wasKilled = await new Promise<boolean>((resolve, reject) => {
      child.on("error", reject);
      // unshare ends with 128 + the signal of what it ran, or with the signal itself.
      child.on("close", (code, by) => resolve(by !== null || (code ?? 0) > 128));
    });
    clearTimeout(timer);
    signal?.removeEventListener("abort", kill);
    const how = timedOut ? "timeout" : wasKilled ? "killed" : "ended";
    return { events: parseEvents(output), how, contained, where: "host", errors };
  } finally {
    await limit?.remove();
  }
};

async function userNamespacesWork(): Promise<boolean> {
  try {
    await promisify(execFile)("unshare", ["--user", "--map-root-user", "--net", "true"]);
    return true;
  } catch {
    // Switched off on this machine (user.max_user_namespaces, AppArmor) or unshare is missing.
    return false;
  }
}
