import { closeSync, constants, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "@drydock/kit";
import { type LaunchReport, parseReport, type ReportLayout, readToEnd } from "@drydock/linux";
import type { Gate } from "../compile/compile-input.ts";
import { gateFiles } from "../compile/kept.ts";
import { failure } from "../errors.ts";

/**
 * Lets the container's process go on from a gate, and gives what it reports until it has reached the next one or has
 * become the container's own code. Throws RUNTIME_BAD_STATE when it is gone.
 */
export async function passGate(id: string, directory: string, gate: Gate, layout: ReportLayout): Promise<LaunchReport> {
  const files = gateFiles(gate);
  // First, so that nothing that is reported can be missed.
  const report = openSync(join(directory, files.report), constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const go = openSync(join(directory, files.go), constants.O_WRONLY | constants.O_NONBLOCK);
    writeSync(go, Buffer.of(1));
    closeSync(go);
  } catch (error) {
    closeSync(report);
    // A FIFO that nobody reads: the process holds both ends as long as it waits.
    if (errnoOf(error) === "ENXIO") throw endedEarly(id);
    throw error;
  }
  return parseReport(await readToEnd(report), layout);
}

/** The process is gone that should wait at a gate. */
export function endedEarly(id: string) {
  return failure("RUNTIME_BAD_STATE", `container ${id} is stopped: its process ended before it was started`, {
    details: { id, status: "stopped" },
    hint: "delete it, and see what killed it: a limit, a signal, the end of the machine's memory",
  });
}
