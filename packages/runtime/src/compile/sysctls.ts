import {
  FSMOUNT_CLOEXEC,
  FSOPEN_CLOEXEC,
  flags,
  fsconfigCommands,
  openFlags,
  openHowSize,
  resultOf,
  type Step,
} from "@drydock/linux";
import { sysctlFile } from "../config/sysctl.ts";
import type { CompileInput } from "./compile-input.ts";
import { openHow, writeText } from "./steps.ts";

/**
 * linux.sysctl, through a proc of our own that is mounted nowhere: the container's /proc may be led astray by its mounts
 * (CVE-2025-52881).
 */
export function sysctlSteps({ config }: CompileInput): Step[] {
  const entries = Object.entries(config.linux?.sysctl ?? {});
  if (entries.length === 0) return [];
  return [
    {
      name: "fsopen",
      args: ["proc", FSOPEN_CLOEXEC],
      why: "a proc that nobody else sees, to write settings through",
      result: "filesystem",
    },
    {
      name: "fsconfig",
      args: [resultOf("filesystem"), flags(fsconfigCommands, "FSCONFIG_CMD_CREATE"), 0, 0, 0],
      why: "make it",
    },
    {
      name: "fsmount",
      args: [resultOf("filesystem"), FSMOUNT_CLOEXEC, 0],
      why: "as a mount that is nowhere",
      result: "proc",
    },
    ...entries.flatMap(([name, value]): Step[] => [
      {
        name: "openat2",
        args: [
          resultOf("proc"),
          `sys/${sysctlFile(name)}`,
          openHow("O_WRONLY", openFlags.O_WRONLY | openFlags.O_CLOEXEC, [
            "RESOLVE_BENEATH",
            "RESOLVE_NO_XDEV",
            "RESOLVE_NO_MAGICLINKS",
          ]),
          openHowSize,
        ],
        why: `linux.sysctl: ${name}`,
        result: "sysctl",
      },
      writeText(resultOf("sysctl"), value, `${name} = ${value}`),
    ]),
  ];
}
