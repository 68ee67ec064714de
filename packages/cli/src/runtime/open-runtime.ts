import { chooseForCommand } from "@drydock/linux";
import { createRuntime, type Lifecycle, type Runtime, type RuntimeOptions } from "@drydock/runtime";
import type { Command } from "commander";
import { failure } from "../errors.ts";
import { loggerOf } from "./log-file.ts";
import { stateDirOf } from "./places.ts";

/** The runtime on the state directory of this command line, for a command that does one thing and ends unless `options` say otherwise. */
export function openRuntime(command: Command, options: Partial<RuntimeOptions> = {}): Runtime & Lifecycle {
  if (command.optsWithGlobals().systemdCgroup) {
    throw failure("CLI_USAGE", "--systemd-cgroup: cgroups are made by us, in the cgroup file system, not by systemd", {
      hint: "leave it out; with containerd set SystemdCgroup = false, with the kubelet cgroupDriver: cgroupfs",
    });
  }
  return createRuntime({
    stateDir: stateDirOf(command),
    executor: chooseForCommand(),
    logger: loggerOf(command),
    forCommand: true,
    ...options,
  });
}
