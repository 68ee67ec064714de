import { type Pki, startEtcd } from "@drydock/control-plane";
import { messageOf } from "@drydock/kit";
import type { Part } from "./keep-running.ts";
import type { Plan } from "./plan.ts";

export interface EtcdPart extends Part {
  endpoint: string;
}

/** The cluster's etcd. `port`: that of an earlier start, so that its clients find it again. */
export async function startEtcdPart({ paths, logger }: Plan, pki: Pki, port?: number): Promise<EtcdPart> {
  const etcd = await startEtcd({
    dataDir: paths.etcd,
    pki,
    logger,
    ...(port === undefined ? {} : { clientPort: port }),
  });
  return {
    pid: etcd.pid,
    endpoint: etcd.endpoints[0] as string,
    ended: etcd.failed.catch((error: unknown) => messageOf(error)),
    stop: () => etcd.close(),
  };
}
