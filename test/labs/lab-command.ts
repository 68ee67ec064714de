/** `drydock lab` as a learner types it. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

const drydock = resolve(import.meta.dirname, "../../drydock");

export interface Outcome {
  code: number;
  out: string;
  err: string;
}

function environment(home: string): NodeJS.ProcessEnv {
  return { ...process.env, DRYDOCK_LABS_HOME: home, NO_COLOR: "1" };
}

export function lab(home: string, ...args: string[]): Promise<Outcome> {
  return new Promise((done) => {
    execFile(drydock, ["lab", ...args], { env: environment(home) }, (error, out, err) =>
      done({ code: error ? Number(error.code ?? -1) : 0, out, err }),
    );
  });
}

export function startLabCommand(home: string, ...args: string[]): ChildProcess {
  return spawn(drydock, ["lab", ...args], { env: environment(home), stdio: "ignore" });
}

/** Processes other than this one that name `text` in their command line. */
export function processesNaming(text: string): number[] {
  return readdirSync("/proc")
    .filter((pid) => {
      if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return false;
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(text);
      } catch {
        // It has ended since.
        return false;
      }
    })
    .map(Number);
}

/** Asks every 20 ms, for at most 30 s. */
export async function until(probe: () => boolean): Promise<boolean> {
  for (let attempt = 0; attempt < 1500; attempt++) {
    if (probe()) return true;
    await new Promise((done) => setTimeout(done, 20));
  }
  return false;
}
