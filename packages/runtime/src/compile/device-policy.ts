import {
  allowsEverything,
  attachAttributes,
  bpfCommands,
  cloneArgs,
  type DeviceRule,
  defaultDeviceRules,
  deviceProgram,
  encodeExtended,
  loadAttributes,
  memory,
  named,
  openFlags,
  resultOf,
  type Step,
  type SyscallProgram,
  struct,
  valueAt,
} from "@drydock/linux";
import type { RuntimeConfig } from "../types.ts";
import type { CompileInput } from "./compile-input.ts";

/**
 * Numbers that bpf(2) is given inside of a struct, where a result cannot be put: the cgroup, and the program to attach.
 * Below those of kept.ts, above all others.
 */
const places = { cgroup: 90, program: 91 } as const;

/**
 * The rules that are in force: those of the configuration, and behind them what every container may use. Without any,
 * everything else is denied: with CAP_MKNOD, which containers have, they could read the host's disks. As in runc.
 */
export function deviceRules(config: RuntimeConfig): DeviceRule[] {
  return [...(config.linux?.resources?.devices ?? []), ...defaultDeviceRules];
}

/** Whether a program is to decide about device files, and can. */
export function filtersDevices({ config, facts, cgroup }: CompileInput): boolean {
  return cgroup !== undefined && facts.deviceFilter === "program" && !allowsEverything(deviceRules(config));
}

export function devicePolicyMemory(input: CompileInput): NonNullable<SyscallProgram["memory"]> {
  if (!filtersDevices(input)) return {};
  return { deviceProgram: loadAttributes(encodeExtended(deviceProgram(deviceRules(input.config)))) };
}

/** In the shim, once the cgroup is open and before anybody is in it. The program goes when the cgroup goes. */
export function devicePolicySteps(input: CompileInput): Step[] {
  if (!filtersDevices(input)) return [];
  const rules = deviceRules(input.config);
  const count = deviceProgram(rules).length;
  const load = loadAttributes(Buffer.alloc(0)).bytes.length;
  const closeOnExec = named("O_CLOEXEC", openFlags.O_CLOEXEC);
  const attach = struct(
    attachAttributes(places.cgroup, places.program),
    `{target ${places.cgroup}, program ${places.program}, BPF_CGROUP_DEVICE, BPF_F_ALLOW_MULTI}`,
  );
  const again = "device.program";
  return [
    { name: "label", label: again, args: [], why: "where a load that a signal has interrupted begins anew" },
    {
      name: "bpf",
      args: [named("BPF_PROG_LOAD", bpfCommands.BPF_PROG_LOAD), memory("deviceProgram"), load],
      why: `linux.resources.devices: ${rules.length} rules about device files, as ${count} instructions of eBPF`,
      result: "program",
      // The verifier lets signals go first (kernel/bpf/verifier.c).
      onError: { jump: again, when: "EAGAIN" },
    },
    {
      name: "dup3",
      args: [resultOf("program"), places.program, closeOnExec],
      why: "to a number that is known, for the next but one",
    },
    {
      name: "dup3",
      args: [valueAt("cloneArguments", cloneArgs.cgroup), places.cgroup, closeOnExec],
      why: "the same for the cgroup",
    },
    {
      name: "bpf",
      args: [named("BPF_PROG_ATTACH", bpfCommands.BPF_PROG_ATTACH), attach, 16],
      why: "from here on the kernel asks the program about every device file that is opened or made in the cgroup",
    },
    {
      name: "close_range",
      args: [places.cgroup, places.program, 0],
      why: "the cgroup keeps the program; we need neither",
    },
    { name: "close", args: [resultOf("program")], why: "nor the number under which it was loaded" },
  ];
}
