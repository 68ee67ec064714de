import { readStat } from "@drydock/linux";
import { needsGates } from "../hooks/kinds.ts";
import { observe, runningState } from "../state/observe.ts";
import { writeRecord } from "../state/record.ts";
import type { ContainerState, StartRequest } from "../types.ts";
import type { RuntimeContext } from "./context.ts";
import { create } from "./create.ts";
import { deleteContainer } from "./delete.ts";
import { cleanUp, launchContainer } from "./launch-container.ts";
import { start } from "./start.ts";

/** Starts a container; see Runtime.run. Without hooks there is nothing to wait for in between: one program, one launch. */
export async function run(context: RuntimeContext, request: StartRequest): Promise<ContainerState> {
  if (needsGates(request.config.hooks)) return createAndStart(context, request);
  const { id, directory, record, report } = await launchContainer(context, request);
  try {
    record.started = new Date().toISOString();
    const pid = report.messages[0];
    const stat = pid === undefined ? undefined : readStat(pid);
    if (stat) {
      record.pid = stat.pid;
      record.pidStartTime = stat.startTime;
    }
    writeRecord(directory, record);
    context.logger.debug({ id, pid, executor: context.executor.name }, "container started");
    return stat ? runningState(record, { pid: stat.pid, startTime: stat.startTime }) : observe(id, directory).state;
  } catch (error) {
    await cleanUp(context, directory, record);
    throw error;
  }
}

async function createAndStart(context: RuntimeContext, request: StartRequest): Promise<ContainerState> {
  await create(context, request);
  try {
    return await start(context, request.id);
  } catch (error) {
    await deleteContainer(context, request.id, { force: true });
    throw error;
  }
}
