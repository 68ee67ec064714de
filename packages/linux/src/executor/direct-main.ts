import { closeSync, readFileSync, writeSync } from "node:fs";
import { firstInherited } from "../ffi/spawn.ts";
import { syscall } from "../ffi/syscall.ts";
import { crashFrame } from "../program/report.ts";
import { interpret } from "./interpret.ts";
import { StepGate } from "./step-gate.ts";

// Entry point of the direct executor's process; the arguments are the descriptor of the image, and `run` or `step`.
try {
  const fd = Number(process.argv[2]);
  const image = readFileSync(fd);
  closeSync(fd);
  interpret(image, process.argv[3] === "step" ? new StepGate(fd + 1) : undefined);
} catch (error) {
  // The streams of this process lead nowhere, so what went wrong goes where failed steps go.
  writeSync(firstInherited, crashFrame(error instanceof Error ? (error.stack ?? error.message) : String(error)));
  // Not process.exit: after a fork Node would wait for threads that only its parent has.
  syscall("exit_group", 1);
}
