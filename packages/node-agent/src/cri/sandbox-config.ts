import type { PodSandboxConfig } from "@drydock/containerd";
import type { SandboxSpec } from "../port/pod-runtime.ts";
import { annotationsOf, labels } from "./labels.ts";

/** A sandbox as CRI is told of it. Pure. */
export function sandboxConfigOf(spec: SandboxSpec, owner: string, attempt: number): PodSandboxConfig {
  const { podUid: uid, namespace, name, dns } = spec;
  return {
    metadata: { name, uid, namespace, attempt },
    hostname: spec.hostname,
    logDirectory: spec.logDirectory,
    // Without one the runtime gives the pod the node's own.
    ...(dns.nameservers.length > 0
      ? { dnsConfig: { servers: dns.nameservers, searches: dns.searches, options: dns.options } }
      : {}),
    labels: {
      [labels.podUid]: uid,
      [labels.podNamespace]: namespace,
      [labels.podName]: name,
      [labels.owner]: owner,
    },
    annotations: annotationsOf(spec),
    linux: {
      // A relative path would be taken relative to the runtime's own cgroup.
      cgroupParent: `/${spec.cgroupParent}`,
      securityContext: { namespaceOptions: { network: "POD", pid: "CONTAINER", ipc: "POD" } },
    },
  };
}
