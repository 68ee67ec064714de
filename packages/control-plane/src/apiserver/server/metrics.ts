import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { RequestContext } from "../http/request-context.ts";
import { type InFlightLimit, isLongRunning } from "../pipeline/limit-in-flight.ts";
import type { Registry as ResourceRegistry } from "../registry/registry.ts";

const requestLabels = ["verb", "group", "version", "resource", "subresource", "scope"] as const;

/** The server's figures, under the names that kube-apiserver gives them (apiserver/pkg/endpoints/metrics). */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Counter<(typeof requestLabels)[number] | "code">;
  readonly #durations: Histogram<(typeof requestLabels)[number]>;

  constructor(inFlight: InFlightLimit, resources: ResourceRegistry) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#requests = new Counter({
      name: "apiserver_request_total",
      help: "Requests by verb, resource, scope and HTTP code.",
      labelNames: [...requestLabels, "code"],
      registers,
    });
    this.#durations = new Histogram({
      name: "apiserver_request_duration_seconds",
      help: "Time from the arrival of a request to the end of its answer; without watches and streams.",
      labelNames: requestLabels,
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    new Gauge({
      name: "apiserver_current_inflight_requests",
      help: "Requests under way.",
      labelNames: ["request_kind"],
      registers,
      collect() {
        this.set({ request_kind: "readOnly" }, inFlight.counts.read);
        this.set({ request_kind: "mutating" }, inFlight.counts.write);
      },
    });
    new Gauge({
      name: "apiserver_longrunning_requests",
      help: "Watches under way, by resource.",
      labelNames: ["group", "resource"],
      registers,
      collect() {
        for (const { kind, cache } of resources.resources) {
          this.set({ group: kind.group, resource: kind.plural }, cache.stats().watchers);
        }
      },
    });
    new Gauge({
      name: "apiserver_storage_objects",
      help: "Objects in the watch cache, by resource.",
      labelNames: ["resource"],
      registers,
      collect() {
        for (const { kind, cache } of resources.resources) {
          const resource = kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`;
          this.set({ resource }, cache.stats().objects);
        }
      },
    });
  }

  record({ info, startedAt }: RequestContext, code: number): void {
    if (!info.isResource) return;
    const { group, version, resource, subresource } = info;
    const scope = info.name !== "" ? "resource" : info.namespace !== "" ? "namespace" : "cluster";
    const labels = { verb: info.verb.toUpperCase(), group, version, resource, subresource, scope };
    this.#requests.inc({ ...labels, code });
    if (!isLongRunning(info)) this.#durations.observe(labels, (performance.now() - startedAt) / 1000);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
