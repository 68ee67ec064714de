import { get, type IncomingMessage, request } from "node:http";
import { createConnection, type Socket } from "node:net";
import type { CheckTools, LabCheck, Running } from "@drydock/labs";

interface Change {
  revision: number;
  key: string;
  value: string;
}
interface Answer {
  status: number;
  body: Record<string, unknown>;
}

let nextPort = 24_000;

async function serve(t: CheckTools, history = 100): Promise<{ child: Running; port: number }> {
  nextPort += t.number(1, 50);
  const port = nextPort;
  const child = await t.start("watch.ts", [], { env: { PORT: String(port), HISTORY: String(history) } });
  if (!(await t.until(() => child.stdout.includes("listening"), 20_000)))
    throw t.wrong(`the server did not say "listening" but: ${(child.stdout + child.stderr).slice(0, 200)}`);
  return { child, port };
}

function call(port: number, method: string, path: string, body = "", timeout = 15_000): Promise<Answer> {
  return new Promise((resolve) => {
    const sent = request({ host: "127.0.0.1", port, path, method, timeout }, (response: IncomingMessage) => {
      let text = "";
      response.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on("end", () => {
        try {
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) });
        } catch {
          resolve({ status: response.statusCode ?? 0, body: { text } });
        }
      });
    });
    sent.on("timeout", () => sent.destroy(new Error("no answer")));
    sent.on("error", (error) => resolve({ status: 0, body: { text: error.message } }));
    sent.end(body);
  });
}

/** A watch; what came so far, and whether the server has ended it. */
function watch(port: number, after: number): { events: Change[]; ids: number[]; status: () => number; close(): void } {
  const events: Change[] = [];
  const ids: number[] = [];
  let status = 0;
  const sent = get({ host: "127.0.0.1", port, path: `/watch?after=${after}` }, (response) => {
    status = response.statusCode ?? 0;
    let text = "";
    response.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      // A block may come in many chunks: it is looked at when its end is there.
      if (!chunk.includes("\n\n")) return;
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const id = /^id: (\d+)$/m.exec(block)?.[1];
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (id) ids.push(Number(id));
        if (data) events.push(JSON.parse(data));
      }
    });
    response.on("error", () => {});
  });
  sent.on("error", () => {});
  return { events, ids, status: () => status, close: () => sent.destroy() };
}

const put = (port: number, key: string, value: string): Promise<Answer> => call(port, "PUT", `/keys/${key}`, value);

export const steps: LabCheck = {
  async revisions(t) {
    const { port } = await serve(t);
    const [key, other] = [t.word(), t.word()];
    const given: unknown[] = [];
    for (const name of [key, other, key]) given.push((await put(port, name, t.word())).body.revision);
    if (given.join() !== "1,2,3")
      throw t.wrong(
        `three changes have the revisions ${given.join(", ")}, expected 1, 2, 3`,
        "one counter for the whole store",
      );
    const { body } = await call(port, "GET", "/keys");
    if (body.revision !== 3)
      throw t.wrong(`the list has "revision": ${body.revision}, expected 3: from there a client goes on to watch`);
  },

  async poll(t) {
    const { port } = await serve(t);
    await put(port, "a", "1");
    const known = await call(port, "GET", "/poll?after=0&ms=5000");
    if ((known.body.events as Change[] | undefined)?.length !== 1)
      throw t.wrong(
        `a poll after 0 with one change in the history has ${JSON.stringify(known.body)}, expected that change at once`,
      );
    const value = t.word();
    const waiting = call(port, "GET", "/poll?after=1&ms=10000");
    const early = await Promise.race([waiting, t.until(() => undefined, 300)]);
    if (early)
      throw t.wrong(
        `a poll without anything new answered at once: ${JSON.stringify(early.body)}, expected it to wait`,
        "the answer is sent later: keep the response",
      );
    await put(port, "b", value);
    const { body } = await waiting;
    const [event] = (body.events ?? []) as Change[];
    if (event?.value !== value || event.revision !== 2)
      throw t.wrong(`a poll that waited has ${JSON.stringify(body)}, expected revision 2 with the value ${value}`);
    const empty = await call(port, "GET", "/poll?after=2&ms=200", "", 5000);
    if (empty.status !== 200 || (empty.body.events as unknown[] | undefined)?.length !== 0)
      throw t.wrong(
        `a poll whose time passed has ${empty.status} ${JSON.stringify(empty.body)}, expected 200 and no events`,
      );
  },

  async stream(t) {
    const { port } = await serve(t, 1000);
    const count = t.number(30, 60);
    for (let n = 0; n < count; n++) await put(port, "k", String(n));
    const after = t.number(5, 20);
    // Changes go on while the watches begin: that is the moment at which one falls through.
    let last = count;
    let writing = true;
    const writer = (async () => {
      while (writing) last = Number((await put(port, "w", String(last))).body.revision);
    })();
    const watches = Array.from({ length: 8 }, () => watch(port, after));
    await t.until(() => watches.every((one) => one.status() !== 0 && one.events.length > 0), 10_000);
    const until = last + 20;
    await t.until(() => last >= until, 10_000);
    writing = false;
    await writer;
    for (const one of watches) {
      await t.until(() => one.events.at(-1)?.revision === last, 5000);
      const seen = one.events.map(({ revision }) => revision);
      const expected = Array.from({ length: last - after }, (_, n) => after + 1 + n);
      const at = expected.findIndex((revision, n) => seen[n] !== revision);
      if (at >= 0 || seen.length !== expected.length) {
        throw t.wrong(
          `a watch after ${after} has ${seen.slice(Math.max(0, at - 1), at + 2).join(", ") || "nothing"} where ${expected.slice(Math.max(0, at - 1), at + 2).join(", ")} was expected (${seen.length} of ${expected.length} changes)`,
          "first the history, then what is new, and no await in between",
        );
      }
      if (one.ids.join() !== seen.join())
        throw t.wrong(
          "the lines id: are not the revisions, expected them: a browser sends the last one when it comes back",
        );
      one.close();
    }
  },

  async expired(t) {
    const { port } = await serve(t, 10);
    for (let n = 0; n < 15; n++) await put(port, "k", String(n));
    for (const path of ["/watch?after=2", "/poll?after=2&ms=100"]) {
      const { status, body } = await call(port, "GET", path, "", 2000);
      if (status !== 410)
        throw t.wrong(
          `${path} after 15 changes with a history of 10 is ${status || "no answer"}, expected 410`,
          "whoever missed changes has to know it: it lists again",
        );
      if (body.oldest !== 5)
        throw t.wrong(
          `the 410 has "oldest": ${JSON.stringify(body.oldest)}, expected 5: the first revision from which a watch may begin`,
        );
    }
    const fine = watch(port, 5);
    await t.until(() => fine.events.length === 10, 3000);
    if (fine.events.length !== 10)
      throw t.wrong(
        `a watch after 5 has ${fine.events.length} changes, expected 10: the history reaches back to there`,
      );
    fine.close();
  },

  async slow(t) {
    const { port, child } = await serve(t);
    const stuck: Socket = createConnection(port, "127.0.0.1", () =>
      stuck.write("GET /watch?after=0 HTTP/1.1\r\nHost: x\r\n\r\n"),
    );
    let ended = false;
    stuck.on("close", () => {
      ended = true;
    });
    stuck.on("error", () => {});
    await t.until(() => false, 200);
    // Not one byte is read from here on.
    stuck.pause();
    const value = "x".repeat(512 << 10);
    const healthy = watch(port, 0);
    for (let n = 0; n < 40; n++) await put(port, "big", value);
    if (!(await t.until(() => healthy.events.length === 40, 10_000)))
      throw t.wrong(
        `beside a client that does not read another got ${healthy.events.length} of 40 changes, expected all`,
      );
    healthy.close();
    // It reads again what the kernel has kept for it, and so learns that nobody is there any more.
    stuck.resume();
    if (!(await t.until(() => ended, 5000)))
      throw t.wrong(
        "a client that left 20 MiB unread is still connected, expected the server to disconnect it above 1 MiB",
        "response.writableLength",
      );
    if ((await call(port, "GET", "/keys", "", 3000)).status !== 200)
      throw t.wrong(`after that the server does not answer any more: ${child.stderr.slice(0, 150)}`);
  },
};
