import type { CheckTools, Gateway, LabCheck, LabCluster, Running } from "@drydock/labs";
import { ConfigMap } from "@drydock/machinery";

interface Stage {
  cluster: LabCluster;
  gateway: Gateway;
  program: Running;
  /** What is there, name and value. */
  content: Map<string, string>;
  /** Lines that have been looked at. */
  read: number;
}

let shared: Promise<Stage> | undefined;

function stage(t: CheckTools): Promise<Stage> {
  shared ??= (async () => {
    const cluster = await t.cluster({ without: ["controllers", "scheduler"] });
    const gateway = await cluster.gateway();
    const { items } = await cluster.client.list(ConfigMap, { namespace: "default" });
    const content = new Map(items.map(({ metadata, data }) => [metadata.name, (data?.value ?? "-").slice(0, 20)]));
    const on: Omit<Stage, "program"> = { cluster, gateway, content, read: 0 };
    for (let n = 0; n < t.number(3, 6); n++) await put(on, t.word(), t.word());
    return Object.assign(on, { program: await t.start("main.ts", [], { env: gateway.env }) });
  })();
  return shared;
}

async function put(
  { cluster, content }: Pick<Stage, "cluster" | "content">,
  name: string,
  value: string,
): Promise<void> {
  const metadata = { name, namespace: "default" };
  if (content.has(name)) await cluster.client.patch(ConfigMap, metadata, "merge", { data: { value } });
  else await cluster.client.create(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata, data: { value } });
  content.set(name, value);
}

async function remove({ cluster, content }: Stage, name: string): Promise<void> {
  await cluster.client.delete(ConfigMap, { name, namespace: "default" });
  content.delete(name);
}

function lines({ program }: Stage): string[] {
  return program.stdout.split("\n").slice(0, -1);
}

/** The next `count` lines that it says; fewer when no more come. And those that come right behind. */
async function said(t: CheckTools, on: Stage, count: number): Promise<string[]> {
  await t.until(() => lines(on).length >= on.read + count, on.cluster.patienceMs);
  await t.until(() => lines(on).length > on.read + count, 150);
  const fresh = lines(on).slice(on.read);
  on.read += fresh.length;
  return fresh;
}

function error({ program }: Stage): string {
  const line = program.stderr.split("\n").find((one) => /error/i.test(one));
  return line ? `; it said: ${line.trim().slice(0, 160)}` : "";
}

function requireLines(
  t: CheckTools,
  on: Stage,
  when: string,
  seen: readonly string[],
  expected: readonly string[],
  hint: string,
): void {
  const at = expected.findIndex((line, n) => seen[n] !== line);
  const [got, wanted] = [seen[at], expected[at]];
  if (
    got !== undefined &&
    wanted !== undefined &&
    got.split(" ").slice(0, 4).join() === wanted.split(" ").slice(0, 4).join()
  )
    throw t.wrong(
      `${when} a handler is told "${wanted.split(" ").slice(1, 4).join(" ")}" while the cache has ${got.split(" ")[4]}, expected ${wanted.split(" ")[4]}`,
      "change the cache first, then tell",
    );
  if (at >= 0) throw t.wrong(`${when} it says "${got ?? "nothing"}", expected "${wanted}"${error(on)}`, hint);
  if (seen.length > expected.length)
    throw t.wrong(`${when} it says "${seen[expected.length]}", expected nothing more`, hint);
}

async function requireCache(t: CheckTools, on: Stage, when: string): Promise<void> {
  on.program.write("list\n");
  const [line = "nothing"] = (await said(t, on, 1)).filter((one) => one.startsWith("list"));
  const expected = `list ${[...on.content]
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join(" ")}`;
  if (line !== expected)
    throw t.wrong(
      `${when} the cache has "${line}", expected "${expected}"${error(on)}`,
      "what is listed, then what is watched",
    );
}

const requestsSince = ({ gateway }: Stage, from: number): Gateway["requests"] =>
  gateway.requests.slice(from).filter(({ path }) => path.endsWith("/configmaps"));

export const steps: LabCheck = {
  async synced(t) {
    const on = await stage(t);
    const added = [...on.content].sort().map(([name, value]) => `1 added ${name} ${value} ${value}`);
    const seen = await said(t, on, added.length + 1);
    const before = seen.slice(0, seen.indexOf("synced")).sort();
    if (!seen.includes("synced") || before.length < added.length) {
      await requireCache(
        t,
        on,
        seen.includes("synced") ? "when it says that it is synced" : "after a while, without a word of being synced,",
      );
      throw t.wrong(
        `when it is synced a handler has heard of ${before.length} objects, expected ${added.length}${error(on)}`,
        "synced comes after the last of them was told",
      );
    }
    requireLines(t, on, "at the beginning", before, added, "all that is there is added");
    await requireCache(t, on, "when it says that it is synced");
    const lists = requestsSince(on, 0).filter(({ query }) => !query.has("watch")).length;
    const watches = requestsSince(on, 0).filter(({ query }) => query.has("watch"));
    if (lists > 1 || watches.length !== 1)
      throw t.wrong(`it has made ${lists} lists and ${watches.length} watches, expected one of each at most`);
  },

  async events(t) {
    const on = await stage(t);
    const [a, b] = [t.word(), t.word()];
    const values = Array.from({ length: 6 }, () => t.word());
    const expected: string[] = [];
    for (const [n, value] of values.entries()) {
      await put(on, a, value);
      expected.push(`1 ${n === 0 ? "added" : "updated"} ${a} ${value} ${value}`);
    }
    await put(on, b, "x");
    await remove(on, b);
    expected.push(`1 added ${b} x x`, `1 deleted ${b} x -`);
    requireLines(
      t,
      on,
      "after a create, five changes, another create and a deletion",
      await said(t, on, expected.length),
      expected,
      "added, updated or deleted: the cache knows which",
    );
    await requireCache(t, on, "after that");
  },

  async shared(t) {
    const on = await stage(t);
    const from = on.gateway.requests.length;
    on.program.write("handler\n");
    const added = [...on.content].sort().map(([name, value]) => `2 added ${name} ${value} ${value}`);
    const seen = (await said(t, on, added.length + 1)).filter((line) => line !== "did handler").sort();
    requireLines(t, on, "a second handler", seen, added, "the cache has what it has missed");
    if (requestsSince(on, from).length > 0)
      throw t.wrong(
        `for a second handler it made ${requestsSince(on, from).length} requests, expected none`,
        "one watch for everybody",
      );
    const [name = ""] = on.content.keys();
    await put(on, name, "both");
    const both = ["1", "2"].map((number) => `${number} updated ${name} both both`);
    requireLines(t, on, "with two handlers", (await said(t, on, 2)).sort(), both, "each hears of each change");
  },

  async restart(t) {
    const on = await stage(t);
    await on.cluster.controlPlane.kill();
    const from = on.gateway.requests.length;
    await t.until(() => false, 1000);
    const attempts = requestsSince(on, from).length;
    if (attempts > 20)
      throw t.wrong(
        `in the second without an API server it made ${attempts} requests, expected a few, with longer and longer pauses`,
        "a server that starts is not helped by those who cannot wait",
      );
    if (attempts === 0)
      throw t.wrong(
        "in the second without an API server it made no request, expected it to try again",
        "a watch ends, or throws: both are not the end",
      );
    await on.cluster.controlPlane.start();
    const [name = ""] = on.content.keys();
    const added = t.word();
    await put(on, name, "after");
    await put(on, added, "new");
    const expected = ["1", "2"].flatMap((number) => [
      `${number} updated ${name} after after`,
      `${number} added ${added} new new`,
    ]);
    requireLines(
      t,
      on,
      "after the API server came back",
      (await said(t, on, 4)).sort(),
      expected.sort(),
      "go on where you were",
    );
    const lists = requestsSince(on, from).filter(({ query, status }) => !query.has("watch") && status === 200).length;
    if (lists > 0)
      throw t.wrong(
        `after the API server came back it listed ${lists} times, expected none: etcd still knew what had happened`,
        "keep the revision",
      );
  },

  async expired(t) {
    const on = await stage(t);
    const [gone = "", changed = ""] = on.content.keys();
    const last = on.content.get(gone);
    on.gateway.block();
    on.gateway.cut();
    await remove(on, gone);
    await put(on, changed, "meanwhile");
    const added = t.word();
    await put(on, added, "late");
    await on.cluster.forgetHistory();
    on.gateway.unblock();
    const expected = ["1", "2"].flatMap((number) => [
      `${number} deleted ${gone} ${last} -`,
      `${number} updated ${changed} meanwhile meanwhile`,
      `${number} added ${added} late late`,
    ]);
    requireLines(
      t,
      on,
      "after the history was forgotten",
      (await said(t, on, 6)).sort(),
      expected.sort(),
      "compare the new list with the cache; who has a disk for the deleted one wants to know",
    );
    await requireCache(t, on, "after that");
  },

  async stop(t) {
    const on = await stage(t);
    on.program.write("stop\n");
    const [line] = await said(t, on, 1);
    if (line !== "did stop")
      throw t.wrong(`stop did not end (${line ?? "nothing said"}), expected it to`, "client.watch takes a signal");
    await t.until(() => !on.gateway.requests.some(({ open }) => open), 3000);
    const open = on.gateway.requests.filter((request) => request.open);
    if (open.length > 0)
      throw t.wrong(
        `after stop ${open.length} watch is still open, expected none`,
        "abort the signal that the watch was given",
      );
    await put(on, t.word(), "unheard");
    const [more] = await said(t, on, 0);
    if (more) throw t.wrong(`after stop a handler is told "${more}", expected silence`);
  },
};
