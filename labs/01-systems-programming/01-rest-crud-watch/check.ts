import { get, type IncomingMessage, request } from "node:http";
import type { CheckTools, LabCheck } from "@drydock/labs";

interface Thing {
  metadata: { name: string; uid: string; resourceVersion: string; generation: number; labels?: Record<string, string> };
  spec?: unknown;
  status?: unknown;
}
interface Answer {
  code: number;
  body: Record<string, unknown> & Partial<Thing>;
}
interface Event {
  type: string;
  object: Thing;
}

let nextPort = 26_000;

async function serve(t: CheckTools): Promise<number> {
  nextPort += t.number(1, 50);
  const port = nextPort;
  const child = await t.start("api.ts", [], { env: { PORT: String(port) } });
  let over = false;
  void child.ended.then(() => {
    over = true;
  });
  await t.until(() => over || child.stdout.includes("listening"), 20_000);
  if (over || !child.stdout.includes("listening"))
    throw t.wrong(
      `the server did not say "listening" but: ${(child.stdout + child.stderr).slice(0, 200)}`,
      "PORT=8080 node api.ts",
    );
  return port;
}

function call(port: number, method: string, path: string, body?: unknown): Promise<Answer> {
  return new Promise((resolve) => {
    const options = { host: "127.0.0.1", port, path, method, timeout: 10_000 };
    const sent = request(options, (response: IncomingMessage) => {
      let text = "";
      response.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on("end", () => {
        const code = response.statusCode ?? 0;
        try {
          resolve({ code, body: (JSON.parse(text) as Answer["body"] | null) ?? {} });
        } catch {
          resolve({ code, body: { text } });
        }
      });
    });
    sent.on("timeout", () => sent.destroy(new Error("no answer within 10 s")));
    sent.on("error", (error) => resolve({ code: 0, body: { text: error.message } }));
    sent.end(body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body));
  });
}

const shown = ({ code, body }: Answer): string => `${code} ${JSON.stringify(body).slice(0, 120)}`;

interface Watch {
  events: Event[];
  code(): number;
  close(): void;
}

function watch(port: number, query: string): Watch {
  const events: Event[] = [];
  let code = 0;
  const sent = get({ host: "127.0.0.1", port, path: `/things?watch=1&${query}` }, (response) => {
    code = response.statusCode ?? 0;
    let rest = "";
    response.on("data", (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        try {
          events.push(JSON.parse(line) as Event);
        } catch {
          events.push({ type: `a line that is no JSON: ${line.slice(0, 40)}`, object: { metadata: {} } as Thing });
        }
      }
    });
    response.on("error", () => {});
  });
  sent.on("error", () => {});
  return { events, code: () => code, close: () => sent.destroy() };
}

const line = ({ type, object }: Event): string =>
  `${type} ${object?.metadata?.name}@${object?.metadata?.resourceVersion}`;
const lines = (events: readonly Event[]): string => events.map(line).join(", ") || "nothing";

function status(t: CheckTools, what: string, answer: Answer, code: number, reason: string, hint?: string): void {
  const { code: seen, body } = answer;
  if (seen !== code || body.kind !== "Status" || body.reason !== reason || typeof body.message !== "string")
    throw t.wrong(`${what} is ${shown(answer)}, expected ${code} and a Status with the reason ${reason}`, hint);
}

async function create(t: CheckTools, port: number, thing: unknown): Promise<Thing> {
  const made = await call(port, "POST", "/things", thing);
  if (made.code !== 201) throw t.wrong(`POST /things is ${shown(made)}, expected 201 and the object`);
  return made.body as unknown as Thing;
}

export const steps: LabCheck = {
  async crud(t) {
    const port = await serve(t);
    const [name, value] = [t.word(), t.word()];
    const made = await create(t, port, { metadata: { name }, spec: { value } });
    if (!made.metadata?.uid || made.metadata.resourceVersion !== "1")
      throw t.wrong(
        `the first object has ${JSON.stringify(made.metadata)}, expected a uid and the resourceVersion "1"`,
        "a text, not a number: for clients it has no meaning but same or not the same",
      );
    const read = await call(port, "GET", `/things/${name}`);
    if (JSON.stringify(read.body.spec) !== JSON.stringify({ value }))
      throw t.wrong(`GET /things/${name} is ${shown(read)}, expected the object that was created`);
    status(t, "GET of a thing that is not there", await call(port, "GET", "/things/none"), 404, "NotFound");
    status(
      t,
      "a second POST of the same name",
      await call(port, "POST", "/things", { metadata: { name } }),
      409,
      "AlreadyExists",
      "POST creates and never replaces",
    );
    status(
      t,
      "POST with the name A/../b",
      await call(port, "POST", "/things", { metadata: { name: "A/../b" } }),
      422,
      "Invalid",
    );
    status(t, "POST of something that is no JSON", await call(port, "POST", "/things", "{"), 422, "Invalid");
    status(
      t,
      "PUT of a thing that is not there",
      await call(port, "PUT", "/things/none", { metadata: {} }),
      404,
      "NotFound",
    );
    for (const other of ["zz", "aa", "mm"]) await create(t, port, { metadata: { name: other } });
    const gone = await call(port, "DELETE", "/things/mm");
    if (gone.code !== 200) throw t.wrong(`DELETE is ${shown(gone)}, expected 200 and the object`);
    status(t, "a second DELETE", await call(port, "DELETE", "/things/mm"), 404, "NotFound");
    const list = await call(port, "GET", "/things");
    const names = ((list.body.items ?? []) as Thing[]).map(({ metadata }) => metadata.name).join();
    const expected = ["aa", name, "zz"].sort().join();
    if (names !== expected) throw t.wrong(`the list has ${names}, expected ${expected}: by name`);
    const { resourceVersion } = (list.body.metadata ?? {}) as Thing["metadata"];
    if (resourceVersion !== "5")
      throw t.wrong(
        `after four creates and a delete the list's resourceVersion is ${JSON.stringify(resourceVersion)}, expected "5"`,
        "a delete is a change, too",
      );
  },

  async conflict(t) {
    const port = await serve(t);
    const name = t.word();
    const first = await create(t, port, { metadata: { name }, spec: { n: 0 } });
    const path = `/things/${name}`;
    const second = await call(port, "PUT", path, { ...first, spec: { n: 0, by: "one" } });
    if (second.code !== 200) throw t.wrong(`a PUT with the current version is ${shown(second)}, expected 200`);
    status(
      t,
      "a PUT made from the version before",
      await call(port, "PUT", path, { ...first, spec: { n: 0, by: "two" } }),
      409,
      "Conflict",
      "metadata.resourceVersion of the body is the version that the client has read",
    );
    const free = await call(port, "PUT", path, { metadata: { name }, spec: { n: 0 } });
    if (free.code !== 200)
      throw t.wrong(`a PUT without a resourceVersion is ${shown(free)}, expected 200: the client does not care`);
    const writers = t.number(5, 9);
    let conflicts = 0;
    const count = async (): Promise<void> => {
      for (let done = 0; done < 10; ) {
        const { body } = await call(port, "GET", path);
        const { n } = body.spec as { n: number };
        const answer = await call(port, "PUT", path, { ...body, spec: { n: n + 1 } });
        if (answer.code === 200) done++;
        else if (answer.code === 409) conflicts++;
        else throw t.wrong(`a PUT beside others is ${shown(answer)}, expected 200 or 409`);
      }
    };
    await Promise.all(Array.from({ length: writers }, count));
    const { n } = ((await call(port, "GET", path)).body.spec ?? {}) as { n?: number };
    if (n !== writers * 10)
      throw t.wrong(
        `${writers} clients counted to ${n} together, expected ${writers * 10} (${conflicts} conflicts)`,
        "between comparing the version and writing there must be no await",
      );
  },

  async owned(t) {
    const port = await serve(t);
    const name = t.word();
    const made = await create(t, port, {
      metadata: { name, uid: "mine", generation: 77, resourceVersion: "900" },
      spec: { a: 1 },
      status: { ok: true },
    });
    const { uid, generation, resourceVersion } = made.metadata;
    if (uid === "mine" || generation !== 1 || resourceVersion !== "1")
      throw t.wrong(
        `a client's uid, generation and version are taken: ${JSON.stringify(made.metadata)}, expected the server's own`,
        "take name and labels out of what was sent, and nothing else of metadata",
      );
    const path = `/things/${name}`;
    const again = await call(port, "PUT", path, made);
    if (again.body.metadata?.resourceVersion !== "1")
      throw t.wrong(
        `a PUT that changes nothing made version ${again.body.metadata?.resourceVersion}, expected still 1`,
        "a controller that writes the same status again and again would wake itself for ever",
      );
    const state = await call(port, "PUT", path, { ...made, status: { ok: false } });
    if (state.body.metadata?.generation !== 1 || state.body.metadata.resourceVersion !== "2")
      throw t.wrong(
        `a change of status gives ${JSON.stringify(state.body.metadata)}, expected generation 1 and version 2`,
        "generation counts what was wished for: spec alone",
      );
    const wish = await call(port, "PUT", path, {
      metadata: { name, uid: "mine" },
      spec: { a: 2 },
      status: { ok: false },
    });
    if (wish.body.metadata?.generation !== 2 || wish.body.metadata.uid !== uid)
      throw t.wrong(
        `a change of spec gives ${JSON.stringify(wish.body.metadata)}, expected generation 2 and uid ${uid}`,
      );
    await call(port, "DELETE", path);
    const next = await create(t, port, { metadata: { name } });
    if (next.metadata.uid === uid)
      throw t.wrong(
        "a thing that was deleted and made again has the same uid, expected another",
        "crypto.randomUUID()",
      );
  },

  async watch(t) {
    const port = await serve(t);
    const names = Array.from({ length: 4 }, () => t.word());
    for (const name of names) await create(t, port, { metadata: { name }, spec: { n: 0 } });
    const list = await call(port, "GET", "/things");
    const from = (list.body.metadata as Thing["metadata"]).resourceVersion;
    // Between the list and the watch something happens, and while the watches begin, too.
    await call(port, "DELETE", `/things/${names[0]}`);
    let writing = true;
    let last = 0;
    const writer = (async () => {
      for (let n = 1; writing; n++) {
        const { body } = await call(port, "PUT", `/things/${names[1]}`, { metadata: {}, spec: { n } });
        last = Number(body.metadata?.resourceVersion);
      }
    })();
    const watches = Array.from({ length: 6 }, () => watch(port, `resourceVersion=${from}`));
    await t.until(() => watches.every((one) => one.code() !== 0), 10_000);
    const until = last + 30;
    await t.until(() => last >= until, 10_000);
    writing = false;
    await writer;
    for (const one of watches) {
      await t.until(() => Number(one.events.at(-1)?.object.metadata.resourceVersion) >= last, 5000);
      const [first] = one.events;
      const wanted = `DELETED ${names[0]}@5`;
      if (!first || line(first) !== wanted)
        throw t.wrong(
          `a watch from version ${from} begins with ${first ? line(first) : "nothing"}, expected ${wanted}`,
          "an object that is gone carries the version of its deletion",
        );
      const seen = one.events.map(({ object }) => Number(object.metadata.resourceVersion));
      const at = seen.findIndex((version, n) => version !== Number(from) + 1 + n);
      if (at >= 0 || seen.at(-1) !== last)
        throw t.wrong(
          `a watch saw the versions … ${seen.slice(Math.max(0, at - 2), at + 2).join(", ")}, expected each from ${Number(from) + 1} to ${last} once`,
          "first the history, then what is new, and no await in between",
        );
      one.close();
    }
    for (let n = 0; n < 1050; n += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, m) => call(port, "PUT", `/things/${names[2]}`, { spec: { n: n + m + 1 } })),
      );
    status(
      t,
      `a watch from version ${from}, 1000 changes ago,`,
      await call(port, "GET", `/things?watch=1&resourceVersion=${from}`),
      410,
      "Expired",
    );
  },

  async selected(t) {
    const port = await serve(t);
    const [name, other, team] = [t.word(), t.word(), t.word()];
    const put = (labels: Record<string, string> | undefined, n: number): Promise<Answer> =>
      call(port, "PUT", `/things/${name}`, { metadata: labels ? { labels } : {}, spec: { n } });
    await create(t, port, { metadata: { name, labels: { team: "x" } }, spec: { n: 0 } });
    await create(t, port, { metadata: { name: other, labels: { team: "x" } } });
    const query = `labelSelector=${encodeURIComponent(`team=${team}`)}`;
    const live = watch(port, `resourceVersion=2&${query}`);
    await t.until(() => live.code() !== 0);
    await put({ team }, 1);
    await put({ team }, 2);
    const list = await call(port, "GET", `/things?${query}`);
    const names = ((list.body.items ?? []) as Thing[]).map(({ metadata }) => metadata.name).join();
    if (names !== name) throw t.wrong(`the list with the selector has ${names || "nothing"}, expected ${name}`);
    await put({ team: "x" }, 3);
    await put({ team: "x" }, 4);
    await put({ team }, 5);
    await call(port, "DELETE", `/things/${name}`);
    await call(port, "DELETE", `/things/${other}`);
    const expected = `ADDED ${name}@3, MODIFIED ${name}@4, DELETED ${name}@5, ADDED ${name}@7, DELETED ${name}@8`;
    const later = watch(port, `resourceVersion=2&${query}`);
    for (const [what, one] of [
      ["live", live],
      ["from the history", later],
    ] as const) {
      await t.until(() => one.events.length >= 5, 3000);
      if (lines(one.events) !== expected)
        throw t.wrong(
          `a watch with a selector, ${what}, saw ${lines(one.events)}, expected ${expected}`,
          "who watches a selection has to learn that an object has left it, or keeps it for ever",
        );
      one.close();
    }
  },
};
