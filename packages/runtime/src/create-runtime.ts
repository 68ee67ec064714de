import { accessSync, constants } from "node:fs";
import { resolve } from "node:path";
import { type Logger, silentLogger } from "@drydock/kit";
import { chooseExecutor, type Executor, findHierarchies } from "@drydock/linux";
import { containerDirectory, type RuntimeContext } from "./lifecycle/context.ts";
import { create } from "./lifecycle/create.ts";
import { deleteContainer } from "./lifecycle/delete.ts";
import { exec } from "./lifecycle/exec.ts";
import { execDetached } from "./lifecycle/exec-detached.ts";
import { kill } from "./lifecycle/kill.ts";
import { oomKillsOf, pause, processes, resume, stats, update } from "./lifecycle/limits.ts";
import { list } from "./lifecycle/list.ts";
import { run } from "./lifecycle/run.ts";
import { start } from "./lifecycle/start.ts";
import { wait } from "./lifecycle/wait.ts";
import { observe } from "./state/observe.ts";
import { Starter } from "./thread/starter.ts";
import type { Lifecycle, Runtime } from "./types.ts";

export interface RuntimeOptions {
  /** One directory per container below it; any number of processes may use the same. */
  stateDir: string;
  /** Directory of a cgroup2 hierarchy or a cgroup in it; the mounted hierarchy's root when left out. */
  cgroupRoot?: string;
  /** How syscall programs are run; the machine's default when left out. */
  executor?: Executor;
  logger?: Logger;
  /**
   * Containers are started by a thread of their own, for a process whose event loop has other things to do: about a fifth of a
   * millisecond is left here. The executor may then be nativeExecutor or directExecutor.
   */
  ownThread?: boolean;
  /** Of a process that does one thing and ends: what it could use again is kept in the state directory, not in memory. */
  forCommand?: boolean;
}

/** A Runtime on this kernel. Nothing but the thread of `ownThread` is started or loaded before the first operation. */
export function createRuntime(options: RuntimeOptions): Runtime & Lifecycle {
  const hierarchies = findHierarchies();
  const cgroupMount = hierarchies.unified;
  const context: RuntimeContext = {
    stateDir: resolve(options.stateDir),
    hierarchies,
    cgroupMount,
    cgroupRoot: options.cgroupRoot ?? ownCgroups(cgroupMount),
    executor: options.executor ?? chooseExecutor(),
    logger: options.logger ?? silentLogger,
    forCommand: options.forCommand ?? false,
    waiters: new Map(),
  };
  const starter = options.ownThread ? starterOf(context, options) : undefined;
  return {
    run: (request) => starter?.call("run", request) ?? run(context, request),
    state: async (id) => observe(id, containerDirectory(context, id)).state,
    list: async () => list(context),
    exec: (id, request) => exec(context, id, request),
    kill: async (id, signal, killOptions = {}) => kill(context, id, signal, killOptions),
    delete: (id, deleteOptions = {}) => deleteContainer(context, id, deleteOptions),
    wait: async (id, signal) => wait(context, id, signal),
    create: (request) => starter?.call("create", request) ?? create(context, request),
    start: (id) => start(context, id),
    pause: (id) => pause(context, id),
    resume: (id) => resume(context, id),
    update: async (id, resources) => update(context, id, resources),
    stats: async (id) => stats(context, id),
    oomKills: async (id) => oomKillsOf(context, id),
    processes: async (id) => processes(context, id),
    execDetached: (id, request) => execDetached(context, id, request),
  };
}

function starterOf({ stateDir, executor, logger }: RuntimeContext, { cgroupRoot }: RuntimeOptions): Starter {
  const places = { stateDir, ...(cgroupRoot === undefined ? {} : { cgroupRoot }) };
  return new Starter({ ...places, executor: executor.name }, logger);
}

/** Cgroups are root's; an ordinary user has those that somebody gave to it, by the owner of their directory. */
function ownCgroups(mount: string | undefined): string | undefined {
  if (mount === undefined || process.geteuid?.() === 0) return mount;
  try {
    accessSync(mount, constants.W_OK);
    return mount;
  } catch {
    // Not writable: what it says is all that was asked.
    return undefined;
  }
}
