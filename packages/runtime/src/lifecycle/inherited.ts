import { makeBlocking } from "@drydock/linux";
import { consoleSocket, preservedName } from "../compile/kept.ts";
import type { StartRequest } from "../types.ts";

/** The caller's descriptors that a program inherits, by the names that the program has for them. */
export function inheritedDescriptors({
  stdio,
  preserveFds = 0,
}: Pick<StartRequest, "stdio" | "preserveFds">): Record<string, number> {
  const preserved = Array.from({ length: preserveFds }, (_, index) => [preservedName(index), 3 + index] as const);
  return { ...streams(stdio), ...Object.fromEntries(preserved) };
}

function streams(stdio: StartRequest["stdio"]): Record<string, number> {
  if (stdio === "inherit") {
    for (const fd of [0, 1, 2]) makeBlocking(fd);
    return { stdin: 0, stdout: 1, stderr: 2 };
  }
  if (stdio !== undefined && "descriptors" in stdio) {
    const [stdin, stdout, stderr] = stdio.descriptors;
    return { stdin, stdout, stderr };
  }
  return stdio !== undefined && "console" in stdio ? { [consoleSocket]: stdio.console } : {};
}
