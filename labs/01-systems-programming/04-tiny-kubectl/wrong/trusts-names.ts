// fails at errors: x/../../nodes/NODE
/**
 * node kubectl.ts get KIND [NAME…] [-o json|name]     a table; with -o the object as the server sent it, or a List of several; "pods/NAME" lines
 * node kubectl.ts get KIND -w [-o name]               the same, and then a line for each change, until nobody reads it any more
 * node kubectl.ts apply -f FILE|-                     JSON, one object or a List: "pods/NAME created|configured|unchanged"
 * node kubectl.ts delete KIND NAME…                   "pods/NAME deleted"
 *
 * The server is $SERVER (http://127.0.0.1:8080). KIND is any name of a kind that the server has. What a program may want to read is on standard output,
 * all else on standard error: "Error from server (NotFound): …", "error: …". Exit code: 0 done, 1 something failed, 2 wrong usage.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

interface Resource {
  kind: string;
  plural: string;
  singular: string;
  shortNames: string[];
  columns: { name: string; path: string }[];
}
interface ApiObject {
  kind: string;
  metadata: { name: string; resourceVersion?: string };
}

const server = process.env.SERVER ?? "http://127.0.0.1:8080";

/** What is to be said to the user, as it is. */
class Failure extends Error {}

/** The server said no. */
class ServerError extends Failure {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(`Error from server (${reason}): ${message}`);
    this.reason = reason;
  }
}

async function call(method: string, path: string, body?: unknown): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(`${server}/apis${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    const { host } = new URL(server);
    throw new Failure(`error: the server ${host} does not answer (${cause?.code ?? error}): is SERVER right?`);
  }
  const answer = (await response.json()) as { reason: string; message: string };
  if (!response.ok) throw new ServerError(answer.reason, answer.message);
  return answer;
}

const pathOf = ({ plural }: Resource, name: string): string => `/${plural}/${name}`;

async function discover(): Promise<Resource[]> {
  return ((await call("GET", "")) as { resources: Resource[] }).resources;
}

async function find(word: string): Promise<Resource> {
  const found = (await discover()).find(({ kind, plural, singular, shortNames }) =>
    [kind, plural, singular, ...shortNames].some((name) => name.toLowerCase() === word.toLowerCase()),
  );
  if (!found) throw new Failure(`error: the server doesn't have a resource type "${word}"`);
  return found;
}

/** Runs all of them; one that fails is told of and holds up nobody. Returns what the others gave. */
async function each<T, R>(things: readonly T[], work: (thing: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (const thing of things) {
    try {
      done.push(await work(thing));
    } catch (error) {
      fail(error);
    }
  }
  return done;
}

function fail(error: unknown): void {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

function cell(object: unknown, path: string): string {
  let value = object;
  for (const key of path.split(".")) value = (value as Record<string, unknown> | undefined)?.[key];
  return value === undefined || value === null ? "<none>" : String(value);
}

/** Rows as wide as their widest cell: the heading, and what there is. Later rows of a watch are padded as these were. */
class Table {
  readonly #columns: Resource["columns"];
  readonly #widths: number[];
  readonly text: string;

  constructor(objects: readonly ApiObject[], { columns }: Resource) {
    this.#columns = columns;
    const heading = ["NAME", ...columns.map(({ name }) => name.toUpperCase())];
    const rows = [heading, ...objects.map((object) => this.#cells(object))];
    this.#widths = heading.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
    this.text = rows.map((row) => this.#line(row)).join("\n");
  }

  row(object: ApiObject): string {
    return this.#line(this.#cells(object));
  }

  #cells(object: ApiObject): string[] {
    return [object.metadata.name, ...this.#columns.map(({ path }) => cell(object, path))];
  }

  #line(cells: readonly string[]): string {
    return cells
      .map((text, at) => text.padEnd(this.#widths[at] ?? 0))
      .join("   ")
      .trimEnd();
  }
}

async function get([word = "", ...names]: string[], output: string | undefined): Promise<void> {
  const resource = await find(word);
  const objects =
    names.length === 0
      ? (await list(resource)).items
      : await each(names, async (name) => (await call("GET", pathOf(resource, name))) as ApiObject);
  if (output === "json") {
    if (names.length === 1 && objects.length === 0) return;
    console.log(JSON.stringify(names.length === 1 ? objects[0] : { kind: "List", items: objects }, null, 2));
  } else if (objects.length === 0) {
    if (names.length === 0) console.error("No resources found");
  } else if (output === "name") {
    console.log(objects.map((object) => nameOf(resource, object)).join("\n"));
  } else console.log(new Table(objects, resource).text);
}

const nameOf = ({ plural }: Resource, { metadata }: ApiObject): string => `${plural}/${metadata.name}`;

async function list({ plural }: Resource): Promise<{ metadata: { resourceVersion: string }; items: ApiObject[] }> {
  return (await call("GET", `/${plural}`)) as { metadata: { resourceVersion: string }; items: ApiObject[] };
}

async function watch(word: string, output: string | undefined): Promise<void> {
  const resource = await find(word);
  const { metadata, items } = await list(resource);
  const table = new Table(items, resource);
  const line = (object: ApiObject): string => (output === "name" ? nameOf(resource, object) : table.row(object));
  console.log(output === "name" ? items.map(line).join("\n") : table.text);
  const response = await fetch(`${server}/apis/${resource.plural}?watch=1&resourceVersion=${metadata.resourceVersion}`);
  let rest = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) console.log(line((JSON.parse(text) as { object: ApiObject }).object));
  }
}

/** What is given, laid over what is there: objects key by key, all else as a whole. */
function merged(there: unknown, given: unknown): unknown {
  if (!isRecord(there) || !isRecord(given)) return given;
  const result = { ...there };
  for (const [key, value] of Object.entries(given)) result[key] = merged(there[key], value);
  return result;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function applyOne(object: ApiObject): Promise<void> {
  const resource = await find(object.kind);
  const { name } = object.metadata;
  // Ends: each round is begun by somebody else's progress.
  for (;;) {
    try {
      const there = (await call("GET", pathOf(resource, name))) as ApiObject;
      const wanted = merged(there, object) as ApiObject;
      if (JSON.stringify(wanted) === JSON.stringify(there)) return console.log(`${resource.plural}/${name} unchanged`);
      await call("PUT", pathOf(resource, name), wanted);
      return console.log(`${resource.plural}/${name} configured`);
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      if (error.reason === "Conflict") continue;
      if (error.reason !== "NotFound") throw error;
    }
    try {
      await call("POST", `/${resource.plural}`, object);
      return console.log(`${resource.plural}/${name} created`);
    } catch (error) {
      if (!(error instanceof ServerError && error.reason === "AlreadyExists")) throw error;
    }
  }
}

function readObjects(file: string): ApiObject[] {
  try {
    const document = JSON.parse(readFileSync(file === "-" ? 0 : file, "utf8")) as ApiObject & { items?: ApiObject[] };
    return document.kind === "List" ? (document.items ?? []) : [document];
  } catch (error) {
    throw new Failure(`error: ${file === "-" ? "standard input" : file}: ${(error as Error).message}`);
  }
}

async function remove([word = "", ...names]: string[]): Promise<void> {
  const resource = await find(word);
  await each(names, async (name) => {
    await call("DELETE", pathOf(resource, name));
    console.log(`${resource.plural}/${name} deleted`);
  });
}

const usage = "usage: kubectl get KIND [NAME…] [-w] [-o json|name] | apply -f FILE|- | delete KIND NAME…";

async function main(): Promise<void> {
  let parsed: { values: { output?: string; filename?: string; watch?: boolean }; positionals: string[] };
  try {
    const options = {
      output: { type: "string", short: "o" },
      filename: { type: "string", short: "f" },
      watch: { type: "boolean", short: "w" },
    } as const;
    parsed = parseArgs({ options, allowPositionals: true });
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    process.exitCode = 2;
    return;
  }
  const { values, positionals } = parsed;
  const [verb, ...words] = positionals;
  const outputIsKnown = values.output === undefined || ["json", "name"].includes(values.output);
  if (verb === "get" && values.watch && words.length === 1 && values.output !== "json" && outputIsKnown)
    await watch(words[0] as string, values.output);
  else if (verb === "get" && words.length > 0 && !values.watch && outputIsKnown) await get(words, values.output);
  else if (verb === "apply" && values.filename !== undefined) await each(readObjects(values.filename), applyOne);
  else if (verb === "delete" && words.length > 1) await remove(words);
  else {
    console.error(usage);
    process.exitCode = 2;
  }
}

// Who pipes into head has seen enough: that is no failure. Without this a watch would go on for nobody, or end with a stack.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
await main().catch(fail);
