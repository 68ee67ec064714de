import { appendFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { CriFormatter, maxLineBytes, nanoTime, parseCriLine } from "./cri-line.ts";
import { LogFile, rotatedLogs } from "./log-file.ts";
import { type LogOptions, readLog } from "./read-log.ts";

const time = "2026-11-21T10:00:00.000000000Z";
const plain: LogOptions = { follow: false, timestamps: false };

t.test("lines are cut and put together again", async (t) => {
  const formatter = new CriFormatter("stdout");
  t.equal(formatter.write(Buffer.from("one\ntw"), time).toString(), `${time} stdout F one\n`);
  t.equal(formatter.write(Buffer.from("o\n\n"), time).toString(), `${time} stdout F two\n${time} stdout F \n`);
  formatter.write(Buffer.from("end"), time);
  t.equal(formatter.end(time).toString(), `${time} stdout P end\n`);
  const long = formatter
    .write(Buffer.from(`${"x".repeat(maxLineBytes + 1)}\n`), time)
    .toString()
    .split("\n");
  t.equal(long[0]?.length, `${time} stdout P `.length + maxLineBytes);
  t.equal(long[1], `${time} stdout F x`);
  t.match(parseCriLine(Buffer.from(`${time} stderr P a b`)), {
    time,
    stream: "stderr",
    partial: true,
    content: Buffer.from("a b"),
  });
  for (const broken of ["", "x", `${time} stdin F x`, `${time} stdout X x`, "2026 stdout F x"]) {
    t.equal(parseCriLine(Buffer.from(broken)), undefined, broken);
  }
  t.match(nanoTime(), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
});

async function written(directory: string, lines: number, policy = { maxBytes: 1_000, maxFiles: 3 }): Promise<string> {
  const path = join(directory, "0.log");
  const file = new LogFile(path, policy);
  const formatter = new CriFormatter("stdout");
  for (let n = 0; n < lines; n++) {
    const stamp = `2026-11-21T10:00:${String(n % 60).padStart(2, "0")}.000000000Z`;
    await file.append(formatter.write(Buffer.from(`line ${n}\n`), stamp));
  }
  await file.close();
  return path;
}

async function read(path: string, options: LogOptions): Promise<string> {
  let text = "";
  const hooks = { running: async () => false, onChange: () => () => {}, signal: new AbortController().signal };
  for await (const chunk of readLog(path, options, hooks)) text += chunk.toString();
  return text;
}

t.test("rotation keeps the newest files, and reading goes across them", async (t) => {
  const path = await written(t.testdir(), 100);
  t.equal((await rotatedLogs(path)).length, 2);
  const lines = (await read(path, plain)).trim().split("\n");
  t.equal(lines.at(-1), "line 99");
  t.equal(lines.length, 100 - Number(lines[0]?.slice(5)), "without a gap");
  t.equal(await read(path, { ...plain, tailLines: 3 }), "line 97\nline 98\nline 99\n");
  const across = (await read(path, { ...plain, tailLines: 30 })).trim().split("\n");
  t.same([across.length, across[0]], [30, "line 70"], "a tail that begins in a file that was put aside");
  t.equal(await read(path, { ...plain, tailLines: 0 }), "");
});

t.test("options", async (t) => {
  const path = await written(t.testdir(), 5, { maxBytes: 1e6, maxFiles: 1 });
  t.equal(await read(path, { ...plain, sinceTime: "2026-11-21T10:00:03.000000000Z" }), "line 3\nline 4\n");
  t.equal(await read(path, { ...plain, limitBytes: 9 }), "line 0\nli");
  t.equal(await read(path, { ...plain, timestamps: true, tailLines: 1 }), "2026-11-21T10:00:04.000000000Z line 4\n");
  await appendFile(path, "torn by a power c");
  t.equal(await read(path, { ...plain, tailLines: 2 }), "line 4\n", "what is no entry is left out");
  t.equal(await read(join(t.testdirName, "none.log"), plain), "");
});

t.test("following goes on across rotation and ends with the container", async (t) => {
  const directory = t.testdir();
  const path = join(directory, "0.log");
  await mkdir(directory, { recursive: true });
  const file = new LogFile(path, { maxBytes: 400, maxFiles: 10 });
  const formatter = new CriFormatter("stdout");
  let running = true;
  let changed = () => {};
  const hooks = {
    running: async () => running,
    onChange: (listener: () => void) => {
      changed = listener;
      return () => {};
    },
    signal: new AbortController().signal,
  };
  const following = (async () => {
    let text = "";
    for await (const chunk of readLog(path, { ...plain, follow: true }, hooks)) text += chunk.toString();
    return text;
  })();
  for (let n = 0; n < 40; n++) {
    await file.append(formatter.write(Buffer.from(`line ${n}\n`), time));
    if (n % 7 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  running = false;
  changed();
  const lines = (await following).trim().split("\n");
  t.same(
    lines,
    Array.from({ length: 40 }, (_, n) => `line ${n}`),
  );
  t.ok((await rotatedLogs(path)).length > 2, "it was rotated while it was read");
  await file.close();
});

t.test("following ends when the reader goes", async (t) => {
  const path = await written(t.testdir(), 1);
  const gone = new AbortController();
  const hooks = { running: async () => true, onChange: () => () => {}, signal: gone.signal };
  let text = "";
  for await (const chunk of readLog(path, { ...plain, follow: true }, hooks)) {
    text += chunk.toString();
    setTimeout(() => gone.abort(), 5);
  }
  t.equal(text, "line 0\n");
  t.match(await readFile(path, "utf8"), /line 0/);
});
