import { chooseExecutor, type Executor } from "@drydock/linux";
import { createRuntime, type Lifecycle, type Runtime } from "@drydock/runtime";
import type { Command } from "commander";
import { failure } from "../errors.ts";
import { loggerOf } from "./log-file.ts";
import { stateDirOf } from "./places.ts";

/** The runtime on the state directory of this command line. */
export function openRuntime(command: Command, executor: Executor = chooseExecutor()): Runtime & Lifecycle {
  if (command.optsWithGlobals().systemdCgroup) {
    throw failure("CLI_USAGE", "--systemd-cgroup: cgroups are made by us, in the cgroup file system, not by systemd", {
      hint: "leave it out; with containerd set SystemdCgroup = false, with the kubelet cgroupDriver: cgroupfs",
    });
  }
  return createRuntime({ stateDir: stateDirOf(command), executor, logger: loggerOf(command) });
}
