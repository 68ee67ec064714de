import { hasCode } from "@drydock/kit";
import type { CheckTools, Gateway, LabCheck, LabCluster, Running } from "@drydock/labs";
import { ConfigMap, controllerOf, type KubeObject, type ResourceType } from "@drydock/machinery";

interface Page extends KubeObject {
  spec: { text?: string; copies?: number };
  status?: { ready?: number };
}

const Page: ResourceType<Page> = {
  group: "lab.drydock.dev",
  version: "v1",
  kind: "Page",
  plural: "pages",
  namespaced: true,
};

interface Stage {
  cluster: LabCluster;
  gateway: Gateway;
  program: Running;
}

let shared: Promise<Stage> | undefined;

function stage(t: CheckTools): Promise<Stage> {
  shared ??= (async () => {
    const cluster = await t.cluster({ without: ["scheduler"] });
    const gateway = await cluster.gateway();
    return { cluster, gateway, program: await t.start("pages.ts", [], { env: gateway.env }) };
  })();
  return shared;
}

function said({ program }: Stage): string {
  const line = program.stderr.split("\n").find((one) => /error/i.test(one));
  return line ? `; your program said: ${line.trim().slice(0, 200)}` : "";
}

function pageOf(name: string, spec: Page["spec"]): Page {
  return { apiVersion: "lab.drydock.dev/v1", kind: "Page", metadata: { name, namespace: "default" }, spec };
}

async function copiesOf({ cluster }: Stage, { metadata }: Page): Promise<ConfigMap[]> {
  const { items } = await cluster.client.list(ConfigMap, { namespace: "default" });
  return items.filter((copy) => controllerOf(copy)?.uid === metadata.uid);
}

/** The texts of its copies by name, as one line. */
async function shown(on: Stage, page: Page): Promise<string> {
  const copies = await copiesOf(on, page);
  return (
    copies
      .map(({ metadata, data }) => `${metadata.name}: ${data?.text}`)
      .sort()
      .join(", ") || "none"
  );
}

async function requireCopies(
  t: CheckTools,
  on: Stage,
  page: Page,
  count: number,
  text: string,
  when: string,
): Promise<void> {
  const expected = Array.from({ length: count }, (_, n) => `${page.metadata.name}-${n}: ${text}`).join(", ");
  let seen = "none";
  await t.until(async () => {
    seen = await shown(on, page);
    return seen === expected;
  }, on.cluster.patienceMs);
  if (seen !== expected)
    throw t.wrong(
      `${when} its copies are ${seen}, expected ${expected}${said(on)}`,
      "ConfigMaps that have the Page as their controller",
    );
}

export const steps: LabCheck = {
  async served(t) {
    const on = await stage(t);
    const served = await t.until(async () => {
      try {
        return await on.cluster.client.list(Page, { namespace: "default" });
      } catch (error) {
        if (hasCode(error, "API_NOT_FOUND")) return undefined;
        throw error;
      }
    }, on.cluster.patienceMs);
    if (served === undefined)
      throw t.wrong(
        `the cluster does not serve pages of lab.drydock.dev/v1, expected it to${said(on)}`,
        "the name of a CustomResourceDefinition is PLURAL.GROUP",
      );
  },

  async schema(t) {
    const on = await stage(t);
    const wrong: [string, unknown][] = [
      ["no text", { copies: 2 }],
      ["copies: 0", { text: "a", copies: 0 }],
      ["copies: 6", { text: "a", copies: 6 }],
      ['copies: "two"', { text: "a", copies: "two" }],
      ["a text of 101 letters", { text: "a".repeat(101) }],
    ];
    for (const [what, spec] of wrong) {
      try {
        await on.cluster.client.create(Page, pageOf(t.word(), spec as Page["spec"]));
      } catch (error) {
        if (hasCode(error, "API_INVALID", "API_BAD_REQUEST")) continue;
        throw error;
      }
      throw t.wrong(
        `a Page with ${what} was accepted, expected it to be refused`,
        "required, minimum, maximum, maxLength, type: in the schema",
      );
    }
    const { spec } = await on.cluster.client.create(Page, pageOf(t.word(), { text: t.word() }));
    if (spec.copies !== 1)
      throw t.wrong(
        `a Page without copies has ${JSON.stringify(spec.copies)} of them, expected 1`,
        "default: in the schema",
      );
  },

  async copies(t) {
    const on = await stage(t);
    const { client } = on.cluster;
    const [first, second] = [t.word(), t.word()];
    const page = await client.create(Page, pageOf(t.word(), { text: first, copies: 3 }));
    await requireCopies(t, on, page, 3, first, "a Page with copies 3:");
    await client.patch(Page, page.metadata, "merge", { spec: { text: second, copies: 5 } });
    await requireCopies(t, on, page, 5, second, "with another text and copies 5:");
    await client.patch(Page, page.metadata, "merge", { spec: { copies: 2 } });
    await requireCopies(t, on, page, 2, second, "with copies 2:");
    await client.delete(ConfigMap, { namespace: "default", name: `${page.metadata.name}-0` });
    await t.until(async () => (await copiesOf(on, page)).length === 2, on.cluster.patienceMs);
    await requireCopies(t, on, page, 2, second, "after somebody deleted a copy:");
  },

  async status(t) {
    const on = await stage(t);
    const { client } = on.cluster;
    const copies = t.number(2, 5);
    const page = await client.create(Page, pageOf(t.word(), { text: "text", copies }));
    let ready: number | undefined;
    await t.until(async () => {
      ready = (await client.get(Page, page.metadata)).status?.ready;
      return ready === copies;
    }, on.cluster.patienceMs);
    if (ready !== copies)
      throw t.wrong(
        `status.ready is ${ready ?? "not there"}, expected ${copies}${said(on)}`,
        "what the schema does not have is dropped",
      );
    const { status } = await client.patch(Page, page.metadata, "merge", { status: { ready: 99 } });
    if (status?.ready === 99)
      throw t.wrong(
        "a user who writes the Page can write status.ready, too (it was set to 99), expected the server to leave it alone",
        "subresources of the version",
      );
    const { body } = await client.stream("GET", "/apis/lab.drydock.dev/v1/namespaces/default/pages", {
      headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
    });
    let text = "";
    for await (const chunk of body) text += Buffer.from(chunk).toString();
    const { columnDefinitions = [] } = JSON.parse(text) as { columnDefinitions?: { name: string }[] };
    const names = columnDefinitions.map(({ name }) => name);
    if (!names.includes("Ready"))
      throw t.wrong(
        `get pages has the columns ${names.join(", ")}, expected one called Ready`,
        "additionalPrinterColumns",
      );
  },

  async deleted(t) {
    const on = await stage(t);
    const page = await on.cluster.client.create(Page, pageOf(t.word(), { text: "short", copies: 2 }));
    await requireCopies(t, on, page, 2, "short", "a Page with copies 2:");
    await on.cluster.client.delete(Page, page.metadata, { propagationPolicy: "Background" });
    await t.until(async () => (await copiesOf(on, page)).length === 0, 2 * on.cluster.patienceMs);
    const left = (await copiesOf(on, page)).length;
    if (left > 0)
      throw t.wrong(
        `its Page is gone and ${left} copies are still there, expected the garbage collector to take them`,
        "an owner reference with the Page's uid",
      );
  },
};
