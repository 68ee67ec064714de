import { homedir } from "node:os";
import { type Client, createClient, loadKubeconfig, Pod, Workload } from "@drydock/machinery";

type Container = Workload["spec"]["template"]["spec"]["containers"][number];
type Cause = "registry" | "repository" | "tag" | "policy";

interface Reference {
  host: string;
  repository: string;
  tag: string;
}

const registry = process.env.REGISTRY ?? "127.0.0.1:5000";

/** The host ends at the first slash, the tag begins at the last colon: between them is the repository. Pure. */
function parse(image: string): Reference {
  const slash = image.indexOf("/");
  const colon = image.lastIndexOf(":");
  return { host: image.slice(0, slash), repository: image.slice(slash + 1, colon), tag: image.slice(colon + 1) };
}

/** What the registry says; undefined when it has no such thing. Rejects when nobody answers. */
async function ask<T>(host: string, path: string): Promise<T | undefined> {
  const response = await fetch(`http://${host}/v2/${path}`);
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${host} answered ${response.status}`);
  return (await response.json()) as T;
}

async function tagsOf(host: string, repository: string): Promise<string[] | undefined> {
  return (await ask<{ tags: string[] }>(host, `${repository}/tags/list`))?.tags;
}

async function causeOf({ host, repository, tag }: Reference, reason: string): Promise<Cause | undefined> {
  if (reason === "ErrImageNeverPull") return "policy";
  let tags: string[] | undefined;
  try {
    tags = await tagsOf(host, repository);
  } catch {
    // Refused, no route, no such name: whatever it is, nobody is there.
    return "registry";
  }
  if (!tags) return "repository";
  return tags.includes(tag) ? undefined : "tag";
}

function letters(name: string): string {
  return [...name].sort().join("");
}

/** Pure. */
function newest(tags: readonly string[]): string | undefined {
  const numbers = (tag: string): number[] => tag.split(".").map(Number);
  const compare = (a: string, b: string): number => {
    const [left, right] = [numbers(a), numbers(b)];
    return left.map((part, at) => part - (right[at] ?? 0)).find((difference) => difference !== 0) ?? 0;
  };
  return tags
    .filter((tag) => /^\d+\.\d+\.\d+$/.test(tag))
    .sort(compare)
    .at(-1);
}

async function cured(container: Container, reference: Reference, cause: Cause): Promise<Container> {
  const { host, repository, tag } = reference;
  switch (cause) {
    case "policy":
      return { ...container, imagePullPolicy: "IfNotPresent" };
    case "registry":
      return { ...container, image: `${registry}/${repository}:${tag}` };
    case "repository": {
      const catalog = await ask<{ repositories: string[] }>(host, "_catalog");
      const meant = catalog?.repositories.find((name) => letters(name) === letters(repository));
      if (!meant) throw new Error(`no repository of ${host} looks like ${repository}`);
      return { ...container, image: `${host}/${meant}:${tag}` };
    }
    case "tag":
      return { ...container, image: `${host}/${repository}:${newest((await tagsOf(host, repository)) ?? [])}` };
  }
}

function detail({ host, repository, tag }: Reference, cause: Cause): string {
  return { registry: host, repository, tag, policy: "Never" }[cause];
}

async function treat(client: Client, workload: Workload, pod: Pod): Promise<void> {
  const [container, ...others] = workload.spec.template.spec.containers;
  const reason = pod.status?.containerStatuses?.[0]?.state?.waiting?.reason ?? "";
  if (!container?.image || !/Image/.test(reason)) return;
  const reference = parse(container.image);
  const cause = await causeOf(reference, reason);
  if (!cause) return;
  const { namespace, name } = workload.metadata;
  console.log(`${namespace}/${name} ${cause} ${detail(reference, cause)}`);
  if (!process.argv.includes("--fix")) return;
  const containers = [await cured(container, reference, cause), ...others];
  await client.patch(Workload, workload.metadata, "merge", { spec: { template: { spec: { containers } } } });
}

const client = createClient(await loadKubeconfig(process.env.KUBECONFIG ?? `${homedir()}/.drydock/kubeconfig`));
const [pods, workloads] = await Promise.all([client.list(Pod), client.list(Workload)]);

for (const workload of workloads.items) {
  const pod = pods.items.find(({ metadata: { ownerReferences } }) =>
    ownerReferences?.some(({ uid }) => uid === workload.metadata.uid),
  );
  if (pod) await treat(client, workload, pod);
}
await client.close();
