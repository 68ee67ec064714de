import type { DrydockError } from "@drydock/kit";
import { errnoName, errnoText, type LaunchReport, printStep, type StepFailure } from "@drydock/linux";
import { failure } from "../errors.ts";
import type { ProcessConfig } from "../types.ts";
import { executableCandidates, searchPath } from "./process.ts";

const onlyWithItsNamespace = {
  meaning:
    "root of a user namespace mounts this file system only with a namespace of its own for what it shows: network for sysfs, pid for proc, ipc for mqueue, cgroup for cgroup2",
  hint: 'add that namespace to linux.namespaces, or bind the host\'s: {"type": "bind", "source": "/sys", "options": ["rbind", "rro"]}',
};

/** What an errno of a call means on the way to a container, where the general text does not say it. */
const meanings: Record<string, { meaning: string; hint?: string }> = {
  "pivot_root EINVAL": {
    meaning: "the new root is not a mount point, or it or its parent mount is shared",
    hint: "mount the root file system before this step, and make mounts private first",
  },
  "pivot_root EBUSY": { meaning: "the new root is the current root" },
  "mount EINVAL": {
    meaning:
      "the file system refuses an option, or upper and work directory are not on one file system that overlay can use",
    hint: "see dmesg for the kernel's reason; an overlay cannot be the upper of another overlay",
  },
  "mount ESTALE": { meaning: "a layer or the upper directory was used with other layers before" },
  "mount ENODEV": {
    meaning: "the kernel does not know this file system",
    hint: "load its module on the host, e.g. modprobe overlay",
  },
  "mount EBUSY": {
    meaning: "upper or work directory is in use by another overlay",
    hint: "give each container its own",
  },
  "fsopen ENODEV": { meaning: "the kernel does not know this file system", hint: "load its module on the host" },
  "fsconfig EINVAL": {
    meaning: "the file system refuses the option",
    hint: "see mounts[].options; dmesg may say more",
  },
  "clone3 EPERM": {
    meaning: "no right to make these namespaces",
    hint: "run as root, or add a user namespace; in a chroot nobody makes user namespaces",
  },
  "unshare EINVAL": { meaning: "the kernel has no such namespaces", hint: "leave it out of linux.namespaces" },
  "clone3 ENOSPC": {
    meaning: "the limit of nested or of all namespaces is reached",
    hint: "see /proc/sys/user/max_*_namespaces",
  },
  "clone3 EAGAIN": { meaning: "the limit of processes is reached (pids.max of the cgroup, or RLIMIT_NPROC)" },
  "clone3 EBUSY": {
    meaning: "the cgroup has children with controllers, so it can hold no processes",
    hint: "use another linux.cgroupsPath",
  },
  "clone3 EOPNOTSUPP": { meaning: "the cgroup is in an invalid domain", hint: "see cgroup.type of its parent" },
  "clone3 EBADF": { meaning: "the cgroup's directory could not be opened" },
  "setns EINVAL": { meaning: "the file is not a namespace of this kind", hint: "see linux.namespaces[].path" },
  "openat2 EXDEV": { meaning: "the path leaves the container's root" },
  "openat2 ELOOP": { meaning: "there is a symlink where there must not be one, or a magic link of /proc" },
  "openat2 ENOTDIR": { meaning: "the place is a file, not a directory" },
  "mkdirat EROFS": {
    meaning: "the place for a mount is missing on a read-only file system",
    hint: "make the directory in the image, or mount elsewhere",
  },
  "open_tree ENOENT": { meaning: "the source of the bind mount does not exist" },
  "move_mount ENOTDIR": { meaning: "a file was to be mounted on a directory, or the other way round" },
  "mount_setattr EPERM": {
    meaning: "the mount is locked: it came from another user namespace with more restrictive settings",
  },
  "prlimit64 EPERM": {
    meaning: "raising a hard limit takes CAP_SYS_RESOURCE, which the runtime lacks",
    hint: "lower process.rlimits[].hard to what the runtime has itself (ulimit -H)",
  },
  "prlimit64 EINVAL": { meaning: "the soft limit is above the hard limit" },
  "read end of file": { meaning: "the other side is gone, or has nothing to say" },
  "fsopen EPERM": onlyWithItsNamespace,
  "fsconfig EPERM": onlyWithItsNamespace,
  "fsmount EPERM": {
    meaning: "the host's own mount of this file system is covered in part, so a user namespace gets no new one",
    hint: "a runtime in a container whose /proc or /sys is masked cannot make user namespaces: run it outside",
  },
  "setns EPERM": {
    meaning: "no right over that namespace: it belongs to another user namespace",
    hint: "join its user namespace, too, or leave it out",
  },
  "write ERANGE": { meaning: "with this offset the clock would show a time before its beginning, or too far from it" },
  "sched_setattr EPERM": { meaning: "this policy, or a nice value below the runtime's, takes CAP_SYS_NICE" },
  "sched_setattr EBUSY": { meaning: "there are not enough CPUs for such a deadline" },
  "ioprio_set EPERM": { meaning: "the class IOPRIO_CLASS_RT takes CAP_SYS_NICE" },
  "sched_setaffinity EINVAL": { meaning: "none of these CPUs is there, or in the cpuset of the cgroup" },
  "set_mempolicy EINVAL": { meaning: "this mode does not fit these nodes, or none of them is there" },
  "setresuid EINVAL": { meaning: "the user id is not mapped in the container's user namespace" },
  "capset EPERM": { meaning: "a capability was asked for that is not in the permitted or bounding set" },
  "openat2 ENOENT": { meaning: "the path does not exist in the container" },
  "fchdir ENOTDIR": { meaning: "it is not a directory", hint: "see process.cwd" },
  "keyctl EPERM": {
    meaning: "the runtime itself may not make keyrings: it runs in a container whose seccomp filter forbids it",
    hint: "keep the caller's keyring: --no-new-keyring",
  },
  "keyctl EDQUOT": {
    meaning: "the user has too many keys",
    hint: "see /proc/key-users and /proc/sys/kernel/keys, or keep the caller's keyring: --no-new-keyring",
  },
  "openat2 ENXIO": { meaning: "there is nothing behind this device" },
  "bpf EPERM": {
    meaning: "the cgroup has a program that allows no other beside it, or the runtime lost CAP_BPF or CAP_NET_ADMIN",
  },
  "bpf EINVAL": { meaning: "the kernel refuses the program, or the descriptor is no cgroup" },
  "unlinkat EISDIR": { meaning: "there is a directory where a device is to be made", hint: "see linux.devices[].path" },
  "mknodat EEXIST": { meaning: "there is a file already", hint: "see linux.devices[].path, and what is mounted there" },
  "mknodat EPERM": {
    meaning: "making device files takes CAP_MKNOD outside of any user namespace, and a file system that has them",
    hint: "bind mount the device file instead",
  },
  "seccomp EACCES": {
    meaning: "without no_new_privs it takes CAP_SYS_ADMIN to install a filter, which the runtime lacks",
    hint: "set process.noNewPrivileges",
  },
  "seccomp EINVAL": { meaning: "the kernel does not know a flag of linux.seccomp.flags, or was built without filters" },
  "execve ENOENT": {
    meaning:
      "no such file in the container, or the interpreter that it names is missing (#! line, or the loader of another libc)",
  },
  "execve EACCES": {
    meaning: "it is not an executable file for this user, or its file system is mounted noexec",
    hint: "chmod +x, or choose another program",
  },
  "execve ENOEXEC": {
    meaning: "it is neither an ELF executable of this architecture nor a script with #!",
    hint: "check the image's architecture",
  },
  "execve E2BIG": { meaning: "arguments and environment are too long together" },
};

/** RUNTIME_STEP_FAILED for a failed step: which one of how many, its errno, what that means there, and what to try. */
export function stepFailed(
  id: string,
  report: LaunchReport,
  failed: StepFailure,
  process: ProcessConfig,
): DrydockError {
  const { step, number, program } = failed.failed;
  const total = report.steps.length;
  const errno = failed.errno === 0 ? "end of file" : errnoName(failed.errno);
  const details = { id, program: program.name, step: number, of: total, call: printStep(step), errno, why: step.why };
  if (step.name === "execve") return notExecutable(failed, process, details);
  const known = meanings[`${step.name} ${errno}`];
  const meaning = known?.meaning ?? (failed.errno === 0 ? "the other side is gone" : errnoText(errno));
  return failure(
    "RUNTIME_STEP_FAILED",
    `step ${number} of ${total}: ${printStep(step)} = ${errno}: ${meaning} (${step.why})`,
    {
      details,
      ...(known?.hint ? { hint: known.hint } : {}),
    },
  );
}

/** The last execve failed; an attempt before may say more, e.g. that the program is there but not executable. */
function notExecutable(failed: StepFailure, process: ProcessConfig, details: Record<string, unknown>): DrydockError {
  const program = process.args[0] ?? "";
  const attempts = executableCandidates(process).map((path) => {
    const stored = failed.results.get(`execve ${path}`) ?? 0;
    return { path, errno: errnoName(stored < 0 ? -stored : failed.errno) };
  });
  const telling = attempts.find(({ errno }) => errno !== "ENOENT" && errno !== "ENOTDIR") ?? attempts.at(-1);
  const errno = telling?.errno ?? "ENOENT";
  const { meaning, hint } = meanings[`execve ${errno}`] ?? { meaning: errnoText(errno) };
  const where = `step ${details.step} of ${details.of}: execve`;
  if (errno === "ENOENT" && !program.includes("/")) {
    const path = searchPath(process);
    return failure("RUNTIME_STEP_FAILED", `${where}: ${program} not found in the container's PATH (${path})`, {
      details: { ...details, errno, program, path, attempts },
      hint: "give its full path, or set PATH in process.env; does the image have it?",
    });
  }
  return failure("RUNTIME_STEP_FAILED", `${where}(${JSON.stringify(telling?.path)}) = ${errno}: ${meaning}`, {
    details: { ...details, errno, program, attempts },
    hint: hint ?? "check process.args[0] and the image",
  });
}
