import { cachedFilter, deviceProgram, findHierarchies, printDeviceProgram, printFilter } from "@drydock/linux";
import { deviceRules, filtersDevices } from "../compile/device-policy.ts";
import type { StartRequest } from "../types.ts";
import { prepare } from "./prepare.ts";

/** A program that a container has the kernel run, as a listing. */
export interface KernelProgram {
  name: "seccomp" | "devices";
  /** When the kernel runs it, in words. */
  when: string;
  /** One line an instruction. */
  listing: string;
}

/**
 * What `run` would load into the kernel for this container: the seccomp filter in classic BPF, the rules about devices in
 * eBPF. Nothing is loaded or started.
 */
export function kernelPrograms(request: StartRequest, places: { cgroup?: string }): KernelProgram[] {
  const prepared = prepare(request, findHierarchies());
  const programs: KernelProgram[] = [];
  const { seccomp } = prepared.config.linux ?? {};
  const cgroup = places.cgroup === undefined ? {} : { cgroup: places.cgroup };
  if (filtersDevices({ ...prepared, ...cgroup, directory: "" })) {
    programs.push({
      name: "devices",
      when: "for every device file that is opened or made in the container's cgroup",
      listing: printDeviceProgram(deviceProgram(deviceRules(prepared.config))),
    });
  }
  if (seccomp) {
    programs.push({
      name: "seccomp",
      when: "for every system call of the container's processes",
      listing: printFilter(cachedFilter(seccomp, { arch: prepared.arch })),
    });
  }
  return programs;
}
