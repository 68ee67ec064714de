import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "@drydock/kit";
import { signalNumbers, signalProcess } from "@drydock/linux";
import { stepFailed } from "../compile/explain-failure.ts";
import { failure } from "../errors.ts";
import { runHooks } from "../hooks/run-hooks.ts";
import { readLayout, removeLayout } from "../state/layout.ts";
import { observe } from "../state/observe.ts";
import { writeRecord } from "../state/record.ts";
import type { ContainerState } from "../types.ts";
import { containerDirectory, type RuntimeContext } from "./context.ts";
import { passGate } from "./gate.ts";

/** Lets a created container run; see Lifecycle.start. */
export async function start(context: RuntimeContext, id: string): Promise<ContainerState> {
  const directory = containerDirectory(context, id);
  const { state, record, process } = observe(id, directory);
  if (state.status !== "created" || !process) throw notCreated(id, state.status);
  claimStart(id, directory);
  const { pid } = process;
  try {
    await runHooks(context, { kind: "startContainer", record, status: "created", pid });
    const { layout, process: config } = readLayout(directory);
    const report = await passGate(id, directory, "start", layout);
    if (report.failure) throw stepFailed(id, report, report.failure, config);
  } catch (error) {
    // What did not start will not: its process must not wait for ever.
    signalProcess(process, signalNumbers.SIGKILL);
    throw error;
  }
  removeLayout(directory);
  record.started = new Date().toISOString();
  writeRecord(directory, record);
  context.logger.debug({ id, pid }, "container started");
  await runHooks(context, { kind: "poststart", record, status: "running", pid });
  return observe(id, directory).state;
}

/** Two starts of one container: the file decides which one it is. */
function claimStart(id: string, directory: string): void {
  try {
    closeSync(openSync(join(directory, "started"), "wx", 0o600));
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
    throw failure("RUNTIME_BAD_STATE", `container ${id} is being started already`, {
      details: { id, status: "created" },
      hint: "if the command that did so was killed: delete the container with force",
    });
  }
}

function notCreated(id: string, status: string) {
  return failure("RUNTIME_BAD_STATE", `container ${id} is ${status}, not created`, {
    details: { id, status },
    hint: "only a container that was created and not started yet can be started",
  });
}
