import t from "tap";
import { splitFieldPath } from "./field-path.ts";
import { parseManifests } from "./parse.ts";

const pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n";

t.test("several documents, lists, empty ones", async (t) => {
  const found = parseManifests(`---\n${pod}---\n# nothing\n---\n${pod.replace("name: a", "name: b")}`, "f.yaml");
  t.same(
    found.map(({ object, line }) => [object.metadata.name, line]),
    [
      ["a", 2],
      ["b", 9],
    ],
  );
  const list = `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: x}}\n`;
  t.equal(parseManifests(list, "f")[0]?.object.metadata.name, "x");
  t.same(parseManifests("", "f"), []);
  t.equal(parseManifests(JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "j" } }), "f").length, 1);
});

t.test("values as Kubernetes reads them", async (t) => {
  const text = `${pod}data: {mode: 0644, yes: yes, date: 2024-01-01, time: 12:30, text: "0644"}\n`;
  t.match(parseManifests(text, "f")[0]?.object, {
    data: { mode: 0o644, date: "2024-01-01", time: "12:30", text: "0644" },
  });
});

t.test("what is wrong, and where", async (t) => {
  const cases: [text: string, code: string, message: RegExp][] = [
    ["a: [\nb: c: d\n", "MANIFEST_SYNTAX", /^f:2:\d+: /],
    ["a: 1\na: 2\n", "MANIFEST_SYNTAX", /^f:2:1: .*unique/],
    ["a: *nowhere\n", "MANIFEST_SYNTAX", /^f:1/],
    ["just text\n", "MANIFEST_INVALID", /^f:1: the document is no mapping/],
    [`${pod}---\nkind: Pod\n`, "MANIFEST_INVALID", /^f:6: apiVersion is missing/],
    ["apiVersion: v1\nkind: Pod\nmetadata: {}\n", "MANIFEST_INVALID", /metadata\.name of the Pod is missing/],
  ];
  for (const [text, code, message] of cases) t.throws(() => parseManifests(text, "f"), { code, message }, text);
  t.throws(() => parseManifests("a: [\nb: c: d\n", "f"), { code: "MANIFEST_SYNTAX", hint: "line 2 reads: b: c: d" });
});

t.test("where a field was written", async (t) => {
  const text = `${pod}spec:\n  containers:\n  - name: c\n    imagee: x\n`;
  const [manifest] = parseManifests(text, "f");
  t.same(manifest?.locate("spec.containers[0].imagee"), { line: 8, column: 13 });
  t.equal(manifest?.locate("spec.containers[1].image"), undefined);
  t.same(splitFieldPath("metadata.labels[app.kubernetes.io/name]"), ["metadata", "labels", "app.kubernetes.io/name"]);
  t.same(splitFieldPath("spec.containers[0].env[12].name"), ["spec", "containers", 0, "env", 12, "name"]);
});
