import { type MemoryBlock, memory, named, type Step, type SyscallProgram, seccompFlags } from "@drydock/linux";

/** A filter as it is installed: the instructions, and the flags argument of seccomp(2). */
export interface InstalledFilter {
  bytes: Buffer;
  flags: number;
}

const instructionSize = 8;
const block = "seccompFilter";

/** Struct sock_fprog { u16 count; struct sock_filter *instructions } for the step: to be merged into the program's memory. */
export function seccompMemory(filter: InstalledFilter | undefined): NonNullable<SyscallProgram["memory"]> {
  if (!filter) return {};
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(filter.bytes.length / instructionSize, 0);
  return { [block]: { bytes, addresses: [{ offset: 8, of: filter.bytes }] } satisfies MemoryBlock };
}

/**
 * Without no_new_privs the kernel lets only CAP_SYS_ADMIN install a filter, so it comes before capabilities are dropped,
 * and all calls that follow must pass it. With no_new_privs it is the last step before execve, which only has to let
 * through execve itself. The same places as in runc.
 */
export function seccompSteps(
  filter: InstalledFilter | undefined,
  place: "before capabilities are dropped" | "before execve",
  noNewPrivileges: boolean | undefined,
): Step[] {
  if (!filter || (place === "before execve") !== (noNewPrivileges === true)) return [];
  const count = filter.bytes.length / instructionSize;
  const reason = noNewPrivileges ? "as late as can be" : "while CAP_SYS_ADMIN is there, which it takes";
  return [
    {
      name: "seccomp",
      args: [named("SECCOMP_SET_MODE_FILTER", 1), flagNames(filter.flags), memory(block)],
      why: `linux.seccomp: from here on ${count} instructions of BPF decide about every system call; ${reason}`,
    },
  ];
}

function flagNames(value: number): ReturnType<typeof named> {
  const names = Object.entries(seccompFlags).flatMap(([name, bit]) => (bit !== 0 && (value & bit) === bit ? name : []));
  return named(names.join("|") || "0", value);
}
