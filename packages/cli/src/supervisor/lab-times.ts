/**
 * How soon a cluster on one machine takes a silent node for lost, and its pods for in need of another. Kubernetes waits 40 s and then five
 * minutes, because networks have hiccups; here a learner has killed the node and watches. Two missed beats are still forgiven.
 */
export const labTimes = { heartbeat: "2s", nodeMonitorGrace: "10s", podEvictionDelay: "10s" } as const;
