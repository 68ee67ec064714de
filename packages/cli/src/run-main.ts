import { ExitStatus } from "./exit-status.ts";
import { endWithReader } from "./output/closed-pipe.ts";

/** What an entry point does around its command line: the text of an error, and the exit code. */
export async function runMain(run: (args: readonly string[]) => Promise<void>): Promise<void> {
  // Nothing is left to do then. Exiting here leaves out the orderly release of V8's heap, which takes 40 ms that nobody needs.
  process.once("beforeExit", () => process.exit());
  try {
    await run(process.argv.slice(2));
  } catch (error) {
    if (error instanceof ExitStatus) {
      process.exitCode = error.exitCode;
      return;
    }
    // Errors are rare: their text and table are loaded only now.
    const [{ errorText }, { exitCodeOf }] = await Promise.all([
      import("./output/error-text.ts"),
      import("./exit-codes.ts"),
    ]);
    endWithReader(process.stderr);
    process.stderr.write(errorText(error));
    process.exitCode = exitCodeOf(error);
  }
}
