/**
 * The agent of a node: runs the pods that the API server binds to it. A tour, in the order of one pod's life:
 *
 * - start-agent.ts, agent.ts        what an agent consists of, and in which order that starts and stops
 * - certificates/                  what a node is known by and serves with, and its renewal
 * - node/                           the Node object, its heartbeat, routes to the pods of other nodes
 * - pods/pod-manager.ts             one worker for each pod, from a watch on the API
 * - pods/pod-worker.ts              look, decide, do, until there is nothing to do
 * - pods/decide.ts, pods/status.ts  the decisions themselves: pure functions of what is asked for and what is seen
 * - port/pod-runtime.ts             what the agent needs of a runtime; native/ is that on our own, containerd/ on
 *                                 a real containerd, cri/ on whatever serves CRI
 * - probes/, images/, volumes/, logs/
 * - server/                         logs, exec and attach for the API server, over mutual TLS
 */
export {
  type CertificateFiles,
  certificateFiles,
  readCertificate,
  writeCertificate,
} from "./certificates/certificate-files.ts";
export { clientOrder, servingOrder } from "./certificates/orders.ts";
export { importSandboxImage } from "./cri/sandbox-image.ts";
export type { RotationPolicy } from "./logs/log-file.ts";
export { type FollowHooks, type LogOptions, readEntries } from "./logs/read-log.ts";
export { type NodeRuntimeOptions, openNodeRuntime, type RuntimeKind } from "./open-node-runtime.ts";
export type { AgentOptions, Running, RunningAgent } from "./options.ts";
export type * from "./port/pod-runtime.ts";
export type { ServingCertificate } from "./server/agent-server.ts";
export { startAgent } from "./start-agent.ts";
