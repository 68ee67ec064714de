import { Writable } from "node:stream";
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

/** In the same sandbox, in a lab VM. Its files are this host's; the learner's folder alone is shared for writing. */
export const checkInVm: CheckPlace = async ({ command, folder, limitMs, signal }) => {
  const output = new Collector(Number.POSITIVE_INFINITY);
  const errors = new Collector(ERRORS_KEPT);
  const [file, args] = sandboxCommand({ folder, root: true }, command);
  const engine = await chooseEngine();
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
        env: checkEnvironment(),
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
