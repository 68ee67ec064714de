import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createRuntime } from "@drydock/runtime";
import type { RuntimeSubject } from "./runtime-subject.ts";

/** Our own runtime, by its records and the kernel. */
export class NativeSubject implements RuntimeSubject {
  readonly runtimeName = "drydock-native";
  #native = "";

  async start(directory: string): Promise<object> {
    this.#native = join(directory, "node-1", "native");
    return {};
  }

  async pids(): Promise<Map<string, number>> {
    const pids = new Map<string, number>();
    for (const id of readdirSync(this.#root).sort()) {
      const pid = pidIn(join(this.#root, id, "pid"));
      if (pid !== undefined && existsSync(`/proc/${pid}`) && !isZombie(pid)) pids.set(id, pid);
    }
    return pids;
  }

  async shims(prefix: string): Promise<number> {
    return execFileSync("ps", ["-eo", "args"], { encoding: "utf8" })
      .split("\n")
      .filter((line) => line.startsWith("drydock-shim") && line.includes(`.${prefix}`)).length;
  }

  async takenAddresses(): Promise<string[]> {
    return readdirSync(join(this.#native, "addresses"));
  }

  get #root(): string {
    return join(this.#native, "runtime");
  }

  async close(): Promise<void> {
    const runtime = createRuntime({ stateDir: this.#root });
    for (const { id } of await runtime.list()) await runtime.delete(id, { force: true });
  }
}

/** The runtime writes it as eight bytes, once the container has been forked. */
function pidIn(path: string): number | undefined {
  return existsSync(path) ? Number(readFileSync(path).readBigUInt64LE(0)) : undefined;
}

function isZombie(pid: number): boolean {
  return readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
}
