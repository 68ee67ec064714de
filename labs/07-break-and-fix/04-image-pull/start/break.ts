/**
 * The workloads of this lab, whose images cannot be had. The check makes them on a cluster of its own, beside a registry of its own. There
 * is nothing to edit here; the guide says how to look at such pods by hand.
 */
import { randomInt } from "node:crypto";
import { type Client, Namespace, Workload } from "@drydock/machinery";

export interface Scene {
  namespace: string;
  /** What doctor.ts is to print. */
  findings: string[];
  /** The image that each workload should have in the end, by its name. */
  images: Record<string, string>;
  healthy: string;
  never: string;
}

/** What the registry has: repository to tags. */
export interface Shelf {
  namespace: string;
  repositories: Record<string, string[]>;
  names: string[];
}

const products = ["cart", "search", "mailer", "billing", "stock", "reviews", "login", "prices"];

/** Repositories and tags that nobody knows beforehand. */
export function fillShelf(): Shelf {
  const team = word();
  const names = products
    .map((name) => ({ name, at: randomInt(1_000_000) }))
    .sort((x, y) => x.at - y.at)
    .slice(0, 5)
    .map(({ name }) => name);
  const repositories = Object.fromEntries(
    names.map((name) => {
      const [major, minor] = [randomInt(1, 9), randomInt(0, 9)];
      // As a registry lists them: as texts. The last of the list is not the newest.
      const tags = [8, 9, 10, 11].map((patch) => `${major}.${minor}.${patch}`);
      return [`${team}/${name}`, [...tags, "latest"].sort()];
    }),
  );
  return { namespace: team, repositories, names };
}

export async function breakCluster(client: Client, shelf: Shelf, registry: string): Promise<Scene> {
  const { names } = shelf;
  const namespace = `shop-${word()}`;
  const [a = "", b = "", c = "", d = "", healthy = ""] = names;
  const repositoryOf = (name: string): string => `${shelf.namespace}/${name}`;
  const tagsOf = (name: string): string[] => shelf.repositories[repositoryOf(name)] ?? [];
  const newest = (name: string): string => tagsOf(name).find((tag) => tag.endsWith(".11")) ?? "";
  const image = (name: string, tag = newest(name)): string => `${registry}/${repositoryOf(name)}:${tag}`;
  const missingTag = newest(a).replace(/11$/, String(randomInt(12, 99)));
  const typo = `${shelf.namespace}/${swapped(b)}`;
  const deadHost = `127.0.0.1:${randomInt(1, 900)}`;

  await client.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const create = (name: string, reference: string, imagePullPolicy?: "Never"): Promise<Workload> =>
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
            containers: [
              {
                name: "main",
                image: reference,
                ...(imagePullPolicy ? { imagePullPolicy } : {}),
                env: [{ name: "TEAM", value: word() }],
              },
            ],
          },
        },
      },
    });
  await create(a, image(a, missingTag));
  await create(b, `${registry}/${typo}:${newest(b)}`);
  await create(c, `${deadHost}/${repositoryOf(c)}:${newest(c)}`);
  await create(d, image(d), "Never");
  // Not the newest, and nobody's business.
  const older = image(
    healthy,
    tagsOf(healthy).find((tag) => tag.endsWith(".9")),
  );
  await create(healthy, older);
  return {
    namespace,
    findings: [
      `${namespace}/${a} tag ${missingTag}`,
      `${namespace}/${b} repository ${typo}`,
      `${namespace}/${c} registry ${deadHost}`,
      `${namespace}/${d} policy Never`,
    ],
    images: { [a]: image(a), [b]: image(b), [c]: image(c), [d]: image(d), [healthy]: older },
    healthy,
    never: d,
  };
}

/** Two neighbours that differ, exchanged. */
function swapped(name: string): string {
  const places = [...name].flatMap((letter, at) => (at + 1 < name.length && name[at + 1] !== letter ? [at] : []));
  const at = places[randomInt(places.length)] ?? 0;
  return `${name.slice(0, at)}${name[at + 1]}${name[at]}${name.slice(at + 2)}`;
}

function word(): string {
  return `t${randomInt(36 ** 4, 36 ** 5).toString(36)}`;
}
