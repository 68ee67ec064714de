import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { allCapabilityNames, capabilitySetsFor } from "@drydock/runtime";
import type { Part } from "../keep-running.ts";
import { labTimes } from "../lab-times.ts";
import type { Plan } from "../plan.ts";
import { selfCommand } from "../self-command.ts";
import { nodeRuntime } from "./node-part.ts";
import { nodePaths } from "./node-paths.ts";

const SIGTERM = 15;

/** Starts the agent inside its node. It logs to a file by itself; what else it says, such as the trace of a crash, is appended there. */
export async function startAgentPart(plan: Plan, name: string, index: number): Promise<Part> {
  const own = nodePaths(plan.paths, name);
  const { address, podCidr } = plan.network.node(index);
  const [file, args] = selfCommand([
    "agent",
    "--node-name",
    name,
    "--address",
    address,
    "--pod-cidr",
    podCidr,
    "--kubeconfig",
    own.kubeconfig,
    "--serving-cert",
    own.servingCert,
    "--serving-key",
    own.servingKey,
    "--client-ca",
    own.clientCa,
    "--state-dir",
    own.state,
    "--images-dir",
    own.images,
    "--log-file",
    own.log,
    "--log-level",
    plan.logLevel,
    "--heartbeat",
    labTimes.heartbeat,
  ]);
  const session = await nodeRuntime(plan).exec(name, {
    process: {
      cwd: "/",
      args: [file, ...args],
      env: Object.entries(agentEnvironment(plan)).map(([key, value]) => `${key}=${value}`),
      capabilities: capabilitySetsFor(allCapabilityNames),
    },
  });
  const log = createWriteStream(own.log, { flags: "a" });
  await once(log, "open");
  session.stdin.end();
  session.stdout.pipe(log, { end: false });
  session.stderr?.pipe(log, { end: false });
  const ended = session.exit.then(({ code, signal }) => {
    log.end();
    return signal ? `killed by signal ${signal}` : `exit code ${code}`;
  });
  return {
    pid: session.pid,
    ended,
    async stop() {
      session.kill(SIGTERM);
      await ended;
    },
  };
}

/** Like a service of the machine: nothing of the terminal that the cluster was started from. */
function agentEnvironment({ identity }: Plan): Record<string, string> {
  const [variable = "", value = ""] = identity.marker.split("=");
  return {
    PATH: process.env.PATH ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: "/root",
    LANG: "C.UTF-8",
    [variable]: value,
    ...(process.env.NODE_COMPILE_CACHE ? { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE } : {}),
  };
}
