import { silentLogger, systemClock } from "@drydock/kit";
import { builtinKinds } from "@drydock/machinery";
import { openStore } from "../../store/open-store.ts";
import type { ApiServer, ApiServerOptions } from "../api-server.ts";
import { admitter } from "../pipeline/admit.ts";
import { bootstrapTokens } from "../pipeline/bootstrap-tokens.ts";
import { InFlightLimit } from "../pipeline/limit-in-flight.ts";
import { StageTimings } from "../pipeline/stage-timings.ts";
import { admissionStages, pipeline } from "../pipeline/stages.ts";
import { cachedPolicy } from "../rbac/cached-policy.ts";
import { Registry } from "../registry/registry.ts";
import { buildApp } from "./app.ts";
import { bootstrap } from "./bootstrap.ts";
import { expireEventsForever } from "./expire-events.ts";
import { Listeners } from "./listeners.ts";
import { Metrics } from "./metrics.ts";

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
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= (async () => {
      closing.abort();
      await listeners.close(closeGraceMs);
      await app?.close();
      await registry.close();
    })();
    return closed;
  };
  try {
    for (const kind of builtinKinds) registry.add(kind);
    const timings = new StageTimings(pipeline);
    const admit = admitter(admissionStages, timings);
    const inFlight = new InFlightLimit();
    const built = await buildApp({
      registry,
      policy: cachedPolicy(registry),
      tokens: [bootstrapTokens(registry, clock)],
      admit,
      inFlight,
      timings,
      metrics: new Metrics(inFlight, registry),
      agentTls: { ca: pki.ca.cert, ...pemOf(pki.certificates["apiserver-client"]) },
      clock,
      logger,
      closing: closing.signal,
    });
    app = built;
    await registry.ready();
    await bootstrap(registry, admit);
    await listeners.open(listen, { ca: pki.ca.cert, ...pemOf(pki.certificates.apiserver) }, (request, response) =>
      built.routing(request, response),
    );
    void expireEventsForever(registry, clock, logger, closing.signal);
  } catch (error) {
    await close();
    throw error;
  }
  const { port } = listeners;
  const url = `https://${listen[0]?.host.includes(":") ? `[${listen[0].host}]` : listen[0]?.host}:${port}`;
  logger.info({ url }, "serving");
  // The server has no way to end by itself: etcd that is away is waited for, and a request that fails is answered.
  return { url, port, failed: new Promise<never>(() => {}), close };
}

function pemOf({ cert, key }: { cert: string; key: string }): { cert: string; key: string } {
  return { cert, key };
}
