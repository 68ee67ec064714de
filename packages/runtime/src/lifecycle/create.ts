import { readStat } from "@drydock/linux";
import { stepFailed } from "../compile/explain-failure.ts";
import { beforePivot } from "../hooks/kinds.ts";
import { runHooks } from "../hooks/run-hooks.ts";
import { writeLayout } from "../state/layout.ts";
import { observe } from "../state/observe.ts";
import { writeRecord } from "../state/record.ts";
import type { ContainerState, CreateRequest } from "../types.ts";
import type { RuntimeContext } from "./context.ts";
import { endedEarly, passGate } from "./gate.ts";
import { cleanUp, type Launched, launchContainer } from "./launch-container.ts";

/** Makes a container up to its last steps; see Lifecycle.create. */
export async function create(context: RuntimeContext, request: CreateRequest): Promise<ContainerState> {
  const { hooks } = request.config;
  const hasHooks = beforePivot.some((kind) => hooks?.[kind]?.length);
  const launched = await launchContainer(context, request, [...(hasHooks ? (["hooks"] as const) : []), "start"]);
  const { id, directory, record, report } = launched;
  try {
    if (hasHooks) await hooksBeforePivot(context, launched);
    writeLayout(directory, report.layout, launched.prepared.config.process);
    const stat = readStat(report.messages[0] ?? 0);
    if (!stat) throw endedEarly(id);
    record.pid = stat.pid;
    record.pidStartTime = stat.startTime;
    // With the pid in its record the container is created.
    writeRecord(directory, record);
    context.logger.debug({ id, pid: stat.pid, executor: context.executor.name }, "container created");
    return observe(id, directory).state;
  } catch (error) {
    await cleanUp(context, directory, record);
    throw error;
  }
}

/** runtime-spec, config.md, POSIX-platform Hooks: the container's mounts are there and the host's root is still its root. */
async function hooksBeforePivot(context: RuntimeContext, launched: Launched): Promise<void> {
  const { id, directory, record, report, prepared } = launched;
  for (const kind of beforePivot) {
    await runHooks(context, { kind, record, status: "creating", pid: report.messages[0] ?? 0 });
  }
  const rest = await passGate(id, directory, "hooks", report.layout);
  if (rest.failure) throw stepFailed(id, rest, rest.failure, prepared.config.process);
}
