import type { CheckTools, Ended, LabCheck } from "@drydock/labs";
import { type ApiObject, ApiServer, type Resource } from "./start/server.ts";

interface Place {
  api: ApiServer;
  url: string;
  kubectl(args: readonly string[], input?: string): Promise<Ended>;
}

async function place(t: CheckTools): Promise<Place> {
  const api = new ApiServer();
  const url = await api.listen();
  t.defer(() => {
    api.http.closeAllConnections();
    api.http.close();
  });
  const kubectl: Place["kubectl"] = async (args, input = "") => {
    const ended = await t.run("kubectl.ts", args, { env: { SERVER: url }, input });
    if (ended.timedOut) throw t.wrong(`kubectl ${args.join(" ")} was still running after 10 s, expected an end`);
    return ended;
  };
  return { api, url, kubectl };
}

const pod = (name: string, phase: string, more: Partial<ApiObject> = {}): ApiObject => ({
  kind: "Pod",
  metadata: { name },
  spec: {},
  status: { phase },
  ...more,
});

const shown = ({ code, signal, stdout, stderr }: Ended): string =>
  `ended with ${code ?? signal} and printed ${JSON.stringify(stdout.slice(0, 160))}${stderr ? `, on standard error ${JSON.stringify(stderr.slice(0, 160))}` : ""}`;

function parse(text: string): { kind?: string; items?: ApiObject[] } & Partial<ApiObject> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** Exit code 1, nothing on standard output but `out`, and a line on standard error that has all of `says`. */
function expectFailure(
  t: CheckTools,
  what: string,
  ended: Ended,
  says: readonly string[],
  hint?: string,
  out = "",
): void {
  const line = ended.stderr.split("\n").find((one) => says.every((text) => one.includes(text)));
  if (ended.code !== 1 || ended.stdout !== out || !line)
    throw t.wrong(
      `${what} ${shown(ended)}, expected 1, ${out ? JSON.stringify(out) : "nothing"} on standard output, and a line with ${says.join(" and ")} on standard error`,
      hint,
    );
  if (/^ +at /m.test(ended.stderr))
    throw t.wrong(`${what} printed a stack: ${ended.stderr.slice(0, 150)}, expected one line for people`);
}

export const steps: LabCheck = {
  async get(t) {
    const { api, kubectl } = await place(t);
    const [name, long, node] = [t.word(), `${t.word()}-${t.word()}-${t.word()}`, t.word()];
    api.set("pods", pod(name, "Running", { spec: { nodeName: node } }));
    api.set("pods", pod(long, "Pending"));
    const rows = [
      ["NAME", "STATUS", "NODE"],
      ...[
        [name, "Running", node],
        [long, "Pending", "<none>"],
      ].sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)),
    ];
    const table = (): string =>
      `${rows.map(([a = "", b = "", c]) => `${a.padEnd(long.length)}   ${b.padEnd(7)}   ${c}`).join("\n")}\n`;
    const kinds = ["pods", "po", "Pod"];
    for (const [at, ended] of (await Promise.all(kinds.map((kind) => kubectl(["get", kind])))).entries()) {
      const kind = kinds[at];
      if (ended.stdout !== table())
        throw t.wrong(
          `get ${kind} ${shown(ended)}, expected\n${table()}`,
          "columns are as wide as their widest cell, with three spaces between; GET /apis names them",
        );
    }
    const one = await kubectl(["get", "pod", name]);
    if (one.stdout !== `NAME${" ".repeat(name.length - 4)}   STATUS    NODE\n${name}   Running   ${node}\n`)
      throw t.wrong(`get pod ${name} ${shown(one)}, expected a table with that pod alone`);
    const kind = t.word();
    const made: Resource = {
      kind,
      plural: `${kind}s`,
      singular: kind,
      shortNames: [],
      columns: [{ name: "Size", path: "spec.of.it" }],
    };
    api.resources.push(made);
    api.set(made.plural, { kind, metadata: { name }, spec: { of: { it: 7 } } });
    const other = await kubectl(["get", made.plural]);
    if (other.stdout !== `NAME${" ".repeat(name.length - 4)}   SIZE\n${name}   7\n`)
      throw t.wrong(
        `get of a kind that the server has since a minute ${shown(other)}, expected NAME, SIZE and 7`,
        "no kind is compiled into kubectl",
      );
  },

  async output(t) {
    const { api, kubectl } = await place(t);
    const [a, b] = [t.word(), t.word()].sort() as [string, string];
    api.set("pods", pod(a, "Running", { spec: { deep: { er: [1, { x: t.word() }] } } }));
    api.set("pods", pod(b, "Failed"));
    const [one, both, names, none, empty] = await Promise.all([
      kubectl(["get", "pod", a, "-o", "json"]),
      kubectl(["-o", "json", "get", "po"]),
      kubectl(["get", "pods", "-o", "name"]),
      kubectl(["get", "nodes"]),
      kubectl(["get", "nodes", "-o", "json"]),
    ]);
    if (JSON.stringify(parse(one.stdout)) !== JSON.stringify(api.get("pods", a)))
      throw t.wrong(`get pod ${a} -o json ${shown(one)}, expected the object as the server has it`);
    const all = parse(both.stdout);
    if (all.kind !== "List" || all.items?.map(({ metadata }) => metadata.name).join() !== `${a},${b}`)
      throw t.wrong(
        `-o json get po printed ${JSON.stringify(all).slice(0, 120)}, expected a List of ${a} and ${b}`,
        "flags may stand anywhere: parseArgs of node:util",
      );
    if (names.stdout !== `pods/${a}\npods/${b}\n`)
      throw t.wrong(`get pods -o name ${shown(names)}, expected pods/${a} and pods/${b}`);
    if (none.code !== 0 || none.stdout !== "" || !none.stderr.includes("No resources found"))
      throw t.wrong(
        `get nodes, when there is none, ${shown(none)}, expected 0, "No resources found" on standard error and nothing on standard output`,
        "what would a script make of the word No?",
      );
    const list = parse(empty.stdout);
    if (list.kind !== "List" || list.items?.length !== 0)
      throw t.wrong("get nodes -o json, when there is none, is no empty List, expected one: a program reads it");
  },

  async errors(t) {
    const { api, url, kubectl } = await place(t);
    const [there, gone, node] = [t.word(), t.word(), t.word()];
    api.set("pods", pod(there, "Running"));
    api.set("nodes", { kind: "Node", metadata: { name: node } });
    const [none, both, strange, ships] = await Promise.all([
      kubectl(["get", "pod", gone]),
      kubectl(["get", "pods", gone, there, "-o", "name"]),
      kubectl(["get", "pods", `x/../../nodes/${node}`, "-o", "name"]),
      kubectl(["get", "ships"]),
    ]);
    expectFailure(t, "get of a pod that is not there", none, ["Error from server (NotFound)", gone]);
    expectFailure(
      t,
      "get of two, one of which is not there,",
      both,
      ["NotFound", gone],
      "what was found is printed all the same",
      `pods/${there}\n`,
    );
    expectFailure(t, "get pods x/../../nodes/NODE", strange, ["NotFound"], "a name becomes part of a path: encode it");
    expectFailure(t, "get of a kind that is not there", ships, ["error:", '"ships"']);
    const badly = [["sail"], ["get", "pods", "--fast"], ["get", "pods", "-o", "wood"]];
    await Promise.all(
      badly.map(async (args) => {
        const wrong = await kubectl(args);
        if (wrong.code !== 2 || wrong.stdout !== "" || wrong.stderr === "")
          throw t.wrong(`kubectl ${args.join(" ")} ${shown(wrong)}, expected 2 and the usage on standard error`);
      }),
    );
    const removed = await kubectl(["delete", "pod", there]);
    if (removed.code !== 0 || removed.stdout !== `pods/${there} deleted\n` || api.get("pods", there))
      throw t.wrong(`delete pod ${there} ${shown(removed)}, expected "pods/${there} deleted" and the pod gone`);
    expectFailure(t, "a second delete", await kubectl(["delete", "pod", there]), ["NotFound", there]);
    api.http.closeAllConnections();
    await new Promise((done) => api.http.close(done));
    const { host } = new URL(url);
    expectFailure(
      t,
      "get without a server",
      await kubectl(["get", "pods"]),
      ["error:", host],
      "fetch rejects, and its error has a cause",
    );
  },

  async apply(t) {
    const { api, kubectl } = await place(t);
    const [name, value, label] = [t.word(), t.word(), t.word()];
    const apply = (object: unknown): Promise<Ended> => kubectl(["apply", "-f", "-"], JSON.stringify(object));
    const expect = (ended: Ended, word: string): void => {
      if (ended.code !== 0 || ended.stdout !== `pods/${name} ${word}\n`)
        throw t.wrong(`apply -f - ${shown(ended)}, expected "pods/${name} ${word}"`);
    };
    const manifest = { kind: "Pod", metadata: { name }, spec: { image: { name: value } } };
    expect(await apply(manifest), "created");
    expect(await apply(manifest), "unchanged");
    // Others have written since: a status, a label, a field of the spec.
    const there = api.get("pods", name) as ApiObject;
    api.set("pods", {
      ...there,
      metadata: { ...there.metadata, labels: { label } },
      spec: { ...there.spec, nodeName: label, image: { name: value, digest: label } },
      status: { phase: "Running" },
    });
    expect(await apply(manifest), "unchanged");
    // And now somebody writes between our reading and our writing.
    let rounds = 0;
    api.beforePut = () => {
      const now = api.get("pods", name) as ApiObject;
      if (rounds++ < 2) api.set("pods", { ...now, status: { phase: "Running", restarts: rounds } });
    };
    const other = t.word();
    expect(
      await apply({ kind: "Pod", metadata: { name }, spec: { image: { name: other }, args: [label] } }),
      "configured",
    );
    const { metadata, spec, status } = api.get("pods", name) as ApiObject;
    const seen = JSON.stringify({ labels: metadata.labels, spec, status });
    const wanted = JSON.stringify({
      labels: { label },
      spec: { image: { name: other, digest: label }, nodeName: label, args: [label] },
      status: { phase: "Running", restarts: 2 },
    });
    if (JSON.stringify(sorted(JSON.parse(seen))) !== JSON.stringify(sorted(JSON.parse(wanted))))
      throw t.wrong(
        `after apply the pod has ${seen}, expected ${wanted}`,
        "what a manifest does not mention belongs to others; after a 409 read again",
      );
    api.beforePut = () => {};
    const list = {
      kind: "List",
      items: [pod("Bad_Name", "x"), { kind: "Ship", metadata: { name } }, pod(`${name}-2`, "x")],
    };
    const many = await apply(list);
    if (
      many.code !== 1 ||
      many.stdout !== `pods/${name}-2 created\n` ||
      !many.stderr.includes("Invalid") ||
      !many.stderr.includes('"Ship"')
    )
      throw t.wrong(
        `apply of three, two of which are wrong, ${shown(many)}, expected 1, two lines of error, and the third created`,
      );
    expectFailure(t, "apply of half a document", await kubectl(["apply", "-f", "-"], '{"kind":'), ["error:"]);
  },

  async pipes(t) {
    const { api, url, kubectl } = await place(t);
    const [name, long] = [t.word(), `${t.word()}-${t.word()}`];
    api.set("pods", pod(name, "Pending"));
    api.set("pods", pod(long, "Running"));
    const child = await t.start("kubectl.ts", ["get", "pods", "-w"], { env: { SERVER: url } });
    await t.until(() => child.stdout.includes(long), 10_000);
    api.set("pods", pod(name, "Running"));
    const line = `${name.padEnd(long.length)}   Running   <none>\n`;
    if (!(await t.until(() => child.stdout.endsWith(line), 5000)))
      throw t.wrong(
        `get pods -w printed ${JSON.stringify(child.stdout + child.stderr)}, expected at its end ${JSON.stringify(line)}: a pod has changed`,
        "list first, then ?watch=1 from the list's resourceVersion; later rows are as wide as the first",
      );
    // --norc: bash takes a socket as its input for a login from afar, and would read the user's files.
    const words = [
      "--norc",
      "-c",
      `"${process.execPath}" "${t.folder}/kubectl.ts" get pods -w -o name | head -n 2; echo "ended \${PIPESTATUS[0]}"`,
    ];
    const piped = await t.start("bash", words, { env: { SERVER: url } });
    const ended = await t.until(() => {
      // Something changes again and again, so that there is always something to write.
      if (piped.stdout.includes("pods/")) api.set("pods", pod(name, t.word()));
      return /^ended (\d+)$/m.exec(piped.stdout)?.[1];
    }, 10_000);
    if (ended === undefined)
      throw t.wrong(
        "get pods -w | head -n 2: head has ended, and 10 s and many changes later kubectl goes on for nobody, expected it to end",
        "EPIPE: the other end of the pipe is closed. process.stdout has an event error",
      );
    if (!["0", "141"].includes(ended) || piped.stderr !== "")
      throw t.wrong(
        `get pods -w | head -n 2: kubectl ended with ${ended} and said ${JSON.stringify(piped.stderr.slice(0, 120))}, expected a quiet end`,
        "EPIPE: the other end of the pipe is closed",
      );
    const many = t.number(4000, 6000);
    for (let n = 2; n < many; n++) api.set("pods", pod(`pod-${n}-${"x".repeat(40)}`, "Running"));
    const { stdout } = await kubectl(["get", "pods", "-o", "name"]);
    const count = stdout.split("\n").length - 1;
    if (count !== many)
      throw t.wrong(`get pods -o name printed ${count} lines, expected ${many}: all of it reaches a reader`);
  },
};

/** Keys in one order, so that two objects can be compared by their text. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}
