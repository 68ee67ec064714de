import t from "tap";
import { parseSimplePath } from "./simple-json-path.ts";

const object = {
  metadata: { labels: { "example.com/tier": "front" } },
  spec: {
    replicas: 3,
    hosts: ["a", "b"],
    ports: [
      { name: "web", port: 80 },
      { name: "admin", port: 81 },
    ],
  },
  status: {
    conditions: [
      { type: "Ready", status: "True" },
      { type: "Old", status: "False" },
    ],
  },
};

t.test("what a path leads to", async (t) => {
  const table: [string, unknown[]][] = [
    [".spec.replicas", [3]],
    [".spec.nothing.there", []],
    [".spec.hosts[0]", ["a"]],
    [".spec.hosts[-1]", ["b"]],
    [".spec.hosts[7]", []],
    [".spec.hosts[*]", ["a", "b"]],
    [".spec.ports[*].port", [80, 81]],
    ['.status.conditions[?(@.type=="Ready")].status', ["True"]],
    [".status.conditions[?(@.type != 'Ready')].type", ["Old"]],
    [".spec.ports[?(@.port==81)].name", ["admin"]],
    [".metadata.labels.example\\.com/tier", ["front"]],
    [".metadata.labels['example.com/tier']", ["front"]],
    [".spec.hosts", [["a", "b"]]],
    [".constructor", []],
  ];
  for (const [path, values] of table) t.same(parseSimplePath(path)?.(object), values, path);
});

t.test("what is no path", async (t) => {
  for (const text of ["", "spec", ".", "..spec", ".spec[", ".spec[x]", ".spec[?(@.a>1)]", "{.spec}", ".a b"]) {
    t.equal(parseSimplePath(text), undefined, text);
  }
});
