import {
  ambientOperations,
  type CapabilityName,
  capabilityData,
  capabilityHeader,
  capabilityMask,
  capabilityNames,
  flags,
  isCapabilityName,
  isRlimitName,
  named,
  type Operand,
  octal,
  openFlags,
  openHowSize,
  prctlOperations,
  resultOf,
  rlimitBytes,
  rlimitNumbers,
  type Step,
  signalNumbers,
  struct,
  texts,
} from "@drydock/linux";
import type { ProcessConfig } from "../types.ts";
import { handOnSteps } from "./preserve.ts";
import { prioritySteps } from "./scheduling.ts";
import { type InstalledFilter, seccompSteps } from "./seccomp.ts";
import { atCwd, openHow, reportFd } from "./steps.ts";

/** Where a program without a slash is looked for when the environment has no PATH; the same as in runc and crun. */
export const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const signalSetSize = 8;

export interface ProcessOptions {
  /** Descriptors that the process gets as 3, 4, 5 … */
  preserved?: readonly Operand[];
  /** False in a user namespace in which the kernel forbids setgroups(2): see /proc/PID/setgroups. */
  setgroups?: boolean;
  seccomp?: InstalledFilter | undefined;
}

/** From "inside the container's root" to the container's own code: identity and limits of the process, then execve. */
export function processSteps(
  process: ProcessConfig,
  permitted: bigint,
  { preserved = [], setgroups = true, seccomp }: ProcessOptions = {},
): Step[] {
  return [
    ...(preserved.length > 0 ? handOnSteps(preserved) : closeSteps()),
    ...rlimitSteps(process),
    ...prioritySteps(process),
    ...workingDirectorySteps(process.cwd),
    ...signalSteps(),
    ...seccompSteps(seccomp, "before capabilities are dropped", process.noNewPrivileges),
    ...identitySteps(process, permitted, setgroups),
    ...seccompSteps(seccomp, "before execve", process.noNewPrivileges),
    ...executeSteps(process),
  ];
}

/** No descriptor of the host reaches the container (CVE-2024-21626), and none is left for the calls from here on. */
function closeSteps(): Step[] {
  return [
    {
      name: "close_range",
      args: [4, named("~0", 0xffffffff), 0],
      why: "everything but the standard streams and the report pipe: no descriptor of the host gets into the container",
    },
  ];
}

/**
 * As root: the user may not be allowed to get there step by step. No link of /proc to an open file is followed: with a
 * standard stream that is a directory of the host, or an image that can name one, it would lead there (CVE-2024-21626).
 */
function workingDirectorySteps(path: string): Step[] {
  const how = openHow("O_PATH", openFlags.O_PATH | openFlags.O_CLOEXEC, ["RESOLVE_NO_MAGICLINKS"]);
  return [
    { name: "openat2", args: [atCwd, path, how, openHowSize], why: "process.cwd", result: "cwd" },
    { name: "fchdir", args: [resultOf("cwd")], why: "process.cwd is where the process begins" },
  ];
}

function rlimitSteps(process: ProcessConfig): Step[] {
  return (process.rlimits ?? []).flatMap(({ type, soft, hard }) =>
    isRlimitName(type)
      ? [
          {
            name: "prlimit64",
            args: [0, named(type, rlimitNumbers[type]), struct(rlimitBytes(soft, hard), `{${soft}, ${hard}}`), 0],
            why: `process.rlimits: ${type}`,
          } satisfies Step,
        ]
      : [],
  );
}

/** Node ignores SIGPIPE, and an ignored signal stays ignored across execve. */
function signalSteps(): Step[] {
  const defaultAction = struct(Buffer.alloc(32), "{SIG_DFL}");
  return [
    ...(["SIGPIPE", "SIGXFSZ"] as const).map(
      (name): Step => ({
        name: "rt_sigaction",
        args: [named(name, signalNumbers[name]), defaultAction, 0, signalSetSize],
        why: `${name} has its default effect: a runtime that ignores it would hand that down`,
      }),
    ),
    {
      name: "rt_sigprocmask",
      args: [named("SIG_SETMASK", 2), struct(Buffer.alloc(signalSetSize), "{}"), 0, signalSetSize],
      why: "no signal is blocked",
    },
  ];
}

function identitySteps(process: ProcessConfig, permitted: bigint, setgroups: boolean): Step[] {
  const user = process.user ?? { uid: 0, gid: 0 };
  const sets = capabilitySets(process, permitted);
  const groups = user.additionalGids ?? [];
  const groupBytes = Buffer.alloc(Math.max(8, groups.length * 4));
  for (const [index, gid] of groups.entries()) groupBytes.writeUInt32LE(gid, index * 4);
  const data = capabilityData(sets);
  const dropped = capabilityNames.filter((_, number) => !((sets.bounding >> BigInt(number)) & 1n));
  return [
    ...(process.user && process.user.uid !== 0
      ? [0, 1, 2].map(
          (fd): Step => ({
            name: "fchown",
            args: [fd, user.uid, -1],
            why: "the user may open /dev/stdout and its like again",
            onError: { ignore: "any" },
          }),
        )
      : []),
    ...dropped.map(
      (name): Step => ({
        name: "prctl",
        args: [prctl("PR_CAPBSET_DROP"), capability(name), 0, 0, 0],
        why: `${name} cannot be gained again, not even through a setuid program`,
        onError: { ignore: "EINVAL" },
      }),
    ),
    {
      name: "prctl",
      args: [prctl("PR_SET_KEEPCAPS"), 1, 0, 0, 0],
      why: "keep the permitted capabilities while the user changes",
    },
    ...(setgroups
      ? [
          {
            name: "setgroups",
            args: [groups.length, struct(groupBytes, `[${groups.join(", ")}]`)],
            why:
              groups.length === 0
                ? "no supplementary groups: those of the caller are not the container's"
                : "process.user.additionalGids",
          } satisfies Step,
        ]
      : []),
    { name: "setresgid", args: [user.gid, user.gid, user.gid], why: "process.user.gid" },
    { name: "setresuid", args: [user.uid, user.uid, user.uid], why: "process.user.uid" },
    { name: "umask", args: [octal(user.umask ?? 0o022)], why: "process.user.umask" },
    {
      name: "capset",
      args: [struct(capabilityHeader(), "{v3}"), struct(data, capabilityText(sets))],
      why: "effective, permitted and inheritable capabilities",
    },
    {
      name: "prctl",
      args: [prctl("PR_CAP_AMBIENT"), flags(ambientOperations, "PR_CAP_AMBIENT_CLEAR_ALL"), 0, 0, 0],
      why: "no ambient capabilities but those of the configuration",
    },
    ...sets.ambientNames.map(
      (name): Step => ({
        name: "prctl",
        args: [prctl("PR_CAP_AMBIENT"), flags(ambientOperations, "PR_CAP_AMBIENT_RAISE"), capability(name), 0, 0],
        why: `${name} is kept across execve of an ordinary program`,
      }),
    ),
    ...(process.noNewPrivileges
      ? [
          {
            name: "prctl",
            args: [prctl("PR_SET_NO_NEW_PRIVS"), 1, 0, 0, 0],
            why: "process.noNewPrivileges: setuid programs have no effect",
          } satisfies Step,
        ]
      : []),
  ];
}

/** execve, once for each directory of PATH: the search happens inside the container's root and as its user. */
function executeSteps(process: ProcessConfig): Step[] {
  const environment = process.env ?? [];
  const candidates = executableCandidates(process);
  return candidates.map((path, index) => {
    const last = index === candidates.length - 1;
    return {
      name: "execve",
      args: [path, texts(process.args), texts(environment)],
      why:
        candidates.length === 1
          ? "process.args: the container's own code from here on"
          : `process.args[0] in ${path.slice(0, path.lastIndexOf("/"))}?`,
      result: `execve ${path}`,
      ...(last ? {} : { onError: { ignore: "any" } as const }),
    };
  });
}

/** Paths at which the program may be, in the order of the search. */
export function executableCandidates(process: ProcessConfig): string[] {
  const program = process.args[0] ?? "";
  if (program.includes("/")) return [program];
  const path = searchPath(process);
  const directories = [...new Set(path.split(":").map((directory) => directory || "."))];
  return directories.map((directory) => `${directory.replace(/\/$/, "")}/${program}`);
}

/** The PATH that is searched: the container's own. */
export function searchPath(process: ProcessConfig): string {
  return (process.env ?? []).findLast((one) => one.startsWith("PATH="))?.slice(5) || defaultPath;
}

interface CapabilitySets {
  bounding: bigint;
  effective: bigint;
  permitted: bigint;
  inheritable: bigint;
  ambientNames: CapabilityName[];
}

/** What this process does not have itself it cannot hand on; facts.ts says so in `notEnforced`. */
function capabilitySets(process: ProcessConfig, permitted: bigint): CapabilitySets {
  const set = (names: readonly string[] | undefined): bigint =>
    capabilityMask((names ?? []).filter(isCapabilityName)) & permitted;
  const sets = process.capabilities ?? {};
  // The kernel refuses the others (capabilities(7)); facts.ts says so.
  const ambient = set(sets.ambient) & set(sets.permitted) & set(sets.inheritable);
  return {
    bounding: set(sets.bounding),
    effective: set(sets.effective),
    permitted: set(sets.permitted),
    inheritable: set(sets.inheritable),
    ambientNames: capabilityNames.filter((name) => ambient & capabilityMask([name])),
  };
}

function capabilityText(sets: CapabilitySets): string {
  const hex = (mask: bigint): string => `0x${mask.toString(16)}`;
  return `{effective ${hex(sets.effective)}, permitted ${hex(sets.permitted)}, inheritable ${hex(sets.inheritable)}}`;
}

function prctl(name: keyof typeof prctlOperations): Operand {
  return named(name, prctlOperations[name]);
}

function capability(name: CapabilityName): Operand {
  return named(name, capabilityNames.indexOf(name));
}

/** The report pipe must not outlive execve: its end is how the caller learns of success. */
export function sealReport(): Step {
  return {
    name: "fcntl",
    args: [reportFd, named("F_SETFD", 2), named("FD_CLOEXEC", 1)],
    why: "the report pipe closes on execve: that is the sign of success",
  };
}
