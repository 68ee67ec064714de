import t from "tap";
import {
  configMapKey,
  dnsLabel,
  dnsSubdomain,
  envVarName,
  labelValue,
  type NameRule,
  pathSegment,
  portName,
  qualifiedName,
} from "./names.ts";

const table: [string, NameRule, string[], string[]][] = [
  [
    "dnsLabel",
    dnsLabel,
    ["a", "web-1", "0", "a".repeat(63)],
    ["", "A", "-a", "a-", "a.b", "a_b", "a\n", "ä", "a".repeat(64)],
  ],
  [
    "dnsSubdomain",
    dnsSubdomain,
    ["a.b", "web-1.example", "a".repeat(253)],
    ["", "a..b", ".a", "a.", "A.b", "a.-b", "a".repeat(254)],
  ],
  ["labelValue", labelValue, ["", "A_b.c-1", "a".repeat(63)], ["-a", "a-", "a b", "a/b", "a".repeat(64)]],
  [
    "qualifiedName",
    qualifiedName,
    ["app", "example.com/app", "A_b.c"],
    ["", "/a", "a/", "a/b/c", "UPPER.com/a", "a b"],
  ],
  ["envVarName", envVarName, ["A", "a.b-c_d", "_x"], ["", "1A", "A=B", "A B"]],
  ["configMapKey", configMapKey, ["a", "A.b_c-d", "..data"], ["", ".", "..", "a/b", "a b"]],
  ["portName", portName, ["http", "a1", "my-port"], ["", "80", "-a", "a-", "a--b", "UPPER", "a".repeat(16)]],
  ["pathSegment", pathSegment, ["system:node", "a b"], [".", "..", "a/b", "50%"]],
];

for (const [name, rule, good, bad] of table) {
  t.test(name, async (t) => {
    for (const text of good) t.same(rule(text), [], JSON.stringify(text));
    for (const text of bad) t.ok(rule(text).length > 0, `${JSON.stringify(text)} is refused`);
  });
}
