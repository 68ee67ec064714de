import { createSigningRequest, type Node, type SigningRequestSubject, signers } from "@drydock/machinery";
import t from "tap";
import { misfit } from "./check-profile.ts";
import { judge } from "./judge.ts";
import { readRequest } from "./read-request.ts";

const node = (name: string, address: string, ready = false, since = 0): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, creationTimestamp: `2026-01-01T00:00:0${since}Z` },
  status: {
    addresses: [{ type: "InternalIP", address }],
    ...(ready ? { conditions: [{ type: "Ready", status: "True" }] } : {}),
  },
});
const joining = { username: "system:bootstrap:abcdef", groups: ["system:bootstrappers", "system:authenticated"] };
const asNode = (name: string) => ({ username: `system:node:${name}`, groups: ["system:nodes"] });
const of = (name: string, hosts?: string[]): SigningRequestSubject => ({
  commonName: `system:node:${name}`,
  organizations: ["system:nodes"],
  ...(hosts ? { hosts } : {}),
});
const client = { signerName: signers.nodeClient, usages: ["digital signature" as const, "client auth" as const] };
const serving = { signerName: signers.nodeServing, usages: ["digital signature" as const, "server auth" as const] };
const nodes = [node("a", "10.0.0.1", true), node("b", "10.0.0.2"), node("thief", "10.0.0.1", false, 1)];

async function verdict(
  user: { username: string; groups: string[] },
  ask: { signerName: string; usages: (typeof client.usages)[number][] | (typeof serving.usages)[number][] },
  subject: SigningRequestSubject,
) {
  const { request } = await createSigningRequest(subject);
  return judge({ spec: { request: "", ...ask, ...user }, requested: await readRequest(request), nodes });
}

t.test("client certificates: for who joins, and for a node itself", async (t) => {
  t.match(await verdict(joining, client, of("new")), { type: "Approved" });
  t.match(await verdict(joining, client, of("b")), { type: "Approved" }, "a node that is not ready comes back");
  t.match(await verdict(joining, client, of("a")), { type: "Denied", reason: "NodeExists" });
  t.match(await verdict(asNode("a"), client, of("a")), { type: "Approved" }, "renewal");
  t.match(await verdict(asNode("a"), client, of("b")), { type: "Denied", reason: "AnotherNode" });
  const masters = { commonName: "system:node:x", organizations: ["system:nodes", "system:masters"] };
  t.match(await verdict(joining, client, masters), { type: "Denied", reason: "NotANodeCertificate" });
  t.match(await verdict(joining, client, { commonName: "admin", organizations: ["system:nodes"] }), { type: "Denied" });
  t.match(await verdict(joining, client, of("new", ["example.org"])), { type: "Denied" }, "no alternative names");
  t.match(await verdict(joining, { ...serving, signerName: signers.nodeClient }, of("new")), { type: "Denied" });
});

t.test("serving certificates: for a node's own name and addresses", async (t) => {
  t.match(await verdict(asNode("b"), serving, of("b", ["b", "10.0.0.2"])), { type: "Approved" });
  t.match(await verdict(asNode("b"), serving, of("b", ["b", "10.0.0.1"])), { type: "Denied", reason: "NotItsOwn" });
  t.match(await verdict(asNode("b"), serving, of("b", ["kubernetes"])), { type: "Denied", reason: "NotItsOwn" });
  t.match(await verdict(asNode("b"), serving, of("b")), { type: "Denied" }, "none at all");
  const stolen = await verdict(asNode("thief"), serving, of("thief", ["10.0.0.1"]));
  t.match(stolen, { type: "Denied", message: "10.0.0.1 belongs to node a, which was there first" });
  t.match(await verdict(asNode("a"), serving, of("a", ["10.0.0.1"])), { type: "Approved" }, "who had it keeps it");
  t.match(await verdict(asNode("unseen"), serving, of("unseen", ["unseen"])), { type: "Denied" });
  t.match(await verdict(joining, serving, of("b", ["b"])), { type: "Denied", reason: "NotANode" });
});

t.test("what is not a node's is left to people", async (t) => {
  const admin = { username: "admin", groups: ["system:masters"] };
  t.equal(await verdict(admin, client, of("new")), undefined);
  t.equal(await verdict(joining, { ...client, signerName: signers.client }, { commonName: "jo" }), undefined);
});

t.test("requests that cannot be read, or are not about the sender's key", async (t) => {
  t.match(await readRequest("nonsense"), { problem: /cannot be read/ });
  const { request } = await createSigningRequest(of("a"));
  const der = Buffer.from(request.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
  der[40] = (der[40] as number) ^ 1;
  const changed = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
  t.match(await readRequest(changed), { problem: String });
  const spec = { request: "", ...client, ...joining };
  t.match(judge({ spec, requested: { problem: "no" }, nodes }), { type: "Denied", reason: "Unreadable" });
});

t.test("system:masters is not signed for anybody", async (t) => {
  const { request } = await createSigningRequest({ commonName: "jo", organizations: ["system:masters"] });
  const requested = await readRequest(request);
  if ("problem" in requested) return t.fail(requested.problem);
  t.match(misfit(signers.client, ["client auth"], requested), /system:masters/);
  t.match(misfit(signers.client, ["client auth", "cert sign"], { ...requested, organizations: [] }), /cert sign/);
  t.equal(misfit(signers.client, ["client auth"], { ...requested, organizations: ["dev"] }), undefined);
});
