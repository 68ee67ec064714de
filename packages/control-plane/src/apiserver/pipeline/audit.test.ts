import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLogger } from "@drydock/kit";
import t from "tap";
import { parseRequest } from "../http/request-info.ts";
import { startTestControlPlane } from "../test-support/start-control-plane.ts";
import { openAuditLog } from "./audit-log.ts";
import { type AuditRule, auditLevel, defaultAuditPolicy } from "./audit-policy.ts";

const jo = { name: "jo", groups: [] };
const levelOf = (method: string, path: string, policy: readonly AuditRule[] = defaultAuditPolicy) =>
  auditLevel(policy, jo, parseRequest(method, path, new URLSearchParams()));

t.test("who reads is noted, what changes something is written down, and no secret ever", async (t) => {
  const ns = "/api/v1/namespaces/default";
  t.equal(levelOf("GET", "/healthz"), "None");
  t.equal(levelOf("GET", `${ns}/pods`), "Metadata");
  t.equal(levelOf("POST", `${ns}/pods`), "Request");
  t.equal(levelOf("POST", `${ns}/events`), "None");
  t.equal(levelOf("PATCH", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/a"), "None");
  t.equal(levelOf("DELETE", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/a"), "Request");
  const all = [{ level: "Request" }] as const;
  for (const path of [
    `${ns}/secrets`,
    `${ns}/configmaps`,
    `${ns}/serviceaccounts/a/token`,
    "/apis/authentication.k8s.io/v1/tokenreviews",
  ]) {
    t.equal(levelOf("POST", path, all), "Metadata", path);
  }
  t.equal(levelOf("POST", `${ns}/pods`, [{ level: "None", users: ["jo"] }, ...all]), "None");
  t.equal(levelOf("POST", `${ns}/pods`, []), "None", "what no rule fits");
});

t.test("the log of a server", async (t) => {
  const plane = await startTestControlPlane();
  t.teardown(() => plane.close());
  const { admin } = plane;
  const ns = "/api/v1/namespaces/default";
  await admin.call("POST", `${ns}/secrets`, { body: { metadata: { name: "s" }, stringData: { a: "very-secret" } } });
  await admin.call("POST", `${ns}/serviceaccounts`, { body: { metadata: { name: "robot" } } });
  const token = (await admin.call("POST", `${ns}/serviceaccounts/robot/token`, { body: {} })).json.status.token;
  const anonymous = await plane.as();
  await anonymous.call("GET", `${ns}/pods?x=leaked`, { headers: { authorization: `Bearer ${token}` } });
  await admin.call("GET", `${ns}/pods`, { headers: { "impersonate-user": "nobody" } });
  const file = join(plane.directory, "audit.log");
  let text = "";
  // Lines are written a moment after the answer.
  for (let i = 0; i < 600 && !text.includes('"impersonatedUser"'); i++) {
    text = await readFile(file, "utf8");
    await sleep(50);
  }
  const events = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  t.match(
    events.find(({ objectRef }) => objectRef?.resource === "secrets"),
    {
      kind: "Event",
      apiVersion: "audit.k8s.io/v1",
      level: "Metadata",
      verb: "create",
      user: { username: "drydock-admin" },
      objectRef: { resource: "secrets", namespace: "default" },
      responseStatus: { code: 201 },
      requestReceivedTimestamp: /^\d{4}-.*\.\d{6}Z$/,
    },
  );
  t.match(
    events.find(
      ({ verb, objectRef }) => verb === "create" && objectRef?.resource === "serviceaccounts" && !objectRef.subresource,
    ),
    {
      level: "Request",
      requestObject: { metadata: { name: "robot" } },
    },
  );
  t.match(
    events.find(({ impersonatedUser }) => impersonatedUser),
    {
      user: { username: "drydock-admin" },
      impersonatedUser: { username: "nobody" },
      responseStatus: { code: 403 },
    },
  );
  t.match(
    events.find(({ user }) => user.username === "system:serviceaccount:default:robot"),
    { responseStatus: { code: 403 } },
  );
  for (const secret of ["very-secret", Buffer.from("very-secret").toString("base64"), token, "leaked"])
    t.notOk(text.includes(secret));
});

t.test("a full file gives way to the next, and no line is lost", async (t) => {
  const file = join(t.testdir(), "audit.log");
  const log = await openAuditLog(file, silentLogger, 1000);
  for (let i = 0; i < 100; i++) {
    log.write({ i, filler: "x".repeat(20) });
    if (i % 30 === 0) await sleep(5);
  }
  await log.close();
  const lines = [
    ...(await readFile(`${file}.1`, "utf8")).trim().split("\n"),
    ...(await readFile(file, "utf8")).trim().split("\n"),
  ];
  t.equal(JSON.parse(lines.at(-1) as string).i, 99);
  t.ok(lines.length >= 30, "two files of several");
});
