import { type LabelFiles, named, openFlags, resultOf, type Step } from "@drydock/linux";
import { wantedLabels } from "../config/security-labels.ts";
import type { ProcessConfig } from "../types.ts";
import { atCwd, writeText } from "./steps.ts";

interface Label {
  name: string;
  file: string;
  text: string;
  why: string;
}

/** In the host's /proc, which the container's may not be: a process can only write its own. */
export function openLabels(process: ProcessConfig, files: LabelFiles | undefined): Step[] {
  return labelsOf(process, files).map(({ name, file, why }) => ({
    name: "openat",
    args: [atCwd, file, named("O_WRONLY|O_CLOEXEC", openFlags.O_WRONLY | openFlags.O_CLOEXEC)],
    why,
    result: name,
  }));
}

/** They take effect on execve, and on no other step before it. */
export function writeLabels(process: ProcessConfig, files: LabelFiles | undefined): Step[] {
  return labelsOf(process, files).map(({ name, text, why }) => writeText(resultOf(name), text, why));
}

function labelsOf(process: ProcessConfig, { appArmor, seLinux }: LabelFiles = {}): Label[] {
  const wanted = wantedLabels(process);
  const labels: Label[] = [];
  if (wanted.appArmor !== undefined && appArmor !== undefined) {
    const why = "process.apparmorProfile: on execve AppArmor takes this profile";
    labels.push({ name: "appArmor", file: appArmor, text: `exec ${wanted.appArmor}`, why });
  }
  if (wanted.seLinux !== undefined && seLinux !== undefined) {
    const why = "process.selinuxLabel: on execve SELinux takes this label";
    labels.push({ name: "seLinux", file: seLinux, text: wanted.seLinux, why });
  }
  return labels;
}
