import t from "tap";
import type { ApiResource } from "../api/resource.ts";
import type { Table } from "../api/table.ts";
import { outputFormat } from "./format.ts";
import { viewOf } from "./table-text.ts";

const table: Table = {
  kind: "Table",
  columnDefinitions: [
    { name: "Name", type: "string" },
    { name: "Ready", type: "string", priority: 0 },
    { name: "Node", type: "string", priority: 1 },
  ],
  rows: [
    {
      cells: ["web-1", "1/1", "node-1"],
      object: { apiVersion: "v1", kind: "Pod", metadata: { name: "web-1", namespace: "team", labels: { app: "web" } } },
    },
  ],
};
const type = { singular: "workload", group: "drydock.dev" } as ApiResource;
const plain = { wide: false, namespaces: false, prefixKind: false, showLabels: false };

t.test("columns", async (t) => {
  t.same(viewOf(table, type, plain), { header: ["Name", "Ready"], rows: [["web-1", "1/1"]] });
  t.same(viewOf(table, type, { ...plain, wide: true }).rows, [["web-1", "1/1", "node-1"]]);
  t.same(viewOf(table, type, { ...plain, namespaces: true, showLabels: true, prefixKind: true }), {
    header: ["Namespace", "Name", "Ready", "Labels"],
    rows: [["team", "workload.drydock.dev/web-1", "1/1", "app=web"]],
  });
});

t.test("formats", async (t) => {
  t.equal(outputFormat(undefined), "table");
  t.equal(outputFormat("yaml"), "yaml");
  t.throws(() => outputFormat("xml"), { code: "CLI_USAGE", hint: /yaml/ });
  t.throws(() => outputFormat("wide", ["json"]), { code: "CLI_USAGE" });
});
