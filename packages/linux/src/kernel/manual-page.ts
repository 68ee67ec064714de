import type { Operand, Step } from "../program/program.ts";

/** Calls whose page has another name: the older call of which they are a form, or the C library's wrapper. */
const pagesOfCalls: Record<string, string> = {
  clone3: "clone(2)",
  close_range: "close_range(2)",
  dup3: "dup(2)",
  exit_group: "_exit(2)",
  fchownat: "chown(2)",
  fchmodat: "chmod(2)",
  fchown: "chown(2)",
  mkdirat: "mkdir(2)",
  mknodat: "mknod(2)",
  openat: "open(2)",
  pipe2: "pipe(2)",
  ppoll: "poll(2)",
  prlimit64: "getrlimit(2)",
  readlinkat: "readlink(2)",
  renameat: "rename(2)",
  rt_sigaction: "sigaction(2)",
  rt_sigprocmask: "sigprocmask(2)",
  rt_sigtimedwait: "sigwaitinfo(2)",
  setresgid: "setresuid(2)",
  setdomainname: "getdomainname(2)",
  sethostname: "gethostname(2)",
  symlinkat: "symlink(2)",
  umount2: "umount(2)",
  unlinkat: "unlink(2)",
};

/** Where the idea behind the call is explained; the first that the step's text mentions. */
const pagesOfIdeas: readonly (readonly [mention: RegExp, page: string])[] = [
  [/CLONE_NEWUSER|uid_map|gid_map|user namespace|newuidmap|newgidmap/, "user_namespaces(7)"],
  [/CLONE_NEWTIME|timens_offsets|time namespace|the clocks/, "time_namespaces(7)"],
  [/SCHED_|CPU/, "sched(7)"],
  [/keyring/, "keyrings(7)"],
  [/MPOL_/, "numa(7)"],
  [/CLONE_NEWCGROUP|cgroup/, "cgroup_namespaces(7)"],
  [/CLONE_NEW|namespace/, "namespaces(7)"],
  [/MS_PRIVATE|MS_SHARED|MS_SLAVE|MS_UNBINDABLE/, "mount_namespaces(7)"],
  [/PR_CAP|CAP_|capabilit/, "capabilities(7)"],
  [/"devpts"|pty|terminal/, "pty(7)"],
  [/\/proc|"proc"/, "proc(5)"],
  [/"tmpfs"/, "tmpfs(5)"],
  [/symlink/, "path_resolution(7)"],
];

/** The manual pages to read about a step, the call's own first: "mount(2), mount_namespaces(7)". */
export function manualPages(step: Step): string[] {
  if (step.name === "label" || step.name === "jump") return [];
  const call = pagesOfCalls[step.name] ?? `${step.name}(2)`;
  const text = [step.why, ...step.args.map(textOf)].join(" ");
  const idea = pagesOfIdeas.find(([mention]) => mention.test(text))?.[1];
  return idea === undefined ? [call] : [call, idea];
}

function textOf(operand: Operand): string {
  if (typeof operand === "string") return JSON.stringify(operand);
  return typeof operand === "object" && "text" in operand ? operand.text : "";
}
