import { spawn } from "node:child_process";
import { openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** What a service manager knows of a service; labs about broken machines keep one in `NAME/unit.json` of a directory. All but `exec` are paths. */
export interface ServiceUnit {
  /** The program and its words. One of them is `settings`. */
  exec: string[];
  /** What the service reads when it starts, JSON. */
  settings: string;
  /** Standard output and errors go to its end. */
  log: string;
  /** Number of the process that was started last, whether it lives or not. */
  pidFile: string;
}

const POLL_MS = 50;
const TERM_GRACE_MS = 3_000;

export function readUnit(directory: string, name: string): ServiceUnit {
  return JSON.parse(readFileSync(join(directory, name, "unit.json"), "utf8"));
}

/** The unit's process while it is there: never another one that has been given its number. */
export function pidOfUnit({ pidFile, settings }: ServiceUnit): number | undefined {
  try {
    const pid = Number(readFileSync(pidFile, "utf8"));
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(settings) ? pid : undefined;
  } catch {
    // Never started, or gone.
    return undefined;
  }
}

/** Starts it in a session of its own: it outlives us. */
export function startUnit(unit: ServiceUnit): void {
  const [program = "", ...words] = unit.exec;
  const log = openSync(unit.log, "a");
  const child = spawn(program, words, { detached: true, stdio: ["ignore", log, log] });
  writeFileSync(unit.pidFile, String(child.pid));
  child.unref();
}

/** SIGTERM, and SIGKILL for one that does not listen. Resolves when it is gone. */
export async function stopUnit(unit: ServiceUnit): Promise<void> {
  for (let waited = 0; ; waited += POLL_MS) {
    const pid = pidOfUnit(unit);
    if (pid === undefined) return;
    if (waited === 0) process.kill(pid, "SIGTERM");
    if (waited === TERM_GRACE_MS) process.kill(pid, "SIGKILL");
    await delay(POLL_MS);
  }
}
