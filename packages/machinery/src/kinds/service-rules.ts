import { isIPv4 } from "node:net";
import type { FieldError } from "../kind.ts";
import { duplicate, invalid, required } from "../schema/field-errors.ts";
import { dnsLabel, labelValue, portName, qualifiedName } from "../schema/names.ts";
import type { Service } from "./service.ts";

/** Mutates. */
export function setServiceDefaults(service: Service): void {
  const { spec } = service;
  if (spec === undefined) return;
  for (const port of spec.ports ?? []) {
    // Go sends an empty one as 0.
    port.targetPort ||= port.port;
  }
  if (spec.clusterIP) spec.clusterIPs ??= [spec.clusterIP];
  else if (spec.clusterIPs?.[0]) spec.clusterIP = spec.clusterIPs[0];
}

/** The rules of kubernetes/pkg/apis/core/validation for what is supported of a Service. Pure. */
export function validateService({ spec = {} }: Service, old?: Service): FieldError[] {
  const { ports = [], selector = {}, clusterIP = "", clusterIPs = [] } = spec;
  const errors: FieldError[] = [];
  const isHeadless = clusterIP === "None";
  if (ports.length === 0 && !isHeadless) errors.push(required("spec.ports"));
  const names = new Set<string>();
  const numbers = new Set<string>();
  for (const [i, { name = "", port, protocol = "TCP", targetPort }] of ports.entries()) {
    const path = `spec.ports[${i}]`;
    if (name === "" && ports.length > 1) errors.push(required(`${path}.name`));
    if (name !== "") errors.push(...dnsLabel(name).map((text) => invalid(`${path}.name`, name, text)));
    if (name !== "" && names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
    if (numbers.has(`${port}/${protocol}`)) errors.push(duplicate(path, { port, protocol }));
    numbers.add(`${port}/${protocol}`);
    if (typeof targetPort === "number" && (targetPort < 1 || targetPort > 65535)) {
      errors.push(invalid(`${path}.targetPort`, targetPort, "must be between 1 and 65535, inclusive"));
    }
    if (typeof targetPort === "string") {
      errors.push(...portName(targetPort).map((text) => invalid(`${path}.targetPort`, targetPort, text)));
    }
  }
  for (const [key, value] of Object.entries(selector)) {
    errors.push(...qualifiedName(key).map((text) => invalid("spec.selector", key, text)));
    errors.push(...labelValue(value).map((text) => invalid("spec.selector", value, text)));
  }
  if (clusterIP !== "" && !isHeadless && !isIPv4(clusterIP)) {
    errors.push(invalid("spec.clusterIP", clusterIP, "must be empty, 'None', or an IPv4 address"));
  }
  if (clusterIPs[0] !== undefined && clusterIPs[0] !== clusterIP) {
    errors.push(invalid("spec.clusterIPs", clusterIPs, "first value must match `clusterIP`"));
  }
  const before = old?.spec?.clusterIP;
  if (before && before !== clusterIP) errors.push(invalid("spec.clusterIP", clusterIP, "field is immutable"));
  return errors;
}
