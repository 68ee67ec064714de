import { setTimeout as delay } from "node:timers/promises";
import type { LifecycleHandler } from "@drydock/machinery";
import { execProbe } from "../probes/exec-probe.ts";
import { httpProbe } from "../probes/http-probe.ts";
import type { ProbeOutcome } from "../probes/probe-state.ts";
import { type ProbeTarget, portNumber } from "../probes/run-probe.ts";

/**
 * Does what a container's postStart or preStop says, for at most `timeoutMs`. Never rejects: a hook that cannot be run has failed. An agent that is
 * killed meanwhile does not run it again, as with kubelet.
 */
export async function runHook(
  handler: LifecycleHandler,
  target: ProbeTarget,
  timeoutMs: number,
): Promise<ProbeOutcome> {
  const { exec, httpGet, sleep } = handler;
  if (exec) return execProbe(exec.command ?? [], target.exec, timeoutMs);
  if (httpGet) {
    const { host, path = "/", port, scheme = "HTTP", httpHeaders: headers = [] } = httpGet;
    const address = { host: host || target.podIP, port: portNumber(port, target.container) };
    return httpProbe({ ...address, path, tls: scheme === "HTTPS", headers }, timeoutMs);
  }
  await delay(Math.min(timeoutMs, (sleep?.seconds ?? 0) * 1000), undefined, { ref: false });
  return { ok: true, message: "" };
}
