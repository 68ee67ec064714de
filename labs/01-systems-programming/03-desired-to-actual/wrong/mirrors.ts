// fails at removed: the folder has
/**
 * node reconcile.ts DESIRED ACTUAL            makes the folder ACTUAL as the file DESIRED wishes: one line for each change, "made P", "changed P",
 *                                             "removed P"; exit code 1 when something could not be done, and on standard error what
 * node reconcile.ts --watch DESIRED ACTUAL    the same again and again, several times a second, until SIGTERM
 *
 * DESIRED: {"files": {"etc/app.conf": {"content": "…", "mode": "0640"}}}; mode is 0644 unless stated. A path that leads out of ACTUAL is an error.
 * ACTUAL/.managed is ours: it says which files are. All others belong to somebody else, unless DESIRED names them.
 */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  writeFileSync,
} from "node:fs";
import { dirname, join, normalize } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

interface File {
  content: string;
  mode?: string;
}

const PAUSE_MS = 200;

/** Throws unless it is a whole wish: half a file, or none, must never be read as "nothing is desired". */
function readDesired(file: string): Map<string, File> {
  const { files } = JSON.parse(readFileSync(file, "utf8")) as { files?: Record<string, File> };
  if (typeof files !== "object" || files === null) throw new Error(`${file} has no "files"`);
  for (const [path, { content }] of Object.entries(files)) {
    if (typeof content !== "string") throw new Error(`${path}: content is no text`);
    if (path !== normalize(path) || /^(\/|\.\.(\/|$)|\.managed)|\/$/.test(path))
      throw new Error(`${path}: not a path in the folder`);
  }
  return new Map(Object.entries(files));
}

const seen = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false });

/** Every directory on the way is one of ours to use, and no link to somewhere else. */
function makeParents(actual: string, path: string): void {
  const parent = dirname(path);
  if (parent === ".") return;
  makeParents(actual, parent);
  const entry = seen(join(actual, parent));
  if (entry?.isDirectory()) return;
  if (entry) rmSync(join(actual, parent));
  mkdirSync(join(actual, parent));
}

class Folder {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
    mkdirSync(root, { recursive: true });
    // What a run that was killed has left.
    rmSync(this.#scratch, { force: true });
  }

  get #scratch(): string {
    return join(this.#root, ".managed.new");
  }

  /** Old or new: there is no moment at which a part of it is there. */
  #write(path: string, content: string, mode: number): void {
    try {
      writeFileSync(this.#scratch, content);
      chmodSync(this.#scratch, mode);
      const target = join(this.#root, path);
      if (seen(target)?.isDirectory()) rmSync(target, { recursive: true });
      renameSync(this.#scratch, target);
    } finally {
      rmSync(this.#scratch, { force: true });
    }
  }

  managed(): string[] {
    const file = join(this.#root, ".managed");
    return seen(file) ? (JSON.parse(readFileSync(file, "utf8")) as string[]) : [];
  }

  record(paths: Iterable<string>): void {
    const text = JSON.stringify([...paths].sort());
    if (text !== JSON.stringify(this.managed())) this.#write(".managed", text, 0o644);
  }

  /** What had to be done, or undefined. */
  make(path: string, { content, mode = "0644" }: File): string | undefined {
    const bits = Number.parseInt(mode, 8);
    const target = join(this.#root, path);
    makeParents(this.#root, path);
    const entry = seen(target);
    if (entry?.isFile() && readFileSync(target, "utf8") === content) {
      if ((entry.mode & 0o7777) === bits) return undefined;
      chmodSync(target, bits);
      return `changed ${path}`;
    }
    this.#write(path, content, bits);
    return `${entry ? "changed" : "made"} ${path}`;
  }

  remove(path: string): string | undefined {
    // Somewhere on the way may be a link by now: then the file that we made is gone already.
    for (let parent = dirname(path); parent !== "."; parent = dirname(parent)) {
      if (!seen(join(this.#root, parent))?.isDirectory()) return undefined;
    }
    if (!seen(join(this.#root, path))) return undefined;
    rmSync(join(this.#root, path), { recursive: true });
    for (let parent = dirname(path); parent !== "."; parent = dirname(parent)) {
      try {
        rmdirSync(join(this.#root, parent));
      } catch {
        // Something else is in it.
        break;
      }
    }
    return `removed ${path}`;
  }
}

/** One look at everything. Asks what is, never what has happened. Returns whether all of it is as desired now. */
function reconcile(desiredFile: string, actual: string): boolean {
  let failed = false;
  const attempt = (what: string, work: () => string | undefined): void => {
    try {
      const done = work();
      if (done) console.log(done);
    } catch (error) {
      failed = true;
      console.error(`${what}: ${(error as Error).message}`);
    }
  };
  attempt(desiredFile, () => {
    const desired = readDesired(desiredFile);
    const folder = new Folder(actual);
    const before = readdirSync(actual, { recursive: true, encoding: "utf8" }).filter(
      (path) => path !== ".managed" && !lstatSync(join(actual, path)).isDirectory(),
    );
    // First the record, then the file: who is killed in between has recorded too much, and never too little.
    folder.record(new Set([...before, ...desired.keys()]));
    const gone = before.filter((path) => !desired.has(path));
    for (const path of gone) attempt(path, () => folder.remove(path));
    for (const [path, file] of desired) attempt(path, () => folder.make(path, file));
    if (!failed) folder.record(desired.keys());
    return undefined;
  });
  return !failed;
}

const watching = process.argv[2] === "--watch";
const [desiredFile = "", actual = ""] = process.argv.slice(watching ? 3 : 2);
if (watching) {
  const stopped = new AbortController();
  process.on("SIGTERM", () => stopped.abort());
  while (!stopped.signal.aborted) {
    reconcile(desiredFile, actual);
    await delay(PAUSE_MS, undefined, { signal: stopped.signal }).catch(() => {});
  }
} else if (!reconcile(desiredFile, actual)) process.exitCode = 1;
