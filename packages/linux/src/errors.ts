import { defineErrors } from "@drydock/kit";

export const failure = defineErrors({
  LINUX_UNSUPPORTED: "this architecture, libc or kernel lacks something that is needed",
  LINUX_CALL_FAILED: "a system call made by this process failed (call and errno in details)",
  LINUX_BAD_PROGRAM: "a syscall program refers to something that it does not define",
  LINUX_STEP_FAILED: "a step of a syscall program failed (step, call and errno in details)",
  LINUX_LAUNCH_FAILED: "the process that runs a syscall program could not be started or ended without a report",
  LINUX_NO_CGROUP2: "no cgroup v2 hierarchy is mounted",
  LINUX_CGROUP_FAILED: "a cgroup could not be made, changed or removed (path in details)",
  LINUX_LIMIT_REFUSED: "a limit that this host cannot put into force (its field below linux.resources in details)",
  LINUX_BAD_SECCOMP: "a seccomp profile that cannot be compiled: a name that no architecture has, or too many rules",
  LINUX_NETWORK_FAILED: "the ip program refused a line of a batch (line in details)",
  LINUX_BAD_NAMESPACE: "a namespace file could not be made or removed (path in details)",
});
