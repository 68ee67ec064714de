import { request } from "node:https";
import type { ClientTls } from "./connection-options.ts";

const ATTEMPT_MS = 1_000;

/** True when etcd answers a linearizable read and has no alarm (GET /health). Never throws: no answer is false. */
export function isHealthy(endpoint: string, tls: ClientTls): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request(`${endpoint}/health`, { ...tls, agent: false, timeout: ATTEMPT_MS }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode === 200));
      response.on("error", () => resolve(false));
    });
    call.on("timeout", () => call.destroy());
    call.on("error", () => resolve(false));
    call.end();
  });
}
