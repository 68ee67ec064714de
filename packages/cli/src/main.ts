#!/usr/bin/env node
import { ExitStatus } from "./exit-status.ts";
import { endWithReader } from "./output/closed-pipe.ts";
import { runProgram } from "./program.ts";

endWithReader(process.stdout, process.stderr);
// Nothing is left to do then. Exiting here leaves out the orderly release of V8's heap, which takes 40 ms that nobody needs.
process.once("beforeExit", () => process.exit());
try {
  await runProgram(process.argv.slice(2));
} catch (error) {
  if (error instanceof ExitStatus) {
    process.exitCode = error.exitCode;
  } else {
    // Errors are rare: their text and table are loaded only now.
    const [{ errorText }, { exitCodeOf }] = await Promise.all([
      import("./output/error-text.ts"),
      import("./exit-codes.ts"),
    ]);
    process.stderr.write(errorText(error));
    process.exitCode = exitCodeOf(error);
  }
}
