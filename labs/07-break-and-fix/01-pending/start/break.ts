/**
 * node break.ts       breaks the cluster of KUBECONFIG, another way each time, and prints the namespace to look at. It needs three nodes:
 *                     drydock lab cluster --nodes 4 -- bash, or drydock up --nodes 3 --detach
 *
 * The check does the same to a cluster of its own. There is nothing to edit here.
 */
import { randomInt } from "node:crypto";
import { homedir } from "node:os";
import { type Client, createClient, loadKubeconfig, Namespace, Node, Workload } from "@drydock/machinery";

export interface Scene {
  namespace: string;
  /** What doctor.ts is to print. */
  findings: string[];
  /** A workload that is well. */
  healthy: string;
  /** A node that is closed for a reason, where there are enough nodes for one. */
  maintained: string | undefined;
  /** Of the taint that keeps others away. */
  taintKey: string;
  tainted: string;
}

export const maintenance = "example.com/maintenance";

const shops = ["cart", "search", "mail", "billing", "stock", "reviews", "login", "images"];

export async function breakCluster(client: Client, nodes: readonly string[]): Promise<Scene> {
  const [closed = "", tainted = "", plain = "", maintained] = shuffled(nodes);
  const [a = "", b = "", c = "", d = "", healthy = ""] = shuffled(shops);
  const namespace = word("shop");
  const taintKey = `example.com/${word("only")}`;
  const [front, batch, large] = [word("front"), word("batch"), word("large")];
  const [diskKey, disk] = [word("disk"), word("nvme")];
  const typo = `${disk.slice(0, -2)}${disk.at(-1)}${disk.at(-2)}`;
  const resource = randomInt(2) === 0 ? "cpu" : "memory";
  const tooMuch = resource === "cpu" ? `${randomInt(300, 900)}` : `${randomInt(3000, 9000)}Gi`;

  await client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const change = (name: string, patch: object): Promise<unknown> => client.patch(Node, { name }, "merge", patch);
  await change(closed, { metadata: { labels: { pool: front } }, spec: { unschedulable: true } });
  if (maintained) {
    const annotations = { [maintenance]: "the disk is being replaced" };
    await change(maintained, { metadata: { labels: { pool: front }, annotations }, spec: { unschedulable: true } });
  }
  const taints = [{ key: taintKey, value: "yes", effect: "NoSchedule" }];
  await change(tainted, { metadata: { labels: { pool: batch } }, spec: { taints } });
  await change(plain, { metadata: { labels: { pool: large, [diskKey]: disk } } });

  const create = (name: string, nodeSelector: Record<string, string>, request: Record<string, string> = {}) =>
    client.create(Workload, {
      apiVersion: "drydock.dev/v1",
      kind: "Workload",
      metadata: { name, namespace },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: {
            nodeSelector,
            terminationGracePeriodSeconds: 1,
            // Of another team, and nothing to do with what is wrong here.
            tolerations: [{ key: "example.com/spot", operator: "Exists", effect: "NoSchedule" }],
            containers: [
              {
                name: "main",
                image: "drydock/web:v1",
                resources: { requests: { cpu: "50m", memory: "16Mi", ...request } },
              },
            ],
          },
        },
      },
    });
  await create(healthy, { pool: large });
  await create(a, { pool: front });
  await create(b, { pool: batch });
  await create(c, { [diskKey]: typo });
  await create(d, { pool: large }, { [resource]: tooMuch });
  return {
    namespace,
    findings: [
      `${namespace}/${a} closed ${closed}`,
      `${namespace}/${b} taint ${taintKey}`,
      `${namespace}/${c} selector ${diskKey}=${typo}`,
      `${namespace}/${d} too-large ${resource}`,
    ],
    healthy,
    maintained,
    taintKey,
    tainted,
  };
}

function word(prefix: string): string {
  return `${prefix}-${randomInt(36 ** 3, 36 ** 4).toString(36)}${randomInt(10)}${"abcdef"[randomInt(6)]}`;
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: randomInt(1_000_000) }))
    .sort((x, y) => x.at - y.at)
    .map(({ item }) => item);
}

if (import.meta.main) {
  const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? `${homedir()}/.drydock/kubeconfig`));
  const nodes = (await client.list(Node)).items.map(({ metadata }) => metadata.name);
  if (nodes.length < 3)
    throw new Error(`the cluster has ${nodes.length} nodes, three are needed: drydock up --nodes 3`);
  console.log((await breakCluster(client, nodes)).namespace);
  await client.close();
}
