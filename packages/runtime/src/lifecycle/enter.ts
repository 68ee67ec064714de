import { closeSync, existsSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import {
  capabilityMask,
  decodeWaitStatus,
  errnoNumber,
  openPipe,
  openProcess,
  type ProcessIdentity,
  personalities,
  readStat,
  readStatus,
  readToEnd,
  readUnifiedCgroup,
  type StepFailure,
  signalProcess,
} from "@drydock/linux";
import { compileExec, type ExecInput } from "../compile/compile-exec.ts";
import { stepFailed } from "../compile/explain-failure.ts";
import { labelFilesFor } from "../config/security-labels.ts";
import { failure } from "../errors.ts";
import type { ContainerRecord } from "../state/record.ts";
import { readFilter } from "../state/seccomp-file.ts";
import type { ContainerStatus, ExecSession, ProcessConfig } from "../types.ts";
import { containerDirectory, type RuntimeContext } from "./context.ts";
import { execStreams } from "./exec-streams.ts";

/** What is told when the session's parent was killed and nobody saw the end. */
const unknownEnd = { code: 255 };

/**
 * A new process in the namespaces of `process`, the first of the container. Throws RUNTIME_BAD_STATE when that one
 * is gone, RUNTIME_STEP_FAILED when the new one cannot be started.
 */
export async function enter(
  context: RuntimeContext,
  record: ContainerRecord,
  config: ProcessConfig,
  process: ProcessIdentity,
  signal?: AbortSignal,
): Promise<ExecSession> {
  const { id } = record;
  const container = openProcess(process);
  if (container === undefined) throw notRunning(id, "stopped");
  const opened: (() => void)[] = [() => closeSync(container)];
  try {
    const input = execInput(context, record, config, process);
    const streams = execStreams(config, process.pid);
    opened.push(() => streams.closeInherited());
    const caller = openPipe({ nonblocking: true });
    const status = openPipe();
    opened.push(
      () => closeSync(caller.read),
      () => closeSync(status.write),
    );
    const abandon = (): void => {
      streams.discard();
      closeSync(caller.write);
      closeSync(status.read);
    };
    try {
      const inherit = { container, caller: caller.read, status: status.write, ...streams.inherit };
      const report = await context.executor.launch(compileExec(input), { inherit, title: `drydock-exec ${id}` });
      if (report.failure && isGone(report.failure)) throw notRunning(id, "stopped");
      if (report.failure) throw stepFailed(id, report, report.failure, config);
      const session = { ...streams.open(), pid: report.messages[0] ?? 0 };
      context.logger.debug({ id, pid: session.pid }, "exec started");
      return followSession(session, { caller: caller.write, status: status.read }, signal);
    } catch (error) {
      abandon();
      throw error;
    }
  } finally {
    for (const close of opened) close();
  }
}

/** What the program of an exec depends on, looked up. */
export function execInput(
  context: RuntimeContext,
  record: ContainerRecord,
  process: ProcessConfig,
  container: ProcessIdentity,
): ExecInput {
  const permitted = readStatus("self").capabilities.permitted;
  const own = Number(readFileSync("/proc/self/oom_score_adj", "utf8"));
  const wanted = process.oomScoreAdj ?? Number(readFileSync(`/proc/${container.pid}/oom_score_adj`, "utf8"));
  const maySet = wanted > own || (wanted < own && (permitted & capabilityMask(["CAP_SYS_RESOURCE"])) !== 0n);
  const cgroup = readUnifiedCgroup(container.pid);
  const isOther = (namespace: string): boolean =>
    readlinkSync(`/proc/${container.pid}/ns/${namespace}`) !== readlinkSync(`/proc/self/ns/${namespace}`);
  const joinUser = isOther("user");
  const rootless = globalThis.process.geteuid?.() !== 0;
  const is32 =
    (Number.parseInt(readFileSync(`/proc/${container.pid}/personality`, "utf8"), 16) & personalities.LINUX32) !== 0;
  const labels = labelFilesFor(process, undefined);
  return {
    id: record.id,
    ...(labels ? { labels } : {}),
    keepKeyring: record.keepKeyring ?? false,
    seccomp: readFilter(containerDirectory(context, record.id)),
    process,
    joinUser,
    ...(isOther("mnt") ? {} : { root: `/proc/${container.pid}/root` }),
    // Kernels that were built without have no such file.
    joinTime: existsSync("/proc/self/ns/time") && isOther("time"),
    rootless,
    setgroups: !joinUser || readFileSync(`/proc/${container.pid}/setgroups`, "utf8").trim() !== "deny",
    ...(is32 ? { personality: "LINUX32" } : {}),
    permitted: joinUser ? 0xffffffffffffffffn : permitted,
    // An ordinary user's container has no cgroup of its own, and nobody may be born in another's.
    ...(cgroup === undefined || context.cgroupMount === undefined || (rootless && record.cgroup === undefined)
      ? {}
      : { cgroup: join(context.cgroupMount, cgroup) }),
    legacyCgroups: Object.values(record.legacyCgroups ?? {}),
    ...(maySet ? { oomScoreAdj: wanted } : {}),
  };
}

/** The session from here on: its end is what its parent writes into the status pipe, or that the parent is gone. */
function followSession(
  streams: Omit<ExecSession, "kill" | "exit">,
  pipes: { caller: number; status: number },
  signal: AbortSignal | undefined,
): ExecSession {
  const startTime = readStat(streams.pid)?.startTime;
  let held = true;
  const letGo = (): void => {
    if (held) closeSync(pipes.caller);
    held = false;
  };
  signal?.addEventListener("abort", letGo, { once: true });
  const exit = readToEnd(pipes.status).then((bytes) => {
    signal?.removeEventListener("abort", letGo);
    letGo();
    return bytes.length < 4 ? unknownEnd : decodeWaitStatus(bytes.readUInt32LE(0));
  });
  return {
    ...streams,
    exit,
    kill(number) {
      if (held && startTime !== undefined) signalProcess({ pid: streams.pid, startTime }, number);
    },
  };
}

export function notRunning(id: string, status: ContainerStatus) {
  return failure("RUNTIME_BAD_STATE", `container ${id} is ${status}, not running`, {
    details: { id, status },
    ...(status === "paused" ? { hint: "resume it first" } : {}),
  });
}

/** The container ended while its namespaces were being joined. */
export function isGone({ failed, errno }: StepFailure): boolean {
  return failed.step.name === "setns" && errno === errnoNumber("ESRCH");
}
