import { type Container, parseQuantity } from "@drydock/machinery";
import type { ContainerResources } from "../port/pod-runtime.ts";

/** Length of the period in which a CPU quota counts, microseconds (kubelet's default). */
const cpuPeriodUs = 100_000;
/** The kernel refuses smaller quotas. */
const minCpuQuotaUs = 1_000;
const minCpuShares = 2;
const maxCpuShares = 262_144;

/** Requests and limits in the kernel's units. Source: kubernetes pkg/kubelet/cm/helpers_linux.go. */
export function resourcesOf(container: Container): ContainerResources {
  const { requests = {}, limits = {} } = container.resources ?? {};
  const cpuRequest = requests.cpu ?? limits.cpu;
  const resources: ContainerResources = {};
  if (cpuRequest !== undefined) {
    const shares = Math.floor(parseQuantity(cpuRequest) * 1024);
    resources.cpuShares = Math.min(maxCpuShares, Math.max(minCpuShares, shares));
  }
  if (limits.cpu !== undefined && parseQuantity(limits.cpu) > 0) {
    resources.cpuPeriodUs = cpuPeriodUs;
    resources.cpuQuotaUs = Math.max(minCpuQuotaUs, Math.floor(parseQuantity(limits.cpu) * cpuPeriodUs));
  }
  if (limits.memory !== undefined && parseQuantity(limits.memory) > 0) {
    resources.memoryLimitBytes = Math.ceil(parseQuantity(limits.memory));
  }
  return resources;
}

export function memoryRequestBytes(container: Container): number {
  const quantity = container.resources?.requests?.memory ?? container.resources?.limits?.memory;
  return quantity === undefined ? 0 : parseQuantity(quantity);
}
