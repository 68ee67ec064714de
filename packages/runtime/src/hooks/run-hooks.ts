import { readStatus } from "@drydock/linux";
import { failure } from "../errors.ts";
import type { RuntimeContext } from "../lifecycle/context.ts";
import type { ContainerRecord } from "../state/record.ts";
import type { ContainerStatus, Hook, HookKind } from "../types.ts";
import { insideContainer } from "./kinds.ts";
import { runInside } from "./run-inside.ts";
import { runOutside } from "./run-outside.ts";

export interface HookOccasion {
  kind: HookKind;
  record: ContainerRecord;
  status: ContainerStatus;
  /** The container's first process, by its pid on the host; 0 when it has ended. */
  pid: number;
}

/** How a hook ended. */
export interface HookEnd {
  /** `exit code 3`, `signal 9`, `no end within 2 s`; undefined: well. */
  problem?: string;
  /** What it said on its standard error, the end of it. */
  stderr: string;
}

/** Only these are told of in the log, and the container goes on (runtime-spec, runtime.md, Lifecycle). */
const mayFail: ReadonlySet<HookKind> = new Set(["poststart", "poststop"]);

/** Runs the hooks of one kind, one after the other. Throws RUNTIME_HOOK_FAILED with the first that fails. */
export async function runHooks(context: RuntimeContext, occasion: HookOccasion): Promise<void> {
  const { kind, record } = occasion;
  for (const [index, hook] of (record.hooks?.[kind] ?? []).entries()) {
    const end = await runHook(context, occasion, hook);
    if (end.problem === undefined) continue;
    const said = end.stderr.trim();
    const error = failure(
      "RUNTIME_HOOK_FAILED",
      `hooks.${kind}[${index}]: ${hook.path}: ${end.problem}${said ? `: ${said}` : ""}`,
      {
        details: { id: record.id, kind, index, path: hook.path, stderr: said },
        hint: `see hooks.${kind} in config.json`,
      },
    );
    if (!mayFail.has(kind)) throw error;
    context.logger.warn({ id: record.id, kind, index, path: hook.path, error: error.message }, "a hook failed");
  }
}

function runHook(context: RuntimeContext, occasion: HookOccasion, hook: Hook): Promise<HookEnd> {
  const inside = insideContainer.has(occasion.kind);
  const state = JSON.stringify(stateFor(occasion, inside));
  return inside ? runInside(context, occasion, hook, state) : runOutside(hook, state);
}

/** runtime-spec, runtime.md, State. In the container's namespaces its process has the pid that it has there. */
function stateFor({ record, status, pid }: HookOccasion, inside: boolean) {
  return {
    ociVersion: record.ociVersion,
    id: record.id,
    status,
    pid: inside ? (readStatus(pid).namespacePids.at(-1) ?? pid) : pid,
    bundle: record.bundle ?? "",
    annotations: record.annotations,
  };
}
