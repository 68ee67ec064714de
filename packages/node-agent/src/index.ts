export type { RotationPolicy } from "./logs/log-file.ts";
export type { AgentOptions, Running, RunningAgent } from "./options.ts";
export type * from "./port/pod-runtime.ts";
export type { ServingCertificate } from "./server/agent-server.ts";
export { startAgent } from "./start-agent.ts";
