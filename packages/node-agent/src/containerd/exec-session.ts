import { finished } from "node:stream/promises";
import type { ContainerdProcess } from "@drydock/containerd";
import type { ExecSession } from "@drydock/runtime";

/** Output that comes later than this after the command's end is not waited for: a child of it may hold its output open for ever. */
const lingerMs = 300;

/** A process that containerd started, as the port has it: when it is said to have ended, its output is there. */
export function execSession(process: ContainerdProcess): ExecSession {
  const outputs = [process.stdout, ...(process.stderr ? [process.stderr] : [])].map((stream) =>
    // Destroyed by its reader: nobody waits for the rest.
    finished(stream).catch(() => {}),
  );
  return {
    ...process,
    exit: process.exit.then(async (exit) => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, lingerMs);
      });
      await Promise.race([Promise.all(outputs), late]);
      clearTimeout(timer);
      return exit;
    }),
  };
}
