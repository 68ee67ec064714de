import type { Architecture, SyscallProgram } from "@drydock/linux";
import { compile } from "../compile/compile.ts";
import type { CompileInput } from "../compile/compile-input.ts";
import { gatherFacts, streamSources, withoutImpossible } from "../compile/facts.ts";
import { invalid } from "../config/check.ts";
import { validateConfig } from "../config/validate-config.ts";
import type { RootSource, RuntimeConfig, StartRequest } from "../types.ts";

/** A request that was found to be sound, with what the host says about it. */
export type Prepared = Omit<CompileInput, "directory" | "cgroup" | "config"> & {
  config: RuntimeConfig;
  notEnforced: string[];
};

/** Checks a request and looks at the host for it; changes nothing. Throws RUNTIME_INVALID_CONFIG. */
export function prepare(request: StartRequest): Prepared {
  const asked = validateConfig(request.config);
  if (asked.process.terminal) {
    throw invalid("process.terminal", "a first process with a terminal is not supported", "use exec with a terminal");
  }
  const facts = gatherFacts(asked);
  return {
    id: request.id,
    ...withoutImpossible(asked, facts),
    root: rootOf(request, asked),
    streams: streamSources(request.stdio),
    firstProcess: request.pid1 === "reaper" ? "reaper" : "args",
    facts,
    arch: process.arch as Architecture,
  };
}

export function compilePrepared(prepared: Prepared, directory: string, cgroup: string | undefined): SyscallProgram {
  return compile({ ...prepared, directory, ...(cgroup === undefined ? {} : { cgroup }) });
}

/**
 * The program that `run` would run, to be printed with printPlan; nothing is started. `stateDir` and `cgroup` only
 * appear in paths.
 */
export function planContainer(request: StartRequest, places: { stateDir: string; cgroup?: string }): SyscallProgram {
  return compilePrepared(prepare(request), `${places.stateDir}/${request.id}`, places.cgroup);
}

function rootOf(request: StartRequest, config: RuntimeConfig): RootSource {
  const root: RootSource = request.root ?? { type: "directory", path: config.root.path };
  if (root.type !== "directory" && root.lower.length === 0) {
    throw invalid("root.lower", "is empty", "an overlay needs a layer");
  }
  for (const path of rootPaths(root)) {
    if (!path.startsWith("/")) throw invalid("root.path", `${path} is not an absolute path`);
  }
  return root;
}

function rootPaths(root: RootSource): string[] {
  if (root.type === "directory") return [root.path];
  return root.type === "overlay" ? [...root.lower, root.upper, root.work] : root.lower;
}
