import { named, openFlags, resultOf, type Step } from "@drydock/linux";
import { atCwd, writeText } from "./steps.ts";

/**
 * cgroup v1 has no way to be born in a cgroup: the process moves there itself, before it does anything that counts and
 * while the host's hierarchies are in sight.
 */
export function joinLegacyCgroups(directories: readonly string[] = []): Step[] {
  return directories.flatMap((directory) => [
    {
      name: "openat",
      args: [atCwd, `${directory}/cgroup.procs`, named("O_WRONLY|O_CLOEXEC", openFlags.O_WRONLY | openFlags.O_CLOEXEC)],
      why: "a cgroup v1 hierarchy that holds a controller of which the container has a limit",
      result: "procs",
    } satisfies Step,
    writeText(resultOf("procs"), "0", "move there"),
    { name: "close", args: [resultOf("procs")], why: "it is done" } satisfies Step,
  ]);
}
