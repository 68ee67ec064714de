import type { Empty } from "../../api/common.ts";
import type { UInt64Value } from "./common.ts";

export type ListMetricDescriptorsRequest = Empty;

export interface ListMetricDescriptorsResponse {
  descriptors: MetricDescriptor[];
}

export interface MetricDescriptor {
  name: string;
  help: string;
  labelKeys: string[];
}

export type ListPodSandboxMetricsRequest = Empty;

export interface ListPodSandboxMetricsResponse {
  podMetrics: PodSandboxMetrics[];
}

export type StreamPodSandboxMetricsRequest = Empty;

export interface StreamPodSandboxMetricsResponse {
  podSandboxMetrics: PodSandboxMetrics[];
}

export interface PodSandboxMetrics {
  podSandboxId: string;
  metrics: Metric[];
  containerMetrics: ContainerMetrics[];
}

export interface ContainerMetrics {
  containerId: string;
  metrics: Metric[];
}

export type MetricType = "COUNTER" | "GAUGE";

export interface Metric {
  name: string;
  timestamp: number;
  metricType: MetricType;
  /** In the order of the descriptor's label_keys. */
  labelValues: string[];
  value: UInt64Value | null;
}
