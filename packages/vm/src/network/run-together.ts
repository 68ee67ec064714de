import type { EngineName, VmRequest, VmResult } from "../engine.ts";
import { vmError } from "../errors.ts";
import { chooseMachine } from "../run-in-vm.ts";
import { networkPlaces } from "./plan.ts";
import { openSegment } from "./segment.ts";

/** One of several machines. `request.signal` is the group's; `request.network` is filled in here. */
export interface GroupMachine {
  name: string;
  engine?: EngineName;
  request: Omit<VmRequest, "network" | "signal">;
}

export interface GroupOptions {
  /** The machine whose command decides: when it has ended, the others are switched off. Without it all commands run to their end. */
  until?: string;
  signal?: AbortSignal;
}

/**
 * Runs several machines on one private network: each has an address, finds the others by name, and reaches nobody else. They come up at
 * their own pace: a command that needs another machine waits for it. Returns the result of each machine, by name; those that were switched off because of
 * `until` are missing. The first machine that fails to boot or runs out of time ends all. Codes: those of Engine, VM_NETWORK_FAILED.
 */
export async function runTogether(
  machines: readonly GroupMachine[],
  options: GroupOptions = {},
): Promise<Map<string, VmResult>> {
  const places = networkPlaces(machines.map(({ name }) => name));
  if (options.until !== undefined && !machines.some(({ name }) => name === options.until)) {
    throw vmError("VM_BAD_REQUEST", `no machine is called ${options.until}`, {
      hint: `machines: ${machines.map(({ name }) => name).join(", ")}`,
    });
  }
  const engines = await Promise.all(machines.map(({ engine }) => chooseMachine(engine)));
  const segment = await openSegment(places);
  const results = new Map<string, VmResult>();
  const end = new AbortController();
  const decided = new Error("the machine that decides has ended");
  const signal = options.signal ? AbortSignal.any([options.signal, end.signal]) : end.signal;
  const runOne = async ({ name, request }: GroupMachine, at: number): Promise<void> => {
    const self = places[at];
    if (!self) return;
    const network = { self, everybody: places, netns: segment.netns };
    try {
      const result = await engines[at]?.run({ ...request, network, signal });
      if (result) results.set(name, result);
      if (name === options.until) end.abort(decided);
    } catch (error) {
      if (error === decided) return;
      end.abort(error);
      throw error;
    }
  };
  try {
    // All have ended before the first error goes up: nobody is left to use the segment.
    const settled = await Promise.allSettled(machines.map(runOne));
    options.signal?.throwIfAborted();
    if (settled.some(({ status }) => status === "rejected")) throw end.signal.reason;
    return results;
  } finally {
    await segment.close();
  }
}
