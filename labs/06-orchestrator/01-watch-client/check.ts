import type { CheckTools, Gateway, LabCheck, LabCluster, Running } from "@drydock/labs";
import { ConfigMap, Secret } from "@drydock/machinery";

interface Stage {
  cluster: LabCluster;
  gateway: Gateway;
  program: Running;
  /** What the program should have told so far; it is compared line by line. */
  expected: Told[];
}

interface Told {
  type: string;
  name: string;
  value?: string;
}

const collection = "/api/v1/namespaces/default/configmaps";
let shared: Promise<Stage> | undefined;

/** The one cluster of this check, and the learner's program, started when a few ConfigMaps are there. */
function stage(t: CheckTools): Promise<Stage> {
  shared ??= (async () => {
    const cluster = await t.cluster({ without: ["controllers", "scheduler"] });
    const gateway = await cluster.gateway();
    const on: Omit<Stage, "program"> = { cluster, gateway, expected: [] };
    for (let n = 0; n < t.number(2, 5); n++) await put(on, t.word(), t.word());
    // Others may have made some before us; they are listed by name.
    const { items } = await cluster.client.list(ConfigMap, { namespace: "default" });
    on.expected = items.map(({ metadata, data }) => told("ADDED", metadata.name, data?.value));
    const program = await t.start("watch.ts", [], { env: gateway.env });
    return Object.assign(on, { program });
  })();
  return shared;
}

function told(type: string, name: string, value?: string): Told {
  return { type, name, ...(value === undefined ? {} : { value }) };
}

async function put({ cluster, expected }: Omit<Stage, "program">, name: string, value: string): Promise<void> {
  const object: ConfigMap = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default" },
    data: { value },
  };
  const isNew = !expected.some((one) => one.name === name);
  if (isNew) await cluster.client.create(ConfigMap, object);
  else await cluster.client.patch(ConfigMap, object.metadata, "merge", { data: { value } });
  expected.push(told(isNew ? "ADDED" : "MODIFIED", name, value));
}

async function remove({ cluster, expected }: Stage, name: string): Promise<void> {
  await cluster.client.delete(ConfigMap, { namespace: "default", name });
  expected.push(told("DELETED", name));
}

/** Names that are there, by what was told. */
function present({ expected }: Stage): string[] {
  const last = new Map(expected.map((one) => [one.name, one.type]));
  return [...last].filter(([, type]) => type !== "DELETED").map(([name]) => name);
}

/** Waits until as much was told as there is to tell, and compares. Order within `unordered` last lines does not matter. */
async function requireTold(t: CheckTools, on: Stage, when: string, hint: string, unordered = 0): Promise<void> {
  const { program, expected } = on;
  const lines = (): string[] => program.stdout.split("\n").filter((line) => line !== "");
  await t.until(() => lines().length >= expected.length, on.cluster.patienceMs);
  // What is told twice comes right behind.
  await t.until(() => lines().length > expected.length, 150);
  const seen = lines().map(short);
  const wanted = expected.map((one) => short(JSON.stringify(one)));
  const tail = <T>(list: T[]): T[] =>
    unordered > 0 ? [...list.slice(0, -unordered), ...list.slice(-unordered).sort()] : list;
  const [a, b] = [tail(seen), tail(wanted)];
  const at = b.findIndex((line, n) => a[n] !== line);
  const end = program.stderr.split("\n").find((line) => /error/i.test(line));
  if (at >= 0)
    throw t.wrong(
      `${when} it tells ${a[at] ?? "nothing"} in line ${at + 1}, expected ${b[at]}${end ? `; it said: ${end.trim().slice(0, 160)}` : ""}`,
      hint,
    );
  if (a.length > b.length) throw t.wrong(`${when} it tells ${a[b.length]}, expected nothing more`, hint);
  // In the order in which they were told, from now on.
  if (unordered > 0) on.expected = lines().map((line) => JSON.parse(line) as Told);
}

/** A line for people: without the 300 KB of a value. */
function short(line: string): string {
  try {
    const { type, name, value } = JSON.parse(line) as Told;
    const text =
      value === undefined
        ? ""
        : value.length > 40
          ? ` ${value.length} letters ending in ${value.slice(-6)}`
          : ` ${value}`;
    return `${type} ${name}${text}`;
  } catch {
    return line.slice(0, 80);
  }
}

function watches({ requests }: Gateway): Gateway["requests"] {
  return requests.filter(({ path, query }) => path === collection && query.has("watch"));
}

/** The program has a watch open. */
async function watching(t: CheckTools, { cluster, gateway, program }: Stage): Promise<void> {
  const open = await t.until(() => watches(gateway).some((one) => one.open && one.status === 200), cluster.patienceMs);
  if (!open)
    throw t.wrong(
      `after a while there is no watch open, expected one${program.stderr ? `; it said: ${program.stderr.trim().split("\n").at(-1)?.slice(0, 160)}` : ""}`,
      "when a watch ends, for whatever reason, the next one begins",
    );
}

export const steps: LabCheck = {
  async follow(t) {
    const on = await stage(t);
    const count = on.expected.length;
    await t.until(() => on.program.stdout.split("\n").length > count, on.cluster.patienceMs);
    await watching(t, on);
    const [a, b] = [t.word(), t.word()];
    await put(on, a, t.word());
    await put(on, b, t.word());
    await put(on, a, t.word());
    await remove(on, b);
    await requireTold(
      t,
      on,
      "after a create, another, a change and a deletion",
      "watch from the resourceVersion of the list: nothing lies between",
      0,
    );
    for (let n = 0; n < 20; n++) await put(on, a, `${n} ${t.word()}`);
    await requireTold(t, on, "after twenty changes in a row", "several events may come in one piece");
  },

  async pieces(t) {
    const on = await stage(t);
    const name = t.word();
    // Larger than any buffer on the way, and of letters of two, three and four bytes: it cannot but come in pieces.
    await put(on, name, `${"é€😀".repeat(t.number(30_000, 40_000))}${t.word()}`);
    await put(on, name, t.word());
    await requireTold(t, on, "after an event of 300 KB", "keep what is behind the last newline for the next piece");
  },

  async resume(t) {
    const on = await stage(t);
    const before = on.gateway.requests.length;
    for (let turn = 0; turn < 3; turn++) {
      on.gateway.cut();
      await put(on, t.word(), t.word());
      const [name = ""] = present(on);
      await put(on, name, t.word());
      await watching(t, on);
      const lists = on.gateway.requests
        .slice(before)
        .filter(({ path, query }) => path === collection && !query.has("watch"));
      if (lists.length > 0)
        throw t.wrong(
          "after its connection broke it listed, expected a watch alone: the history is there",
          "thousands of clients that list after each hiccup are what brings an API server down",
        );
      await put(on, name, t.word());
      await requireTold(
        t,
        on,
        "after its connection broke",
        "the next watch begins at the resourceVersion of the last event",
      );
    }
  },

  async bookmarks(t) {
    const on = await stage(t);
    const [name = ""] = present(on);
    await put(on, name, t.word());
    await requireTold(t, on, "after one more change", "");
    const { metadata } = await on.cluster.client.get(ConfigMap, { namespace: "default", name });
    const last = Number(metadata.resourceVersion);
    // Others are busy; of this resource there is nothing to tell.
    for (let n = 0; n < 5; n++)
      await on.cluster.client.create(Secret, {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: t.word(), namespace: "default" },
      });
    await t.until(() => false, 1200);
    const count = watches(on.gateway).length;
    on.gateway.cut();
    await watching(t, on);
    await t.until(() => watches(on.gateway).length > count, on.cluster.patienceMs);
    const next = watches(on.gateway).slice(count)[0];
    const from = next?.query.get("resourceVersion");
    if (Number(from) <= last)
      throw t.wrong(
        `a second of bookmarks after the last change, at revision ${last}, the next watch begins at ${from}, expected a later one`,
        "allowWatchBookmarks=true asks for them; an event of type BOOKMARK has nothing but a resourceVersion",
      );
  },

  async expired(t) {
    const on = await stage(t);
    const [gone = "", changed = ""] = present(on);
    const stays = present(on).length - 2;
    // While it cannot reach the server, the world goes on, and then forgets how.
    on.gateway.block();
    on.gateway.cut();
    const added = t.word();
    const value = t.word();
    await put(on, changed, t.word());
    await remove(on, gone);
    await put(on, added, t.word());
    await put(on, added, t.word());
    on.expected.splice(-4);
    await on.cluster.client.patch(ConfigMap, { namespace: "default", name: changed }, "merge", { data: { value } });
    const { data } = await on.cluster.client.get(ConfigMap, { namespace: "default", name: added });
    on.expected.push(told("DELETED", gone), told("MODIFIED", changed, value), told("ADDED", added, data?.value));
    await on.cluster.forgetHistory();
    on.gateway.unblock();
    await requireTold(
      t,
      on,
      `after a 410, with one deleted, one changed, one new and ${stays} as they were,`,
      "list, compare with what you have told, tell the difference",
      3,
    );
    await watching(t, on);
    await put(on, added, t.word());
    await requireTold(t, on, "after the new list", "watch from the list's resourceVersion");
  },
};
