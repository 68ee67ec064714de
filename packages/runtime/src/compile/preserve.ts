import { memory, named, type Operand, openFlags, type Step, type SyscallProgram, valueAt } from "@drydock/linux";
import { reportFd } from "./steps.ts";

/** Where the report pipe goes when descriptor 3 is to be the caller's. */
const reportPlace = 99;

/** For a program with handOnSteps: failures are reported through whatever descriptor the pipe has by then. */
export function movableReport(): Pick<SyscallProgram, "reportTo" | "memory"> {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(Number(reportFd.value), 0);
  return { reportTo: valueAt("reportFd"), memory: { reportFd: { bytes } } };
}

/** Descriptors of the caller become 3, 4 … of the container (as systemd hands on sockets), and all others go. */
export function handOnSteps(preserved: readonly Operand[]): Step[] {
  const first = Number(reportFd.value);
  return [
    {
      name: "dup3",
      args: [reportFd, reportPlace, named("O_CLOEXEC", openFlags.O_CLOEXEC)],
      why: "the report pipe makes room: 3 is to be the caller's",
      result: memory("reportFd"),
    },
    ...preserved.map(
      (fd, index): Step => ({
        name: "dup3",
        args: [fd, first + index, 0],
        why: `what the caller has as ${first + index}`,
      }),
    ),
    {
      name: "close_range",
      args: [first + preserved.length, reportPlace - 1, 0],
      why: "everything but the standard streams, what was handed on, and the report pipe",
    },
    { name: "close_range", args: [reportPlace + 1, named("~0", 0xffffffff), 0], why: "the same behind it" },
  ];
}
