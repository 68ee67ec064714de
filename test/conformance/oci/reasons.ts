/** Why a program cannot pass, on this host or at all, where its own words do not say it. */
export const reasons: Readonly<Record<string, string>> = {
  hooks: "the program compares with a text that its own hooks do not write",
  hooks_stdin: 'it wants the status "created" in prestart hooks; the runtime-spec says "creating" since 1.0.2',
  linux_cgroups_blkio: "it wants blkio files of cgroup v1 that kernels since 5.0 do not have",
  linux_cgroups_relative_blkio: "it wants blkio files of cgroup v1 that kernels since 5.0 do not have",
  linux_cgroups_hugetlb: "no hugetlb hierarchy of cgroup v1 on this host",
  linux_cgroups_relative_hugetlb: "no hugetlb hierarchy of cgroup v1 on this host",
  linux_cgroups_network: "marks and priorities of packets are of cgroup v1 alone: refused by name",
  linux_cgroups_relative_network: "marks and priorities of packets are of cgroup v1 alone: refused by name",
  linux_mount_label: "the host has no SELinux: the label is refused by name",
  linux_process_apparmor_profile: "the host has no AppArmor: the profile is refused by name",
  linux_cgroups_devices: "it reads what cgroup v1 allows; the rules are in force, as an eBPF program of cgroup v2",
  linux_cgroups_relative_devices:
    "it reads what cgroup v1 allows; the rules are in force, as an eBPF program of cgroup v2",
  linux_cgroups_memory: "it wants a limit of kernel memory, which kernels since 5.16 do not have: refused by name",
  linux_cgroups_relative_memory:
    "it wants a limit of kernel memory, which kernels since 5.16 do not have: refused by name",
  misc_props: "one of its three containers has no /runtimetest to run",
  pidfile: "it kills a container that has ended already, and takes the error for a failure",
  prestart: "it wants prestart hooks in start; the runtime-spec has them in create since 1.0.2",
  process_capabilities:
    "it wants every capability, and the process that starts it lacks CAP_SYS_RESOURCE; in the lab VM, where root has it, it passes",
  process_rlimits: "the program is built by a Go that raises its own soft RLIMIT_NOFILE before it looks",
  start: "it wants create to accept a configuration without process",
};
