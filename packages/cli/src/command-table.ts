import type { Command } from "commander";

export interface CommandEntry {
  /** One line; also the first line of the command's own --help. */
  summary: string;
  group: string;
  aliases?: readonly string[];
  /** Parts that the supervisor starts, and what completion scripts call. */
  hidden?: boolean;
  /** After its first operand everything is another program's, without a `--`: `run IMAGE ls -l`. */
  takesWordsAfterFirst?: boolean;
  /**
   * Makes the command. Only the command that is called gets loaded: start-up time is the price of everything imported. `args`: what follows its
   * name on the command line, for who loads only one of its commands, too.
   */
  load: (args?: readonly string[]) => Promise<Command>;
}

const cluster = "Cluster:";
const objects = "Objects:";
const containers = "Logs and containers:";
const machines = "Clusters of several machines:";
const other = "Other:";
const parts = "Parts of a cluster, each alone:";

/** Every command, in the order of --help. */
export const commandTable: Readonly<Record<string, CommandEntry>> = {
  up: {
    summary: "start a cluster, or continue the one in the data directory",
    group: cluster,
    load: async () => (await import("./commands/up.ts")).upCommand(),
  },
  down: {
    summary: "stop the cluster and remove everything it made on this machine",
    group: cluster,
    load: async () => (await import("./commands/down.ts")).downCommand(),
  },
  status: {
    summary: "show what of the cluster runs, and where",
    group: cluster,
    load: async () => (await import("./commands/status.ts")).statusCommand(),
  },
  kubeconfig: {
    summary: "print the kubeconfig of the cluster, for kubectl and others",
    group: cluster,
    load: async () => (await import("./commands/kubeconfig.ts")).kubeconfigCommand(),
  },
  apply: {
    summary: "create or change objects to match manifests",
    group: objects,
    load: async () => (await import("./commands/apply.ts")).applyCommand(),
  },
  get: {
    summary: "list objects, or show some by name",
    group: objects,
    load: async () => (await import("./commands/get.ts")).getCommand(),
  },
  describe: {
    summary: "show an object in full, with its events",
    group: objects,
    load: async () => (await import("./commands/describe.ts")).describeCommand(),
  },
  why: {
    summary: "explain why a pod, node, workload or namespace is as it is, and what would change it",
    group: objects,
    load: async () => (await import("./commands/why.ts")).whyCommand(),
  },
  plan: {
    summary: "say where the pods of a manifest would go, without applying it",
    group: objects,
    load: async () => (await import("./commands/plan.ts")).planCommand(),
  },
  delete: {
    summary: "delete objects by name, selector or manifest",
    group: objects,
    load: async () => (await import("./commands/delete.ts")).deleteCommand(),
  },
  scale: {
    summary: "set the number of replicas",
    group: objects,
    load: async () => (await import("./commands/scale.ts")).scaleCommand(),
  },
  rollout: {
    summary: "follow, list, undo and repeat rollouts of a workload",
    group: objects,
    load: async () => (await import("./commands/rollout.ts")).rolloutCommand(),
  },
  wait: {
    summary: "wait until objects are in a state, or gone",
    group: objects,
    load: async () => (await import("./commands/wait.ts")).waitCommand(),
  },
  events: {
    summary: "list what the parts of the cluster say about objects",
    group: objects,
    load: async () => (await import("./commands/events.ts")).eventsCommand(),
  },
  etcd: {
    summary: "look into the cluster's etcd: every revision of an object",
    group: objects,
    load: async () => (await import("./commands/etcd.ts")).etcdCommand(),
  },
  explain: {
    summary: "explain the fields of a kind",
    group: objects,
    load: async () => (await import("./commands/explain.ts")).explainCommand(),
  },
  run: {
    summary: "run a container without a cluster",
    group: containers,
    takesWordsAfterFirst: true,
    load: async () => (await import("./commands/run.ts")).runCommand(),
  },
  ps: {
    summary: "list the containers of run",
    group: containers,
    load: async () => (await import("./commands/ps.ts")).psCommand(),
  },
  stop: {
    summary: "stop containers of run",
    group: containers,
    load: async () => (await import("./commands/stop.ts")).stopCommand(),
  },
  rm: {
    summary: "remove containers of run",
    group: containers,
    load: async () => (await import("./commands/rm.ts")).rmCommand(),
  },
  pull: {
    summary: "fetch an image from its registry",
    group: containers,
    load: async () => (await import("./commands/pull.ts")).pullCommand(),
  },
  logs: {
    summary: "print what a container, or the containers of a pod, have written",
    group: containers,
    load: async () => (await import("./commands/logs.ts")).logsCommand(),
  },
  exec: {
    summary: "run a command in a container",
    group: containers,
    load: async () => (await import("./commands/exec.ts")).execCommand(),
  },
  images: {
    summary: "import, pull, list and remove images",
    group: containers,
    load: async () => (await import("./commands/images.ts")).imagesCommand(),
  },
  runtime: {
    summary: "run OCI bundles, and see the system calls that make a container",
    group: containers,
    load: async (args) => (await import("./commands/runtime.ts")).runtimeCommand(args),
  },
  inspect: {
    summary: "look at processes, namespaces, mounts, cgroups and system calls",
    group: containers,
    load: async () => (await import("./commands/inspect.ts")).inspectCommand(),
  },
  lab: {
    summary: "learn by doing: labs that are checked on a real kernel",
    group: other,
    load: async () => (await import("./commands/lab.ts")).labCommand(),
  },
  demo: {
    summary: "watch a lesson on a cluster of its own",
    group: other,
    load: async () => (await import("./commands/demo.ts")).demoCommand(),
  },
  vm: {
    summary: "run a command in a throw-away machine with cgroup v2",
    group: other,
    load: async () => (await import("./commands/vm.ts")).vmCommand(),
  },
  playground: {
    summary: "a cluster of virtual machines, by Vagrant",
    group: other,
    load: async () => (await import("./commands/playground.ts")).playgroundCommand(),
  },
  version: {
    summary: "print the versions of drydock and of the server",
    group: other,
    load: async () => (await import("./commands/version.ts")).versionCommand(),
  },
  completion: {
    summary: "print the completion script of a shell",
    group: other,
    load: async () => (await import("./commands/completion.ts")).completionCommand(),
  },
  token: {
    summary: "make, list and delete tokens by which machines join",
    group: machines,
    load: async () => (await import("./commands/token.ts")).tokenCommand(),
  },
  join: {
    summary: "make this machine a node of a cluster elsewhere",
    group: machines,
    load: async () => (await import("./commands/join.ts")).joinCommand(),
  },
  pki: {
    summary: "show which certificates end when, and renew them",
    group: machines,
    load: async () => (await import("./commands/pki.ts")).pkiCommand(),
  },
  "control-plane": {
    summary: "run API server, controllers and scheduler in this process",
    group: parts,
    load: async () => (await import("./commands/control-plane.ts")).controlPlaneCommand(),
  },
  apiserver: {
    summary: "run the API server alone",
    group: parts,
    load: async () => (await import("./commands/apiserver.ts")).apiserverCommand(),
  },
  scheduler: {
    summary: "run the scheduler alone",
    group: parts,
    load: async () => (await import("./commands/scheduler.ts")).schedulerCommand(),
  },
  controllers: {
    summary: "run the controllers alone",
    group: parts,
    load: async () => (await import("./commands/controllers.ts")).controllersCommand(),
  },
  agent: {
    summary: "run the agent of one node",
    group: parts,
    load: async () => (await import("./commands/agent.ts")).agentCommand(),
  },
  keep: {
    summary: "the background process of run --detach",
    group: other,
    hidden: true,
    load: async () => (await import("./commands/keep.ts")).keepCommand(),
  },
  supervise: {
    summary: "the background process of up --detach",
    group: other,
    hidden: true,
    load: async () => (await import("./commands/supervise.ts")).superviseCommand(),
  },
  __complete: {
    summary: "candidates for a completion script",
    group: other,
    hidden: true,
    load: async () => (await import("./commands/complete.ts")).completeCommand(),
  },
};
