import { closeSync } from "node:fs";
import { openProcess } from "@drydock/linux";
import { compileExec } from "../compile/compile-exec.ts";
import { stepFailed } from "../compile/explain-failure.ts";
import { validateProcess } from "../config/validate-config.ts";
import { observe } from "../state/observe.ts";
import type { DetachedExecRequest } from "../types.ts";
import { containerDirectory, type RuntimeContext } from "./context.ts";
import { execInput, isGone, notRunning } from "./enter.ts";
import { inheritedDescriptors } from "./inherited.ts";

/** See Lifecycle.execDetached: nothing of ours stays beside the new process. */
export async function execDetached(
  context: RuntimeContext,
  id: string,
  { process: given, stdio = "inherit", preserveFds = 0 }: DetachedExecRequest,
): Promise<number> {
  const config = validateProcess(given);
  const { state, record, process } = observe(id, containerDirectory(context, id));
  const container = state.status === "running" && process ? openProcess(process) : undefined;
  if (!process || container === undefined) throw notRunning(id, state.status);
  try {
    const program = compileExec({
      ...execInput(context, record, config, process),
      parent: "caller",
      streams: stdio === "inherit" ? "inherit" : "console",
      preserved: preserveFds,
    });
    const inherit = { container, ...inheritedDescriptors({ stdio, preserveFds }) };
    const report = await context.executor.launch(program, { inherit, title: `drydock-exec ${id}` });
    if (report.failure && isGone(report.failure)) throw notRunning(id, "stopped");
    if (report.failure) throw stepFailed(id, report, report.failure, config);
    const pid = report.messages[0] ?? 0;
    context.logger.debug({ id, pid }, "exec started");
    return pid;
  } finally {
    closeSync(container);
  }
}
