import { readFile } from "node:fs/promises";
import type { Logger } from "@drydock/kit";
import { loadKubeconfig } from "@drydock/machinery";
import { certificateFiles, readCertificate, startAgent } from "@drydock/node-agent";
import type { HeartbeatOptions } from "./heartbeat-options.ts";
import { runParts } from "./run-part.ts";
import type { RuntimeOptions } from "./runtime-options.ts";

/** The port of kubelets, which every tool expects. */
export const agentPort = 10250;

export interface JoinedNode extends RuntimeOptions, HeartbeatOptions {
  nodeName: string;
  address: string;
  /** Without it the cluster gives a range. */
  podCidr?: string | undefined;
  /** What drydock join wrote; renewed certificates go there. */
  certificateDir: string;
  stateDir: string;
  imagesDir: string;
}

/** Runs the agent of a machine that has joined, until a signal asks for its end. */
export async function runNodeAgent(node: JoinedNode, logger: Logger): Promise<void> {
  const files = certificateFiles(node.certificateDir);
  const [client, serving, clientCa] = await Promise.all([
    readCertificate(files.client),
    readCertificate(files.serving),
    readFile(files.ca, "utf8"),
  ]);
  const { server, ca } = await loadKubeconfig(files.kubeconfig);
  await runParts(logger, async (started, signal) => {
    const {
      nodeName,
      address,
      podCidr,
      certificateDir,
      stateDir,
      imagesDir: imageDir,
      runtime,
      containerdSocket,
      clusterNetwork,
      criSocket,
      heartbeat,
    } = node;
    started(
      await startAgent({
        client: { server, ca, ...client },
        serving: { ...serving, clientCa },
        logger,
        nodeName,
        address,
        port: agentPort,
        ...(podCidr === undefined ? {} : { podCidr }),
        certificateDir,
        stateDir,
        imageDir,
        ...(runtime === undefined ? {} : { runtime }),
        ...(containerdSocket === undefined ? {} : { containerdSocket }),
        ...(clusterNetwork === undefined ? {} : { clusterNetwork }),
        ...(criSocket === undefined ? {} : { criSocket }),
        ...(heartbeat === undefined ? {} : { heartbeat }),
        signal,
      }),
    );
  });
}
