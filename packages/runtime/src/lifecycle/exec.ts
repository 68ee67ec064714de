import { validateProcess } from "../config/validate-config.ts";
import { observe } from "../state/observe.ts";
import type { ExecRequest, ExecSession } from "../types.ts";
import { containerDirectory, type RuntimeContext } from "./context.ts";
import { enter, notRunning } from "./enter.ts";

/** A new process in a running container; see Runtime.exec. */
export async function exec(context: RuntimeContext, id: string, request: ExecRequest): Promise<ExecSession> {
  const config = validateProcess(request.process);
  const { state, record, process } = observe(id, containerDirectory(context, id));
  if (state.status !== "running" || !process) throw notRunning(id, state.status);
  request.signal?.throwIfAborted();
  return enter(context, record, config, process, request.signal);
}
