import { createHash } from "node:crypto";
import {
  apiVersionOf,
  containersOf,
  controllerReference,
  type Endpoint,
  type EndpointPort,
  EndpointSlice,
  isConditionTrue,
  type Pod,
  Service,
  type ServicePort,
} from "@drydock/machinery";

export const serviceNameLabel = "kubernetes.io/service-name";
export const managedByLabel = "endpointslice.kubernetes.io/managed-by";
export const manager = "endpointslice-controller.k8s.io";

/** At most so many endpoints are in one slice, so that a pod that changes does not send thousands of addresses to everybody. */
const sliceSize = 100;

/**
 * The slices of a service, given the pods that its selector finds. Pods for which a named port is another number are in slices of their own. Names follow
 * from the service and the place, so that whoever computes them again, or at the same time, comes to the same. Pure.
 */
export function desiredSlices(service: Service, pods: readonly Pod[]): EndpointSlice[] {
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: Endpoint[] }>();
  for (const pod of [...pods].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
    if (!pod.status?.podIP || hasEnded(pod)) continue;
    const ports = (service.spec?.ports ?? []).flatMap((port) => portOf(port, pod));
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    groups.set(key, group);
    group.endpoints.push(endpointOf(pod, service.spec?.publishNotReadyAddresses ?? false));
  }
  // An empty one says that the service was looked at.
  if (groups.size === 0) groups.set("[]", { ports: [], endpoints: [] });
  const slices: EndpointSlice[] = [];
  for (const [key, { ports, endpoints }] of groups) {
    for (let start = 0; start === 0 || start < endpoints.length; start += sliceSize) {
      const name = `${service.metadata.name}-${suffix(`${service.metadata.uid} ${key} ${start}`)}`;
      slices.push(sliceOf(service, name, ports, endpoints.slice(start, start + sliceSize)));
    }
  }
  return slices;
}

function sliceOf(service: Service, name: string, ports: EndpointPort[], endpoints: Endpoint[]): EndpointSlice {
  const { namespace = "", labels } = service.metadata;
  const headless = service.spec?.clusterIP === "None" ? { "service.kubernetes.io/headless": "" } : {};
  return {
    apiVersion: apiVersionOf(EndpointSlice),
    kind: EndpointSlice.kind,
    metadata: {
      name,
      namespace,
      labels: { ...labels, ...headless, [serviceNameLabel]: service.metadata.name, [managedByLabel]: manager },
      ownerReferences: [controllerReference(service, Service)],
    },
    addressType: "IPv4",
    endpoints,
    ...(ports.length > 0 ? { ports } : {}),
  };
}

function endpointOf(pod: Pod, publishNotReady: boolean): Endpoint {
  const serving = isConditionTrue(pod.status?.conditions, "Ready");
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const { name, namespace = "", uid = "" } = pod.metadata;
  return {
    addresses: [pod.status?.podIP ?? ""],
    conditions: { ready: publishNotReady || (serving && !terminating), serving, terminating },
    targetRef: { kind: "Pod", namespace, name, uid },
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
  };
}

/** A port that a pod does not have by that name is not a port of it. */
function portOf(
  { name = "", protocol = "TCP", port, targetPort = port, appProtocol }: ServicePort,
  pod: Pod,
): EndpointPort[] {
  const number = typeof targetPort === "number" ? targetPort : namedPort(pod, targetPort, protocol);
  if (number === undefined) return [];
  return [{ name, protocol, port: number, ...(appProtocol === undefined ? {} : { appProtocol }) }];
}

function namedPort(pod: Pod, name: string, protocol: string): number | undefined {
  const ports = containersOf(pod.spec).flatMap(({ ports = [] }) => ports);
  return ports.find((port) => port.name === name && (port.protocol ?? "TCP") === protocol)?.containerPort;
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

function suffix(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
