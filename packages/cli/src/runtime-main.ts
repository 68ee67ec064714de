import { runtimeCommand } from "./commands/runtime.ts";
import { newProgram, parseProgram } from "./parse-program.ts";
import { runMain } from "./run-main.ts";

/**
 * `drydock runtime` alone, for bin/drydock-runtime: in a bundle of its own, since who calls an OCI runtime waits for its start-up each time.
 * Not awaited here: that bundle is CommonJS, which Node loads faster than modules.
 */
void runMain(async (args) => {
  const given = ["--version", "-v"].includes(args[0] ?? "") ? ["version"] : args;
  const runtime = await runtimeCommand(given);
  const program = newProgram().addCommand(
    runtime.description("make containers from OCI bundles, by system calls that can be seen"),
  );
  await parseProgram(program, ["runtime", ...given], "runtime");
});
