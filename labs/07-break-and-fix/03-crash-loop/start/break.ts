/**
 * node break.ts       makes a namespace with workloads that crash, another one each time, on the cluster of KUBECONFIG
 *
 * The check does the same to a cluster of its own. There is nothing to edit here.
 */
import { randomInt } from "node:crypto";
import { homedir } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { type Client, ConfigMap, createClient, loadKubeconfig, Namespace, Workload } from "@drydock/machinery";

export interface Scene {
  namespace: string;
  /** What doctor.ts is to print. */
  findings: string[];
  /** Fell over once at its start and is well since. */
  stumbled: string;
  /** The command that worked, of the workload whose program is misspelt now. */
  goodCommand: { workload: string; command: string[] };
  setting: { workload: string; name: string; value: string };
  probe: { workload: string; port: number };
}

type Container = Workload["spec"]["template"]["spec"]["containers"][number];

const names = ["cart", "search", "mail", "billing", "stock", "reviews", "login", "prices"];

export async function breakCluster(client: Client): Promise<Scene> {
  const namespace = `shop-${word()}`;
  const [a = "", b = "", c = "", stumbled = ""] = names
    .map((name) => ({ name, at: randomInt(1_000_000) }))
    .sort((x, y) => x.at - y.at)
    .map(({ name }) => name);
  const setting = { workload: b, name: `KEY_${word().toUpperCase()}`, value: word() };
  const probe = { workload: c, port: randomInt(8_000, 9_000) };
  const goodCommand = { workload: a, command: ["sh", "-c", `exec httpd -f -p ${randomInt(8_000, 9_000)}`] };

  await client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const data = { [setting.name]: setting.value, [`OLD_${setting.name}`]: word() };
  await client.create(ConfigMap, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace, name: "settings" },
    data,
  });

  const create = (name: string, container: Partial<Container>, volumes: object = {}): Promise<Workload> =>
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
            terminationGracePeriodSeconds: 0,
            containers: [{ name: "main", image: "drydock/web:v1", ...container }],
            ...volumes,
          },
        },
      },
    });

  await create(a, { command: goodCommand.command });
  await create(b, {
    command: [
      "sh",
      "-c",
      `[ -n "$${setting.name}" ] || { echo "fatal: no value for ${setting.name}" >&2; exit 78; }; exec httpd -f -p 8080`,
    ],
  });
  const wrongPort = probe.port + randomInt(1_000, 2_000);
  await create(c, {
    // With a page to serve: a 404 is a failed probe, too, and no cure of the port would help.
    command: ["httpd", "-f", "-p", String(probe.port), "-h", "/www"],
    ports: [{ containerPort: probe.port }],
    livenessProbe: {
      httpGet: { port: wrongPort },
      initialDelaySeconds: 1,
      periodSeconds: 1,
      timeoutSeconds: 10,
      failureThreshold: 2,
    },
  });
  await create(
    stumbled,
    {
      command: ["sh", "-c", "test -e /data/begun || { touch /data/begun; exit 3; }; exec httpd -f -p 8080"],
      volumeMounts: [{ name: "data", mountPath: "/data" }],
    },
    { volumes: [{ name: "data", emptyDir: {} }] },
  );

  // What worked until somebody changed it.
  const deadline = Date.now() + 60_000;
  while (((await client.get(Workload, { namespace, name: a })).status?.readyReplicas ?? 0) < 1) {
    if (Date.now() > deadline) throw new Error(`no pod of ${a} became ready within a minute`);
    await delay(100);
  }
  const program = `http-${word()}`;
  const good = (await client.get(Workload, { namespace, name: a })).spec.template.spec.containers;
  const containers = good.map((container) => ({ ...container, command: [program, ...goodCommand.command.slice(1)] }));
  await client.patch(Workload, { namespace, name: a }, "merge", { spec: { template: { spec: { containers } } } });
  return {
    namespace,
    findings: [
      `${namespace}/${a} command ${program}`,
      `${namespace}/${b} setting ${setting.name}`,
      `${namespace}/${c} probe ${wrongPort}`,
    ],
    stumbled,
    goodCommand,
    setting,
    probe,
  };
}

function word(): string {
  return randomInt(36 ** 4, 36 ** 5).toString(36);
}

if (import.meta.main) {
  const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? `${homedir()}/.drydock/kubeconfig`));
  const { namespace } = await breakCluster(client);
  console.log(`broken: give it half a minute, then look at the namespace ${namespace}`);
  await client.close();
}
