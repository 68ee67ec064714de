import type { Clock, Logger } from "@drydock/kit";
import type { CustomResources } from "../custom-resources/custom-resources.ts";
import type { AuditLog } from "../pipeline/audit-log.ts";
import type { AuditRule } from "../pipeline/audit-policy.ts";
import type { Authorizer } from "../pipeline/authorizer.ts";
import type { InFlightLimit } from "../pipeline/limit-in-flight.ts";
import type { StageTimings } from "../pipeline/stage-timings.ts";
import type { TokenAuthenticator } from "../pipeline/token-authenticator.ts";
import type { AgentTls } from "../pods/agent-connection.ts";
import type { PolicySource } from "../rbac/authorizer.ts";
import type { Operation } from "../registry/operation.ts";
import type { Registry } from "../registry/registry.ts";
import type { Metrics } from "./metrics.ts";

/** What the server's features share. */
export interface ApiContext {
  readonly registry: Registry;
  readonly customResources: CustomResources;
  readonly policy: PolicySource;
  readonly authorizer: Authorizer;
  /** Who knows users by bearer tokens, in the order in which they are asked. */
  readonly tokens: readonly TokenAuthenticator[];
  /** Signs the tokens of service accounts: a private key as PEM. */
  readonly serviceAccountKey: string;
  readonly admit: Operation["admit"];
  readonly inFlight: InFlightLimit;
  readonly timings: StageTimings;
  readonly metrics: Metrics;
  /** Where finished requests are written down, and how much of each. */
  readonly audit?: { log: AuditLog; policy: readonly AuditRule[] };
  /** How agents are reached; without it the server cannot relay logs and streams. */
  readonly agentTls: AgentTls;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborts when the server begins to close: watches and streams end. */
  readonly closing: AbortSignal;
}
