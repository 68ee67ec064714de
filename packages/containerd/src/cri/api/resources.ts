export interface LinuxContainerResources {
  /** us */
  cpuPeriod?: number;
  cpuQuota?: number;
  cpuShares?: number;
  memoryLimitInBytes?: number;
  oomScoreAdj?: number;
  cpusetCpus?: string;
  cpusetMems?: string;
  hugepageLimits?: HugepageLimit[];
  /** Files of cgroup v2 and their content. */
  unified?: Record<string, string>;
  memorySwapLimitInBytes?: number;
}

export interface HugepageLimit {
  pageSize: string;
  limit: number;
}

export interface ContainerResources {
  linux: LinuxContainerResources | null;
}
