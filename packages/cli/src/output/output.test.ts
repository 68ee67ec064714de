import { DrydockError } from "@drydock/kit";
import t from "tap";
import { detailLines, tableDetail } from "./details.ts";
import { errorText } from "./error-text.ts";
import { objectText } from "./object-text.ts";
import { tableLines } from "./table.ts";

t.test("tables", async (t) => {
  t.same(
    tableLines(
      ["Name", "Age"],
      [
        ["a-long-name", "3s"],
        ["b", null],
      ],
    ),
    ["NAME          AGE", "a-long-name   3s", "b             <none>"],
  );
  t.same(tableLines(["Name"], [["\u001b[31mred\nline"]])[1], " [31mred line", "nothing in a cell moves the cursor");
});

t.test("details", async (t) => {
  const lines = detailLines([
    ["Name", "web"],
    ["Labels", ["a=1", "b=2"]],
    ["Annotations", []],
    ["Spec", { details: [["Replicas", 3]] }],
    tableDetail("Events", ["Type"], []),
    tableDetail("Pods", ["Name", "Node"], [["web-1", "node-1"]]),
  ]);
  t.equal(
    lines.join("\n"),
    `Name:         web
Labels:       a=1
              b=2
Annotations:  <none>
Spec:
  Replicas:  3
Events:       <none>
Pods:
  NAME    NODE
  web-1   node-1`,
  );
});

t.test("errors", async (t) => {
  t.equal(
    errorText(new DrydockError("X_FAILED", "x failed", { hint: "try y" })),
    "drydock: x failed\n  try y\n  (X_FAILED)\n",
  );
  const causes = [
    { field: "spec.a", message: "bad" },
    { field: "spec.b", message: "worse" },
  ];
  const several = new DrydockError("API_INVALID", "invalid", { details: { status: { details: { causes } } } });
  t.match(errorText(several), /- spec\.a: bad\n {2}- spec\.b: worse/);
  t.match(
    errorText(new TypeError("oops")),
    /^drydock: unexpected error: TypeError: oops\n {4}at /,
    "a bug shows its stack",
  );
});

t.test("objects", async (t) => {
  const object = { metadata: { name: "x", managedFields: [] }, data: { a: "yes", b: "0644", c: "12:30", d: [1] } };
  t.equal(
    await objectText(object, "json"),
    `${JSON.stringify({ metadata: { name: "x" }, data: object.data }, null, 4)}\n`,
  );
  t.equal(
    await objectText(object, "yaml"),
    'metadata:\n  name: x\ndata:\n  a: "yes"\n  b: "0644"\n  c: "12:30"\n  d:\n  - 1\n',
  );
});
