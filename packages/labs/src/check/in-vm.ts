import { execFile } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { promisify } from "node:util";
import { hasCode } from "@drydock/kit";
import { chooseEngine, runInVm } from "@drydock/vm";
import { checkEnvironment } from "./environment.ts";
import { parseEvents } from "./event-lines.ts";
import type { CheckPlace } from "./run-check.ts";
import { sandboxCommand } from "./sandbox-script.ts";

const ERRORS_KEPT = 4000;
/** An emulated machine needs its time to boot, and Node in it to start. */
const PATIENCE = 3;
const BOOT_MS = 20_000;

/**
 * Node takes seconds in an emulated machine to take the types out of a check. Here it takes none: done before, without any step, the result is in a cache that
 * the machine sees, too.
 */
async function warmCache(command: readonly string[], steps: number): Promise<string> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "drydock", "labs");
  const [node = "", ...args] = command.slice(0, command.length - steps);
  await promisify(execFile)(node, args, { env: { ...checkEnvironment(), NODE_COMPILE_CACHE: cache } });
  return cache;
}

/** In the same sandbox, in a lab VM. Its files are this host's; the learner's folder alone is shared for writing. */
export const checkInVm: CheckPlace = async ({ command, steps, folder, limitMs, signal }) => {
  const output = new Collector(Number.POSITIVE_INFINITY);
  const errors = new Collector(ERRORS_KEPT);
  const [file, args] = sandboxCommand({ folder, root: true }, command);
  const [engine, cache] = await Promise.all([chooseEngine(), warmCache(command, steps)]);
  const ending = (how: "ended" | "killed" | "timeout") => ({
    events: parseEvents(output.text),
    how,
    contained: true,
    where: engine.name,
    errors: errors.text,
  });
  try {
    const { exitCode } = await runInVm(
      {
        command: [file, ...args],
        cwd: folder,
        env: { ...checkEnvironment(), NODE_COMPILE_CACHE: cache },
        shares: [{ path: folder }],
        timeoutMs: limitMs * PATIENCE + BOOT_MS,
        stdout: output,
        stderr: errors,
        ...(signal ? { signal } : {}),
      },
      engine.name,
    );
    return ending(exitCode > 128 ? "killed" : "ended");
  } catch (error) {
    if (hasCode(error, "VM_TIMEOUT")) return ending("timeout");
    throw error;
  }
};

class Collector extends Writable {
  text = "";
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    if (this.text.length > this.#most) this.text = this.text.slice(-this.#most);
    done();
  }
}
