import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { constants } from "node:os";
import { pipeline } from "node:stream/promises";
import type { Engine } from "./engine.ts";
import { vmError } from "./errors.ts";

const CONTROLLERS = "/sys/fs/cgroup/cgroup.controllers";

/** No machine at all: the host itself has what a lab VM would give, cgroup v2 with its controllers. */
export const noneEngine: Engine = {
  name: "none",

  async unavailable() {
    try {
      const controllers = (await readFile(CONTROLLERS, "utf8")).split(/\s+/);
      const lacking = ["cpu", "memory", "pids"].filter((name) => !controllers.includes(name));
      return lacking.length === 0 ? undefined : `cgroup v2 on this host lacks ${lacking.join(", ")}`;
    } catch {
      return `this host has no cgroup v2 at /sys/fs/cgroup (${CONTROLLERS} cannot be read)`;
    }
  },

  async run(request) {
    const [file, ...args] = request.command;
    if (request.network) {
      throw vmError("VM_BAD_REQUEST", "the engine none is this host and cannot be one of several machines", {
        hint: "take the engine uml or qemu",
      });
    }
    if (!file) throw vmError("VM_BAD_REQUEST", "no command was given", { hint: "drydock vm run -- COMMAND" });
    const started = performance.now();
    const child = spawn(file, args, {
      cwd: request.cwd ?? "/",
      env: { PATH: process.env.PATH ?? "", HOME: "/root", TERM: process.env.TERM ?? "dumb", ...request.env },
      stdio: request.terminal ? "inherit" : ["ignore", "pipe", "pipe"],
      detached: !request.terminal,
      ...(request.timeoutMs === undefined ? {} : { timeout: request.timeoutMs }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
      killSignal: "SIGKILL",
    });
    const bootMs = performance.now() - started;
    const closed = new Promise<number>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    });
    const [exitCode] = await Promise.all([
      closed,
      child.stdout ? pipeline(child.stdout, request.stdout, { end: false }) : undefined,
      child.stderr ? pipeline(child.stderr, request.stderr, { end: false }) : undefined,
    ]);
    if (child.killed) {
      throw vmError("VM_TIMEOUT", `the command did not end within ${request.timeoutMs} ms and was killed`, {
        hint: "raise --timeout",
      });
    }
    return { exitCode, engine: "none", bootMs };
  },
};
