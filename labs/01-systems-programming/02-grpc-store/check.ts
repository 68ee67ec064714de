import { join } from "node:path";
import type { CheckTools, LabCheck, Running } from "@drydock/labs";
import { type Client, credentials, loadPackageDefinition, type ServiceClientConstructor, status } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

interface Item {
  name: string;
  fields: Record<string, string>;
  version: number;
}
interface Answer {
  code: number;
  details: string;
  item?: Item;
  items?: Item[];
  created?: boolean;
  nextPageToken?: string;
  name?: string;
  fields?: Record<string, string>;
  version?: number;
}
interface Store {
  child: Running;
  call(method: string, request: object, ms?: number): Promise<Answer>;
}

// Not the learner's: who changes the .proto does not change what is expected.
const definition = loadSync(join(import.meta.dirname, "start", "store.proto"), { longs: Number, defaults: true });
const { drydock } = loadPackageDefinition(definition) as unknown as {
  drydock: { lab: { store: { v1: { Store: ServiceClientConstructor } } } };
};

async function serve(t: CheckTools, admitMs = 0): Promise<Store> {
  const socket = `${t.scratch}/${t.word()}.sock`;
  const child = await t.start("store.ts", [], { env: { SOCKET: socket, ADMIT_MS: String(admitMs) } });
  let over = false;
  void child.ended.then(() => {
    over = true;
  });
  await t.until(() => over || child.stdout.includes("listening"), 20_000);
  if (over || !child.stdout.includes("listening"))
    throw t.wrong(
      `the store did not say "listening" but: ${(child.stdout + child.stderr).slice(0, 200)}`,
      "SOCKET=/tmp/s node store.ts",
    );
  const client: Client & Record<string, unknown> = new drydock.lab.store.v1.Store(
    `unix:${socket}`,
    credentials.createInsecure(),
    { "grpc.use_local_subchannel_pool": 1 },
  );
  const call: Store["call"] = (method, request, ms = 10_000) =>
    new Promise((resolve) => {
      const made = client[method] as (
        request: object,
        options: object,
        done: (error: { code: number; details: string } | null, answer: object) => void,
      ) => void;
      made.call(client, request, { deadline: Date.now() + ms }, (error, answer) =>
        resolve(error ? { code: error.code, details: error.details } : { code: 0, details: "", ...answer }),
      );
    });
  return { child, call };
}

function shown({ code, details, ...answer }: Answer): string {
  return code === 0 ? `OK ${JSON.stringify(answer).slice(0, 150)}` : `${status[code]}${details ? ` "${details}"` : ""}`;
}

const apply = (store: Store, name: string, fields: Record<string, string>, more: object = {}): Promise<Answer> =>
  store.call("apply", { item: { name, fields }, ...more });

function fails(t: CheckTools, what: string, answer: Answer, code: status, mentions: string, hint?: string): void {
  if (answer.code !== code) throw t.wrong(`${what} is ${shown(answer)}, expected ${status[code]}`, hint);
  if (!answer.details.includes(mentions))
    throw t.wrong(`${what} is ${shown(answer)}, expected the details to name ${mentions}`, hint);
}

export const steps: LabCheck = {
  async apply(t) {
    const store = await serve(t);
    const [name, value] = [t.word(), t.word()];
    const made = await apply(store, name, { value });
    if (made.created !== true || made.item?.version !== 1)
      throw t.wrong(`the first Apply is ${shown(made)}, expected created and version 1`, "version is the store's own");
    const found = await store.call("get", { name });
    if (found.fields?.value !== value) throw t.wrong(`Get is ${shown(found)}, expected the value ${value}`);
    const changed = await apply(store, name, { value, more: "x" });
    if (changed.created !== false || changed.item?.version !== 2)
      throw t.wrong(`Apply with another field is ${shown(changed)}, expected version 2 and created false`);
    const same = await apply(store, name, { more: "x", value });
    if (same.item?.version !== 2)
      throw t.wrong(
        `Apply of what is there already is ${shown(same)}, expected still version 2`,
        "whatever the order of the fields",
      );
    const gone = await store.call("delete", { name });
    if (gone.code !== 0) throw t.wrong(`Delete is ${shown(gone)}, expected OK`);
    fails(t, "Get of what was deleted", await store.call("get", { name }), status.NOT_FOUND, name);
  },

  async statuses(t) {
    const store = await serve(t);
    const name = t.word();
    fails(t, "Delete of what is not there", await store.call("delete", { name }), status.NOT_FOUND, name);
    fails(t, "Apply of the name A/b", await apply(store, "A/b", {}), status.INVALID_ARGUMENT, "item.name");
    fails(t, "Apply without an item", await store.call("apply", {}), status.INVALID_ARGUMENT, "item");
    await apply(store, name, { n: "1" });
    await apply(store, name, { n: "2" });
    const hint = "ABORTED: read again, and try again. FAILED_PRECONDITION would mean: do not try again";
    fails(
      t,
      "Apply with expected_version 1 of version 2",
      await apply(store, name, { n: "3" }, { expectedVersion: 1 }),
      status.ABORTED,
      "2",
      hint,
    );
    const right = await apply(store, name, { n: "3" }, { expectedVersion: 2 });
    if (right.item?.version !== 3) throw t.wrong(`Apply with the right version is ${shown(right)}, expected version 3`);
    const inside = await apply(store, t.word(), { policy: "down" });
    fails(
      t,
      "Apply when the policy server is down",
      inside,
      status.INTERNAL,
      "internal error",
      "what is thrown in an async handler reaches nobody",
    );
    if (/10\.0\.0/.test(inside.details))
      throw t.wrong(`a stranger is told "${inside.details}", expected "internal error" and the rest in the log`);
    const after = await store.call("get", { name }, 3000);
    if (after.code !== 0) throw t.wrong(`after a failure inside, Get is ${shown(after)}, expected the store to go on`);
  },

  async deadline(t) {
    const store = await serve(t, 1500);
    const name = t.word();
    const late = await store.call("apply", { item: { name, fields: {} } }, 300);
    if (late.code !== status.DEADLINE_EXCEEDED)
      throw t.wrong(`Apply with 300 ms for work of 1500 is ${shown(late)}, expected DEADLINE_EXCEEDED`);
    const said = await t.until(() => /^(cancelled|admitted) /m.exec(store.child.stdout)?.[1], 10_000);
    if (said !== "cancelled")
      throw t.wrong(
        "the client gave up after 300 ms, and the store went on working for it, expected it to stop",
        "admit takes a signal; the call says when it was cancelled",
      );
    fails(t, "Get of what the client was told had failed", await store.call("get", { name }), status.NOT_FOUND, name);
    const inTime = await store.call("apply", { item: { name, fields: {} } }, 10_000);
    if (inTime.created !== true) throw t.wrong(`Apply with time enough is ${shown(inTime)}, expected created`);
  },

  async pages(t) {
    const store = await serve(t);
    const names = Array.from({ length: t.number(8, 12) }, () => t.word()).sort();
    for (const name of names.toReversed()) await apply(store, name, {});
    const first = await store.call("list", { pageSize: 3 });
    const seen = (first.items ?? []).map(({ name }) => name);
    if (seen.join() !== names.slice(0, 3).join())
      throw t.wrong(`the first page of 3 has ${seen.join(", ")}, expected ${names.slice(0, 3).join(", ")}: by name`);
    // Between two pages something goes from the first, and something comes before it.
    await store.call("delete", { name: names[0] as string });
    await store.call("delete", { name: names[1] as string });
    await apply(store, "a-0", {});
    let token = first.nextPageToken ?? "";
    for (let pages = 1; token !== "" && pages < 20; pages++) {
      const page = await store.call("list", { pageSize: 3, pageToken: token });
      if ((page.items?.length ?? 4) > 3) throw t.wrong(`a page of 3 is ${shown(page)}, expected at most 3 items`);
      seen.push(...(page.items ?? []).map(({ name }) => name));
      token = page.nextPageToken ?? "";
    }
    const lacking = names.filter((name) => !seen.includes(name));
    if (lacking.length > 0 || seen.length !== names.length)
      throw t.wrong(
        `while two items went and one came, the pages had ${seen.length} items and lacked ${lacking.join(", ") || "none"}, expected each of ${names.length} once`,
        "a position that is counted from the beginning moves when the beginning changes",
      );
    const whole = await store.call("list", {});
    if (whole.items?.length !== names.length - 1 || whole.nextPageToken !== "")
      throw t.wrong(`List without a size is ${shown(whole)}, expected all ${names.length - 1} items and no token`);
    fails(
      t,
      "List with a token that nobody gave",
      await store.call("list", { pageToken: t.word() }),
      status.INVALID_ARGUMENT,
      "page_token",
    );
  },

  async once(t) {
    const store = await serve(t, 300);
    const [name, requestId] = [t.word(), t.word()];
    const copies = await Promise.all([1, 2, 3].map(() => apply(store, name, { n: "1" }, { requestId })));
    if (copies.some(({ created, item }) => created !== true || item?.version !== 1))
      throw t.wrong(
        `three copies of a request, sent at once, are ${copies.map((one) => `created ${one.created}`).join(", ")}, expected the same answer for all: created`,
        "the second comes while the first is still under way",
      );
    await apply(store, name, { n: "2" });
    const late = await apply(store, name, { n: "1" }, { requestId });
    const now = await store.call("get", { name });
    if (late.created !== true || now.fields?.n !== "2")
      throw t.wrong(
        `a copy that comes late is ${shown(late)} and the item ${shown(now)}, expected the first answer again and n "2"`,
        "who sends again does not know that the first has arrived, and that others have written since",
      );
    const retried = { item: { name: t.word(), fields: {} }, requestId: t.word() };
    const cut = await store.call("apply", retried, 100);
    const again = await store.call("apply", retried);
    if (cut.code === 0 || again.created !== true)
      throw t.wrong(
        `a request that failed (${shown(cut)}) and is sent again is ${shown(again)}, expected created`,
        "only what succeeded may be remembered",
      );
  },
};
