import type { FieldError } from "../../kind.ts";
import { forbidden, invalid, required } from "../../schema/field-errors.ts";
import { portName } from "../../schema/names.ts";
import type { Container } from "./container.ts";
import type { Probe } from "./probe.ts";

/** Exactly one action, a port that exists as a number or may be a name, and the limits of the kind of probe. */
export function validateProbes(container: Container, path: string): FieldError[] {
  return [
    ...validateProbe(container.livenessProbe, `${path}.livenessProbe`, "liveness"),
    ...validateProbe(container.readinessProbe, `${path}.readinessProbe`, "readiness"),
    ...validateProbe(container.startupProbe, `${path}.startupProbe`, "startup"),
  ];
}

function validateProbe(
  probe: Probe | undefined,
  path: string,
  kind: "liveness" | "readiness" | "startup",
): FieldError[] {
  if (probe === undefined) return [];
  const errors: FieldError[] = [];
  const actions = (["exec", "httpGet", "tcpSocket"] as const).filter((action) => probe[action] !== undefined);
  if (actions.length === 0) errors.push(required(path, "must specify a handler type"));
  for (const second of actions.slice(1)) {
    errors.push(forbidden(`${path}.${second}`, "may not specify more than 1 handler type"));
  }
  if (probe.exec && !probe.exec.command?.length) errors.push(required(`${path}.exec.command`));
  if (probe.httpGet) errors.push(...validatePort(probe.httpGet.port, `${path}.httpGet.port`));
  if (probe.tcpSocket) errors.push(...validatePort(probe.tcpSocket.port, `${path}.tcpSocket.port`));
  if (kind !== "readiness" && (probe.successThreshold ?? 1) !== 1) {
    errors.push(invalid(`${path}.successThreshold`, probe.successThreshold, "must be 1"));
  }
  if (kind === "readiness" && probe.terminationGracePeriodSeconds !== undefined) {
    const field = `${path}.terminationGracePeriodSeconds`;
    errors.push(invalid(field, probe.terminationGracePeriodSeconds, "must not be set for readinessProbes"));
  }
  return errors;
}

export function validatePort(port: number | string, field: string): FieldError[] {
  if (typeof port === "string") return portName(port).map((problem) => invalid(field, port, problem));
  return port >= 1 && port <= 65535 ? [] : [invalid(field, port, "must be between 1 and 65535, inclusive")];
}
