import {
  cachedFilter,
  loopbackSteps,
  named,
  openFlags,
  prctlOperations,
  resultOf,
  type Step,
  type SyscallProgram,
} from "@drydock/linux";
import { hasMountNamespace } from "../config/mount-namespace.ts";
import { hasUserNamespace } from "../config/user-namespace.ts";
import type { CompileInput } from "./compile-input.ts";
import { copyUpMemory, needsCopyUp } from "./copy-up.ts";
import { deviceNodeSteps } from "./device-nodes.ts";
import { gateMemory, gateSteps } from "./gates.ts";
import { closeOthers, consoleSocket, kept, preservedDescriptors } from "./kept.ts";
import { joinKeyring } from "./keyring.ts";
import { joinLegacyCgroups } from "./legacy-cgroups.ts";
import { mountSteps } from "./mounts.ts";
import { joinMountSteps, joinSteps, newNamespaces, ownCgroupNamespace, ownTimeNamespace } from "./namespaces.ts";
import { movableReport } from "./preserve.ts";
import { processSteps, sealReport } from "./process.ts";
import { coverSteps, maskSteps, readonlyRootSteps, readonlySteps } from "./protect-paths.ts";
import { reaperSteps } from "./reaper.ts";
import { pivotSteps, rootSteps } from "./root.ts";
import { machineSteps } from "./scheduling.ts";
import { type InstalledFilter, seccompMemory } from "./seccomp.ts";
import { openLabels, writeLabels } from "./security-labels.ts";
import { mainProgram, shimProgram } from "./shim.ts";
import { earlySourceSteps, placeEarlySources } from "./source-steps.ts";
import { atCwd, DirectoryMaker, writeText } from "./steps.ts";
import { inheritStreams, streamSteps } from "./streams.ts";
import { sysctlSteps } from "./sysctls.ts";
import { bindConsole, openTerminal, sendTerminal, terminalMemory } from "./terminal.ts";
import { becomeRootSteps, deniesSetgroups } from "./user-namespaces.ts";

/**
 * A container as a program of system calls: main leaves the shim behind, the shim forks the container, the container
 * builds its own root and becomes the container's code. Pure: the host is looked at before (facts.ts), the program is
 * run after (an executor of linux). The configuration is expected to be valid (validate-config.ts).
 */
export function compile(input: CompileInput): SyscallProgram {
  return mainProgram(shimProgram(input, containerProgram(input)));
}

function containerProgram(input: CompileInput): SyscallProgram {
  const directories = new DirectoryMaker(input.arch);
  const { rootless } = input.facts;
  // The first process of a node is ours, and only waits; what is run in the node later gets the filter.
  const seccomp = input.firstProcess === "args" ? filterOf(input) : undefined;
  const { process } = input.config;
  const { labels } = input.facts;
  const own = [...ownTimeNamespace(input.config), ...oomScoreSteps(input), ...openLabels(process, labels)];
  return {
    name: "container",
    ...(input.preserved ? movableReport() : {}),
    memory: {
      ...(input.gates ? gateMemory : {}),
      ...(input.streams === "console" ? terminalMemory : {}),
      ...(needsCopyUp(input.config) ? copyUpMemory : {}),
      ...(input.preserved ? movableReport().memory : {}),
      ...seccompMemory(seccomp),
    },
    steps: [
      sealReport(),
      ...inheritStreams(input),
      ...closeOthers(input),
      { name: "setsid", args: [], why: "a session of its own" },
      // The files in /proc of a process that may not be looked into are root's: an ordinary user writes them before.
      ...(rootless && own.length > 0 ? [dumpable, ...own] : []),
      notDumpable,
      ...(input.keepKeyring ? [] : [joinKeyring(input.id)]),
      ...joinSteps(input.config),
      ...joinLegacyCgroups(input.legacyCgroups),
      ...ownCgroupNamespace(input.config),
      ...leafSteps(input),
      ...(newNamespaces(input.config).some(({ type }) => type === "network") ? loopbackSteps() : []),
      ...(rootless ? [] : own),
      { name: "umask", args: [0], why: "modes of what is made are meant as they are written" },
      ...joinMountSteps(input.config),
      ...earlySourceSteps(input),
      ...(hasMountNamespace(input.config) ? [ownMounts] : []),
      ...placeEarlySources(input),
      ...rootSteps(input),
      ...streamSteps(input),
      ...(hasUserNamespace(input.config) ? [...coverSteps(input), ...becomeRootSteps(input.config)] : []),
      ...directories.make(process.cwd, "process.cwd"),
      ...mountSteps(input, directories),
      ...deviceNodeSteps(input, directories),
      ...terminalSteps(input),
      ...gateSteps(input, "hooks"),
      ...maskSteps(input),
      ...readonlySteps(input),
      ...sysctlSteps(input),
      ...readonlyRootSteps(input),
      ...pivotSteps(input),
      ...nameSteps(input),
      ...machineSteps(input.config),
      ...gateSteps(input, "start"),
      ...(input.firstProcess === "reaper"
        ? reaperSteps()
        : [
            ...writeLabels(process, labels),
            ...processSteps(process, input.facts.permitted, {
              preserved: preservedDescriptors(input),
              setgroups: !deniesSetgroups(input),
              seccomp,
            }),
          ]),
    ],
  };
}

function filterOf({ seccomp, config, arch }: CompileInput): InstalledFilter | undefined {
  const profile = config.linux?.seccomp;
  return seccomp ?? (profile && cachedFilter(profile, { arch }));
}

const ownMounts: Step = {
  name: "mount",
  args: [0, "/", 0, named("MS_REC|MS_PRIVATE", 0x44000), 0],
  why: "mounts made here are not seen by the host, nor the host's by us",
};

const dumpable: Step = {
  name: "prctl",
  args: [named("PR_SET_DUMPABLE", prctlOperations.PR_SET_DUMPABLE), 1, 0, 0, 0],
  why: "for a moment its files in /proc are the user's, who is to write them",
};

const notDumpable: Step = {
  name: "prctl",
  args: [named("PR_SET_DUMPABLE", prctlOperations.PR_SET_DUMPABLE), 0, 0, 0, 0],
  why: "until execve nobody in the container may look into this process",
};

/**
 * A container that manages cgroups itself (a node) has its own processes in the leaf `init`: a cgroup with processes
 * cannot pass controllers on to its children (cgroup v2, "no internal processes").
 */
function leafSteps({ firstProcess, cgroup }: CompileInput): Step[] {
  if (firstProcess !== "reaper" || cgroup === undefined) return [];
  return [
    {
      name: "openat",
      args: [
        atCwd,
        `${cgroup}/${leafCgroup}/cgroup.procs`,
        named("O_WRONLY|O_CLOEXEC", openFlags.O_WRONLY | openFlags.O_CLOEXEC),
      ],
      why: "a leaf for the first process, so that the cgroup above can pass controllers on",
      result: "procs",
    },
    writeText(resultOf("procs"), "0", "move there"),
  ];
}

/** Name of the leaf in which the processes of a container with firstProcess `reaper` live. */
export const leafCgroup = "init";

/** Once the container's devpts is mounted. */
function terminalSteps(input: CompileInput): Step[] {
  if (input.streams !== "console") return [];
  const hasDevices = input.config.mounts?.some(({ destination, type }) => destination === "/dev" && type === "tmpfs");
  return [
    ...openTerminal(resultOf("root"), input.config.process),
    ...(hasDevices ? bindConsole(input.arch) : []),
    ...sendTerminal(kept(input, consoleSocket)),
  ];
}

/** While the host's /proc is still there: the container's may be read-only. */
function oomScoreSteps({ config, facts }: CompileInput): Step[] {
  const score = config.process.oomScoreAdj;
  if (score === undefined || score === facts.oomScoreAdj) return [];
  return [
    {
      name: "openat",
      args: [atCwd, "/proc/self/oom_score_adj", named("O_WRONLY|O_CLOEXEC", openFlags.O_WRONLY | openFlags.O_CLOEXEC)],
      why: "process.oomScoreAdj",
      result: "oom",
    },
    writeText(resultOf("oom"), String(score), "how likely the kernel is to kill it for want of memory"),
  ];
}

function nameSteps({ config }: CompileInput): Step[] {
  const steps: Step[] = [];
  if (config.hostname !== undefined) {
    steps.push({ name: "sethostname", args: [config.hostname, Buffer.byteLength(config.hostname)], why: "hostname" });
  }
  if (config.domainname !== undefined) {
    steps.push({
      name: "setdomainname",
      args: [config.domainname, Buffer.byteLength(config.domainname)],
      why: "domainname",
    });
  }
  return steps;
}
