export interface EtcdArguments {
  name: string;
  dataPath: string;
  clientUrl: string;
  peerUrl: string;
  /** PEM file with certificate and key, shown to clients and peers. */
  serverFile: string;
  /** Who may connect. */
  caFile: string;
  progressIntervalMs: number;
  historyRetention: string;
  unsafeNoFsync: boolean;
}

/** The command line of a cluster of one member. Pure. */
export function etcdArguments(options: EtcdArguments): string[] {
  const { clientUrl, peerUrl, serverFile, caFile } = options;
  return [
    `--name=${options.name}`,
    `--data-dir=${options.dataPath}`,
    `--listen-client-urls=${clientUrl}`,
    `--advertise-client-urls=${clientUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=${options.name}=${peerUrl}`,
    `--cert-file=${serverFile}`,
    `--key-file=${serverFile}`,
    `--trusted-ca-file=${caFile}`,
    "--client-cert-auth",
    `--peer-cert-file=${serverFile}`,
    `--peer-key-file=${serverFile}`,
    `--peer-trusted-ca-file=${caFile}`,
    "--peer-client-cert-auth",
    // A member alone has nobody to wait for: it leads after one election timeout. 0.1 s instead of 1 to 2 s.
    "--heartbeat-interval=20",
    "--election-timeout=100",
    // 100 000, etcd's default, keeps that many entries of the log in memory.
    "--snapshot-count=10000",
    "--auto-compaction-mode=periodic",
    `--auto-compaction-retention=${options.historyRetention}`,
    // Watches of quiet prefixes learn how far they are, so that a compaction does not pass them (etcd: every 10 min).
    `--experimental-watch-progress-notify-interval=${options.progressIntervalMs}ms`,
    "--logger=zap",
    "--log-outputs=stderr",
    ...(options.unsafeNoFsync ? ["--unsafe-no-fsync"] : []),
  ];
}

/** Without ETCD_* variables, which would be taken for flags, and without proxies. */
export function etcdEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^ETCD_|_proxy$/i.test(name)));
}
