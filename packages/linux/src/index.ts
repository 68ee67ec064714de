export { attachAttributes, bpfCommands, loadAttributes } from "./bpf/attributes.ts";
export { allowsEverything, deviceProgram, printDeviceProgram } from "./bpf/device-program.ts";
export { type DeviceRule, defaultDeviceRules } from "./bpf/device-rules.ts";
export { encodeExtended } from "./bpf/extended.ts";
export { canFilterDevices } from "./bpf/probe.ts";
export {
  type CgroupEvents,
  cgroupEvents,
  cgroupProcesses,
  createCgroup,
  freezeCgroup,
  killCgroup,
  oomKills,
  removeCgroup,
  removeEmptyParents,
} from "./cgroup/cgroup.ts";
export type { ContainerCgroup } from "./cgroup/container-cgroup.ts";
export { type CgroupHierarchies, controllersOf, findCgroup2, findHierarchies } from "./cgroup/hierarchy.ts";
export { removeLegacyCgroups } from "./cgroup/legacy.ts";
export {
  type CgroupPlace,
  enforceLimits,
  legacyDirectories,
  limitSettings,
  neededControllers,
  refusedLimits,
} from "./cgroup/limits.ts";
export type { CgroupLimits, CgroupSetting, DeviceRate } from "./cgroup/setting.ts";
export { type CgroupStats, readStats } from "./cgroup/stats.ts";
export { updateResources } from "./cgroup/update.ts";
export { chooseExecutor, chooseForCommand } from "./executor/choose.ts";
export { directExecutor } from "./executor/direct.ts";
export type { Executor, LaunchOptions } from "./executor/executor.ts";
export { nativeExecutor } from "./executor/native.ts";
export { runProgram } from "./executor/run-program.ts";
export { type BeforeStep, steppingExecutor } from "./executor/stepping.ts";
export { loadAddon } from "./ffi/addon.ts";
export { makeBlocking } from "./ffi/blocking.ts";
export { closePipe, openPipe, type Pipe, readableFrom, readToEnd, writableTo } from "./ffi/pipe.ts";
export { reapChild, spawnProcess } from "./ffi/spawn.ts";
export { cString, syscall, syscallUnless } from "./ffi/syscall.ts";
export { connectUnixSocket } from "./ffi/unix-socket.ts";
export * from "./kernel/capabilities.ts";
export { cloneArgs, cloneFlags, SIGCHLD } from "./kernel/clone-flags.ts";
export { type Errno, errnoName, errnoNumber, errnoText } from "./kernel/errno.ts";
export { deviceNumber, fileType } from "./kernel/file-modes.ts";
export { manualPages } from "./kernel/manual-page.ts";
export { memoryPolicyFlags, memoryPolicyModes } from "./kernel/memory-policy.ts";
export * from "./kernel/mount-flags.ts";
export { type NamespaceKind, namespaceFlag, namespaceKinds } from "./kernel/namespaces.ts";
export { numberMask, parseNumberList } from "./kernel/number-list.ts";
export { AT_FDCWD, atFlags, directoryFlags, openFlags, openHowSize, resolveFlags } from "./kernel/open-flags.ts";
export { KEYCTL_JOIN_SESSION_KEYRING, personalities } from "./kernel/personality.ts";
export {
  duplicateDescriptors,
  isProcessAlive,
  openProcess,
  type ProcessIdentity,
  signalProcess,
} from "./kernel/pidfd.ts";
export { ambientOperations, prctlOperations } from "./kernel/prctl.ts";
export { openPtyOf, type Pty, resizePty, ttyRequests } from "./kernel/pty.ts";
export { isRlimitName, type RlimitName, rlimitBytes, rlimitNumbers } from "./kernel/rlimits.ts";
export {
  IOPRIO_WHO_PROCESS,
  ioPriority,
  ioPriorityClasses,
  type SchedulerAttributes,
  schedulerBytes,
  schedulerFlags,
  schedulerPolicies,
} from "./kernel/scheduling.ts";
export { decodeWaitStatus, lastSignal, parseSignal, signalNumbers, type WaitStatus } from "./kernel/signals.ts";
export { type IpBatchOptions, ipBatch } from "./network/ip-batch.ts";
export { bridgeLines, interfaceLines, vethLines } from "./network/links.ts";
export { loopbackSteps } from "./network/loopback.ts";
export { createNetns, removeNetns } from "./network/netns.ts";
export {
  type CgroupMembership,
  parseCgroups,
  parseUnifiedCgroup,
  readCgroups,
  readUnifiedCgroup,
} from "./procfs/cgroup.ts";
export { parseCmdline, readCmdline } from "./procfs/cmdline.ts";
export { type FileLink, type OpenFile, parseFileLink, readFileLink, readOpenFiles } from "./procfs/file-link.ts";
export { parseFlatKeyed } from "./procfs/flat-keyed.ts";
export { type IdRange, isIdentityMap, parseIdMap, readIdMap } from "./procfs/id-map.ts";
export { type ProcessLimit, parseLimits, readLimits } from "./procfs/limits.ts";
export { type Mount, parseMountinfo, readMountinfo } from "./procfs/mountinfo.ts";
export { type NamespaceLink, parseNamespaceLink, readNamespaces } from "./procfs/namespaces.ts";
export { type NetworkInterface, parseNetDev, readNetDev } from "./procfs/net-dev.ts";
export { listProcesses } from "./procfs/processes.ts";
export { type MountNode, mountTree, type Propagation, propagationOf } from "./procfs/propagation.ts";
export { type LabelFiles, labelFiles } from "./procfs/security-labels.ts";
export { type ProcessStat, parseStat, readStat, ticksPerSecond } from "./procfs/stat.ts";
export { type ProcessStatus, parseStatus, readStatus, type SeccompMode } from "./procfs/status.ts";
export { type EncodedProgram, encodeProgram } from "./program/encode.ts";
export { flattenProgram, type NumberedStep } from "./program/flatten.ts";
export { flags, inherited, memory, named, octal, resultOf, struct, texts, valueAt } from "./program/operands.ts";
export { printOperand, printProgram, printStep } from "./program/print.ts";
export type {
  ErrorRule,
  MemoryAddress,
  MemoryBlock,
  NamedNumber,
  Operand,
  Step,
  SyscallProgram,
} from "./program/program.ts";
export { type LaunchReport, messageSize, parseReport, type ReportLayout, type StepFailure } from "./program/report.ts";
export { seccompArchitectures } from "./seccomp/architectures.ts";
export { cachedFilter } from "./seccomp/cached-filter.ts";
export { type CompileFilterOptions, compileFilter, type SeccompFilter } from "./seccomp/compile-filter.ts";
export { defaultSeccompProfile } from "./seccomp/default-profile.ts";
export { printFilter } from "./seccomp/print-filter.ts";
export {
  type SeccompAction,
  type SeccompArgument,
  type SeccompOperator,
  type SeccompProfile,
  type SeccompRule,
  seccompActions,
  seccompFlags,
  seccompOperators,
} from "./seccomp/profile.ts";
export { type Architecture, isKnownArchitecture, type SyscallName, syscallNumbers } from "./syscalls/numbers.ts";
