/** Tokens, certificate requests and pod ranges on a real API server, with the rights that everybody has in a cluster. */
import { X509Certificate } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hasCode, runCommand, silentLogger } from "@drydock/kit";
import {
  bootstrapTokenSecret,
  CertificateSigningRequest,
  type Client,
  ConfigMap,
  createClient,
  createSigningRequest,
  formatBootstrapToken,
  Node,
  newBootstrapToken,
  Pod,
  requestCertificate,
  Secret,
  signers,
} from "@drydock/machinery";
import t from "tap";
import { startTestControlPlane } from "../apiserver/test-support/start-control-plane.ts";
import { startControllers } from "./start-controllers.ts";
import { until } from "./test-support/until.ts";

const plane = await startTestControlPlane();
t.teardown(() => plane.close());
const { pki, server } = plane;
const open = (who: { cert?: string; key?: string; token?: string }): Client => {
  const client = createClient({ server: server.url, ca: pki.ca.cert, ...who });
  t.teardown(() => client.close());
  return client;
};
const pair = ({ cert, key }: { cert: string; key: string }) => ({ cert, key });
const admin = open(pair(pki.certificates.admin));
const controllers = await startControllers({
  client: open(pair(pki.certificates["controller-manager"])),
  logger: silentLogger,
  signing: { ca: pki.ca, durationMs: 3600_000 },
  clusterCidr: "10.77.0.0/22",
});
t.teardown(() => controllers.close());
await controllers.synced();

const soon = () => AbortSignal.timeout(30_000);

async function tokenFor(ms: number): Promise<string> {
  const token = newBootstrapToken();
  await admin.create(
    Secret,
    bootstrapTokenSecret(token, { expiresAt: Date.now() + ms, groups: ["system:bootstrappers:test"] }),
  );
  // The API server authenticates from its cache, which has it a moment later.
  const text = formatBootstrapToken(token);
  const client = open({ token: text });
  for (let tries = 0; tries < 100; tries++) {
    try {
      await client.list(CertificateSigningRequest);
      break;
    } catch (error) {
      if (!hasCode(error, "API_UNAUTHORIZED")) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  return text;
}

const nodeOrder = (name: string) => ({
  signerName: signers.nodeClient,
  usage: "client auth" as const,
  commonName: `system:node:${name}`,
  organizations: ["system:nodes"],
});
const servingOrder = (name: string, hosts: string[]) => ({
  ...nodeOrder(name),
  signerName: signers.nodeServing,
  usage: "server auth" as const,
  hosts,
});

t.test("a machine gets its certificates, and renews them", async (t) => {
  const token = await tokenFor(60_000);
  const first = await requestCertificate(open({ token }), nodeOrder("w1"), soon());
  const certificate = new X509Certificate(first.cert);
  t.match(certificate.subject, /O=system:nodes\nCN=system:node:w1/);
  t.ok(certificate.verify(new X509Certificate(pki.ca.cert).publicKey));
  t.notOk(certificate.ca);
  t.ok(certificate.validToDate.getTime() - Date.now() <= 3600_000, "as long as the signer gives");
  const node = open(first);
  await t.rejects(node.list(Secret, { namespace: "kube-system" }), { code: "API_FORBIDDEN" });
  await t.rejects(node.delete(Pod, { namespace: "x", name: "x" }), { code: "API_NOT_FOUND" });
  await node.create(Node, {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "w1" },
    status: { addresses: [{ type: "InternalIP", address: "10.1.1.1" }] },
  });
  const serving = await requestCertificate(node, servingOrder("w1", ["w1", "10.1.1.1"]), soon());
  t.equal(new X509Certificate(serving.cert).checkIP("10.1.1.1"), "10.1.1.1");
  const second = await requestCertificate(node, { ...nodeOrder("w1"), expirationSeconds: 600 }, soon());
  t.ok(new X509Certificate(second.cert).validToDate.getTime() - Date.now() <= 600_000, "as short as is asked for");

  await t.rejects(requestCertificate(node, nodeOrder("w2"), soon()), {
    code: "CERTIFICATE_DENIED",
    message: /system:node:w1 may not ask for a certificate of system:node:w2/,
  });
  await t.rejects(requestCertificate(node, servingOrder("w1", ["10.9.9.9"]), soon()), {
    code: "CERTIFICATE_DENIED",
    message: /10.9.9.9 is neither/,
  });
  const masters = { ...nodeOrder("w1"), organizations: ["system:nodes", "system:masters"] };
  await t.rejects(requestCertificate(open({ token }), masters, soon()), { code: "CERTIFICATE_DENIED" });
});

t.test("a token opens what joining needs and nothing else", async (t) => {
  const token = await tokenFor(60_000);
  const client = open({ token });
  const info = await client.get(ConfigMap, { namespace: "kube-public", name: "cluster-info" });
  t.ok(info.data?.kubeconfig?.includes(Buffer.from(pki.ca.cert).toString("base64")));
  await t.rejects(client.list(Pod, {}), { code: "API_FORBIDDEN" });
  await t.rejects(client.list(Secret, { namespace: "kube-system" }), { code: "API_FORBIDDEN" });
  await t.rejects(client.list(Node), { code: "API_FORBIDDEN" });
  const [mine] = (await client.list(CertificateSigningRequest)).items;
  const approval = { status: { conditions: [{ type: "Approved", status: "True" }] } };
  const options = { subresource: "approval" };
  await t.rejects(
    client.patch(CertificateSigningRequest, { name: mine?.metadata.name ?? "x" }, "merge", approval, options),
    {
      code: "API_FORBIDDEN",
    },
  );
  const nobody = open({});
  await nobody.get(ConfigMap, { namespace: "kube-public", name: "cluster-info" });
  await t.rejects(nobody.list(CertificateSigningRequest), { code: "API_FORBIDDEN" });
});

t.test("tokens that do not hold are refused, and go when they end", async (t) => {
  const token = await tokenFor(60_000);
  const list = (text: string) => open({ token: text }).list(CertificateSigningRequest);
  const refused = { code: "API_UNAUTHORIZED", message: "Unauthorized" };
  await list(token);
  await t.rejects(list(`${token.slice(0, -1)}${token.endsWith("0") ? "1" : "0"}`), refused);
  await t.rejects(list("abcdef.0123456789abcdef"), refused);
  await t.rejects(list("rubbish"), refused);
  const short = await tokenFor(1_000);
  await list(short);
  const id = short.split(".")[0];
  const options = { namespace: "kube-system" };
  await until(
    admin,
    Secret,
    options,
    "the token's end",
    (all) => !all.some(({ metadata }) => metadata.name.endsWith(`${id}`)),
  );
  await t.rejects(list(short), refused);
  const past = newBootstrapToken();
  const secret = bootstrapTokenSecret(past, { expiresAt: Date.now() - 1 });
  await admin.create(Secret, secret);
  await t.rejects(list(formatBootstrapToken(past)), refused);
  const never = newBootstrapToken();
  const broken = bootstrapTokenSecret(never, {});
  broken.data = { ...broken.data, expiration: Buffer.from("whenever").toString("base64") };
  await admin.create(Secret, broken);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await t.rejects(list(formatBootstrapToken(never)), refused, "an expiration that is no time");
});

t.test("people decide with kubectl, and get the certificate", async (t) => {
  const kubectl = (...args: string[]) => runCommand("kubectl", ["--kubeconfig", plane.kubeconfig, ...args]);
  const make = async (name: string): Promise<void> => {
    const { request } = await createSigningRequest({ commonName: "jo", organizations: ["dev"] });
    const manifest = {
      apiVersion: "certificates.k8s.io/v1",
      kind: "CertificateSigningRequest",
      metadata: { name },
      spec: {
        request: Buffer.from(request).toString("base64"),
        signerName: signers.client,
        usages: ["client auth"],
        username: "somebody-else",
        groups: ["system:masters"],
      },
    };
    const file = join(plane.directory, `${name}.json`);
    await writeFile(file, JSON.stringify(manifest));
    await kubectl("create", "-f", file);
  };
  await make("jo");
  t.match(await kubectl("get", "csr", "jo"), /kube-apiserver-client +drydock-admin +<none> +Pending/);
  t.match(await kubectl("certificate", "approve", "jo"), /jo approved/);
  const [signed] = await until(
    admin,
    CertificateSigningRequest,
    { fieldSelector: "metadata.name=jo" },
    "the certificate",
    ([csr]) => csr?.status?.certificate !== undefined,
  );
  t.match(new X509Certificate(Buffer.from(signed?.status?.certificate ?? "", "base64")).subject, /O=dev\nCN=jo/);
  t.equal(signed?.spec.username, "drydock-admin", "who asks is what the server knows");
  t.match(await kubectl("get", "csr", "jo"), /Approved,Issued/);
  await make("no");
  t.match(await kubectl("certificate", "deny", "no"), /no denied/);
  t.match(await kubectl("get", "csr", "no"), /Denied/);
  await t.rejects(kubectl("certificate", "approve", "no"), /mutually exclusive|denied|invalid/i);
  await t.rejects(
    kubectl("patch", "csr", "jo", "--type=merge", "-p", '{"spec":{"usages":["server auth"]}}'),
    /not allowed/,
  );
});

t.test("who may approve for one signer may not for another", async (t) => {
  const dev = await plane.as({ commonName: "approver", organizations: ["approvers"] });
  const rbac = "/apis/rbac.authorization.k8s.io/v1";
  const group = { apiGroups: ["certificates.k8s.io"] };
  await plane.admin.call("POST", `${rbac}/clusterroles`, {
    body: {
      metadata: { name: "approver" },
      rules: [
        {
          ...group,
          resources: ["certificatesigningrequests", "certificatesigningrequests/approval"],
          verbs: ["get", "update", "patch"],
        },
        { ...group, resources: ["signers"], resourceNames: ["example.com/*"], verbs: ["approve"] },
      ],
    },
  });
  await plane.admin.call("POST", `${rbac}/clusterrolebindings`, {
    body: {
      metadata: { name: "approver" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "approver" },
      subjects: [{ kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "approver" }],
    },
  });
  const requests = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
  const { request } = await createSigningRequest({ commonName: "jo" });
  for (const [name, signerName] of [
    ["ours", signers.client],
    ["theirs", "example.com/web"],
  ]) {
    const spec = { request: Buffer.from(request).toString("base64"), signerName, usages: ["client auth"] };
    t.equal((await plane.admin.call("POST", requests, { body: { metadata: { name }, spec } })).status, 201);
  }
  const body = { status: { conditions: [{ type: "Approved", status: "True", reason: "Test" }] } };
  const merge = { body, headers: { "content-type": "application/merge-patch+json" } };
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.match((await dev.call("PATCH", `${requests}/ours/approval`, merge)).json, {
    code: 403,
    message: /not permitted to approve/,
  });
  t.equal((await dev.call("PATCH", `${requests}/theirs/approval`, merge)).status, 200);
  const forged = { ...merge, body: { status: { certificate: Buffer.from(pki.ca.cert).toString("base64") } } };
  t.equal((await dev.call("PATCH", `${requests}/theirs/status`, forged)).status, 403);
  const smuggled = await dev.call("PATCH", `${requests}/theirs/approval`, forged);
  t.notOk(smuggled.json.status?.certificate, "an approval brings no certificate");
});

t.test("nodes get ranges for their pods, each its own, until there is none", async (t) => {
  const make = (name: string, podCIDR?: string) =>
    admin.create(Node, {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name },
      ...(podCIDR ? { spec: { podCIDR } } : {}),
    });
  await make("own", "10.77.2.0/24");
  await make("n1");
  await make("n2");
  const nodes = await until(admin, Node, {}, "ranges", (all) => all.filter(({ spec }) => spec?.podCIDR).length >= 3);
  const ranges = nodes.flatMap(({ spec }) => (spec?.podCIDR ? [spec.podCIDR] : []));
  t.equal(new Set(ranges).size, ranges.length, ranges.join(" "));
  // w1 of the first test is among them: 1, 2 and 3 are all that a /22 has besides the nodes' own.
  t.same([...ranges].sort(), ["10.77.1.0/24", "10.77.2.0/24", "10.77.3.0/24"]);
  await admin.delete(Node, { name: "own" });
  await until(admin, Node, {}, "the freed range", (all) => all.every(({ spec }) => spec?.podCIDR));
});
