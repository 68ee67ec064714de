import { type LabelFiles, labelFiles } from "@drydock/linux";
import type { LinuxConfig, ProcessConfig } from "../types.ts";
import { invalid } from "./check.ts";

/** The labels that a process asks for, without those that ask for nothing. */
export interface WantedLabels {
  appArmor?: string;
  seLinux?: string;
}

export function wantedLabels({ apparmorProfile, selinuxLabel }: ProcessConfig): WantedLabels {
  return {
    ...(apparmorProfile ? { appArmor: apparmorProfile } : {}),
    ...(selinuxLabel ? { seLinux: selinuxLabel } : {}),
  };
}

/** Where this kernel takes the labels of a process; undefined when none is asked for. Refuses by name what is not in force here. */
export function labelFilesFor(process: ProcessConfig, linux: LinuxConfig | undefined): LabelFiles | undefined {
  const { appArmor, seLinux } = wantedLabels(process);
  const mountLabel = linux?.mountLabel;
  if (appArmor === undefined && seLinux === undefined && !mountLabel) return undefined;
  const files = labelFiles();
  // What a kernel without AppArmor does with every process.
  if (appArmor !== undefined && appArmor !== "unconfined" && files.appArmor === undefined) {
    throw invalid(
      "process.apparmorProfile",
      `${appArmor}: AppArmor is not in force on this kernel`,
      "remove it: the process then runs unconfined by AppArmor",
    );
  }
  if (seLinux !== undefined && files.seLinux === undefined) {
    throw invalid(
      "process.selinuxLabel",
      "SELinux is not in force on this kernel",
      "remove it: the process then keeps the runtime's own label",
    );
  }
  if (mountLabel && files.seLinux === undefined) {
    throw invalid(
      "linux.mountLabel",
      "SELinux is not in force on this kernel",
      "remove it: the mounts then have no SELinux label",
    );
  }
  return files;
}
