import type { Container, Probe } from "@drydock/machinery";
import { agentError } from "../errors.ts";
import { execProbe, type ProbeExec } from "./exec-probe.ts";
import { httpProbe } from "./http-probe.ts";
import type { ProbeOutcome } from "./probe-state.ts";
import { tcpProbe } from "./tcp-probe.ts";

/** Where and on whose behalf a probe is made. */
export interface ProbeTarget {
  podIP: string;
  container: Container;
  exec: ProbeExec;
}

/** Makes one try. Never rejects but for its own mistakes: a try that cannot be made has failed. */
export async function runProbe(probe: Probe, target: ProbeTarget): Promise<ProbeOutcome> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.exec) return execProbe(probe.exec.command ?? [], target.exec, timeoutMs);
  if (probe.httpGet) {
    const { host, path = "/", port, scheme = "HTTP", httpHeaders = [] } = probe.httpGet;
    return httpProbe(
      {
        host: host || target.podIP,
        port: portNumber(port, target.container),
        path,
        tls: scheme === "HTTPS",
        headers: httpHeaders,
      },
      timeoutMs,
    );
  }
  if (probe.tcpSocket) {
    const { host, port } = probe.tcpSocket;
    return tcpProbe(host || target.podIP, portNumber(port, target.container), timeoutMs);
  }
  throw agentError("AGENT_BAD_REQUEST", `a probe of container ${target.container.name} has no action`);
}

/** A probe names a port by its number or by the name that the container gives it. */
export function portNumber(port: number | string, container: Container): number {
  if (typeof port === "number") return port;
  const named = container.ports?.find((candidate) => candidate.name === port)?.containerPort;
  const number = named ?? Number(port);
  if (Number.isInteger(number) && number > 0) return number;
  throw agentError("AGENT_BAD_REQUEST", `container ${container.name} has no port named ${port}`, {
    hint: "name the port in the container's ports, or give its number",
  });
}
