import { silentLogger, systemClock, unlessAborted } from "@drydock/kit";
import { builtinKinds, Secret } from "@drydock/machinery";
import { openStore } from "../../store/open-store.ts";
import type { ApiServer, ApiServerOptions } from "../api-server.ts";
import { CustomResources } from "../custom-resources/custom-resources.ts";
import { reencrypt } from "../encryption/reencrypt.ts";
import { createSealer } from "../encryption/sealer.ts";
import { admitter } from "../pipeline/admit.ts";
import { type AuditLog, openAuditLog } from "../pipeline/audit-log.ts";
import { defaultAuditPolicy } from "../pipeline/audit-policy.ts";
import { createAuthorizer } from "../pipeline/authorizer.ts";
import { bootstrapTokens } from "../pipeline/bootstrap-tokens.ts";
import { InFlightLimit } from "../pipeline/limit-in-flight.ts";
import { StageTimings } from "../pipeline/stage-timings.ts";
import { admissionStages, pipeline } from "../pipeline/stages.ts";
import { recountQuotasForever } from "../quota/recount-quotas.ts";
import { cachedPolicy } from "../rbac/cached-policy.ts";
import { createCodec } from "../registry/codec.ts";
import { Registry } from "../registry/registry.ts";
import { serviceAccountTokens } from "../tokens/service-account-tokens.ts";
import { buildApp } from "./app.ts";
import { bootstrap } from "./bootstrap.ts";
import { publishClusterInfo } from "./cluster-info.ts";
import { expireEventsForever } from "./expire-events.ts";
import { followKeyPair } from "./follow-key-pair.ts";
import { Listeners } from "./listeners.ts";
import { Metrics } from "./metrics.ts";
import { untilEtcdAnswers } from "./until-etcd-answers.ts";

/** How long answers that are being written may take when the server closes, ms. */
const closeGraceMs = 1000;

export async function serveApi(options: ApiServerOptions): Promise<ApiServer> {
  const { etcd, listen, pki } = options;
  const logger = (options.logger ?? silentLogger).child({ part: "apiserver" });
  const clock = options.clock ?? systemClock;
  const store = openStore({ ...etcd, logger });
  const registry = new Registry({ store, clock, logger });
  const listeners = new Listeners();
  const closing = new AbortController();
  let app: Awaited<ReturnType<typeof buildApp>> | undefined;
  let customResources: CustomResources | undefined;
  let auditLog: AuditLog | undefined;
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= (async () => {
      closing.abort();
      await listeners.close(closeGraceMs);
      await app?.close();
      await customResources?.close();
      await registry.close();
      await auditLog?.close();
    })();
    return closed;
  };
  try {
    const sealer = createSealer(pki.encryptionKeys);
    for (const kind of builtinKinds) registry.add(kind, createCodec(kind.kind === Secret.kind ? sealer : undefined));
    const timings = new StageTimings(pipeline);
    const admit = admitter(admissionStages, timings);
    customResources = new CustomResources({ registry, admit, clock, logger, signal: closing.signal });
    const inFlight = new InFlightLimit();
    const ca = pki.ca.cert;
    const agentTls = { ca, ...pemOf(pki.certificates["apiserver-client"]) };
    const policy = cachedPolicy(registry);
    auditLog = options.audit && (await openAuditLog(options.audit.file, logger));
    const built = await buildApp({
      registry,
      customResources,
      policy,
      authorizer: createAuthorizer(registry, policy),
      tokens: [
        bootstrapTokens(registry, clock),
        serviceAccountTokens(registry, pki.serviceAccountKey.publicKey, clock),
      ],
      serviceAccountKey: pki.serviceAccountKey.privateKey,
      admit,
      inFlight,
      timings,
      metrics: new Metrics(inFlight, registry),
      ...(auditLog ? { audit: { log: auditLog, policy: options.audit?.policy ?? defaultAuditPolicy } } : {}),
      agentTls,
      clock,
      logger,
      closing: closing.signal,
    });
    app = built;
    await unlessAborted(registry.ready(), options.signal);
    await customResources.start();
    await unlessAborted(registry.ready(), options.signal);
    const patience = { logger, signal: options.signal };
    await untilEtcdAnswers(() => bootstrap(registry, admit), patience);
    await reencrypt(store, registry.require(Secret).prefix, sealer, logger);
    await listeners.open(listen, { ca, ...pemOf(pki.certificates.apiserver) }, (request, response) =>
      built.routing(request, response),
    );
    const server = urlOf(reachable(listen), listeners.port);
    await untilEtcdAnswers(() => publishClusterInfo(registry, admit, { server, ca }), patience);
    const following = { logger, signal: closing.signal };
    followKeyPair(pki.certificates.apiserver, (pair) => listeners.setCertificate({ ca, ...pair }), following);
    followKeyPair(pki.certificates["apiserver-client"], (pair) => Object.assign(agentTls, pair), following);
    void expireEventsForever(registry, clock, logger, closing.signal);
    void recountQuotasForever(registry, clock, logger, closing.signal);
  } catch (error) {
    await close();
    throw error;
  }
  const { port } = listeners;
  const url = urlOf(listen[0]?.host ?? "", port);
  logger.info({ url }, "serving");
  // The server has no way to end by itself: etcd that is away is waited for, and a request that fails is answered.
  return { url, port, failed: new Promise<never>(() => {}), close };
}

function urlOf(host: string, port: number): string {
  return `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The first address that other machines can reach; the first of all when there is none. */
function reachable(listen: ApiServerOptions["listen"]): string {
  const outside = listen.find(({ host }) => !/^(127\.|::1$|localhost$)/.test(host));
  return (outside ?? listen[0])?.host ?? "";
}

function pemOf({ cert, key }: { cert: string; key: string }): { cert: string; key: string } {
  return { cert, key };
}
