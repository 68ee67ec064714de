import { connect } from "node:tls";
import t from "tap";
import { ensurePki } from "../../pki/ensure-pki.ts";
import { rawClient } from "../test-support/raw-client.ts";
import { startTestControlPlane } from "../test-support/start-control-plane.ts";

const plane = await startTestControlPlane();
t.teardown(() => plane.close());
const { admin } = plane;
const anonymous = await plane.as();
const nodeA = await plane.as({ commonName: "system:node:a", organizations: ["system:nodes"] });
const dev = await plane.as({ commonName: "dev", organizations: ["developers"] });

const pods = "/api/v1/namespaces/default/pods";
const leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
const rbac = "/apis/rbac.authorization.k8s.io/v1";
const merge = { "content-type": "application/merge-patch+json" };

t.test("anonymous sees health and version, nothing else", async (t) => {
  for (const path of ["/healthz", "/livez", "/readyz", "/version"])
    t.equal((await anonymous.call("GET", path)).status, 200, path);
  t.match((await anonymous.call("GET", "/api")).json, {
    code: 403,
    reason: "Forbidden",
    message: 'forbidden: User "system:anonymous" cannot get path "/api"',
  });
  t.match((await anonymous.call("GET", "/metrics")).json, { code: 403 });
  t.match((await anonymous.call("GET", pods)).json, {
    code: 403,
    message:
      'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" in the namespace "default"',
  });
});

t.test("a certificate of another authority is refused, not taken for anonymous", async (t) => {
  const foreign = await ensurePki(`${plane.directory}/foreign`, { hosts: [] });
  const client = rawClient(plane.server.url, { ca: plane.pki.ca.cert, ...foreign.certificates.admin });
  t.teardown(() => client.close());
  t.match((await client.call("GET", "/healthz")).json, { code: 401, reason: "Unauthorized", message: "Unauthorized" });
  const etcdClient = rawClient(plane.server.url, { ca: plane.pki.ca.cert, ...plane.pki.certificates["etcd-client"] });
  t.teardown(() => etcdClient.close());
  t.equal((await etcdClient.call("GET", pods)).status, 401, "etcd's authority is another one, too");
});

t.test("roles and bindings: cluster-wide, in one namespace, by name, and at once", async (t) => {
  t.match((await dev.call("GET", pods)).json, { code: 403 });
  t.equal((await dev.call("GET", "/apis")).status, 200, "everybody who is known may discover");
  await admin.call("POST", `${rbac}/namespaces/default/roles`, {
    body: {
      metadata: { name: "reader" },
      rules: [{ apiGroups: [""], resources: ["pods", "pods/log"], verbs: ["get", "list"] }],
    },
  });
  await admin.call("POST", `${rbac}/namespaces/default/rolebindings`, {
    body: {
      metadata: { name: "devs-read" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" },
      subjects: [{ kind: "Group", name: "developers", apiGroup: "rbac.authorization.k8s.io" }],
    },
  });
  let answer = await dev.call("GET", pods);
  // Decisions are made from the cache, which hears of the binding a moment after it was stored.
  for (let i = 0; i < 50 && answer.status === 403; i++) answer = await dev.call("GET", pods);
  t.equal(answer.status, 200);
  t.equal((await dev.call("GET", "/api/v1/pods")).status, 403, "in its namespace only");
  t.equal((await dev.call("DELETE", `${pods}/x`)).status, 403);
  t.equal((await dev.call("GET", `${pods}?watch=1`)).status, 403, "watch is a verb of its own");
  t.equal((await dev.call("GET", pods, { headers: { accept: "text/event-stream" } })).status, 403, "as events, too");
  t.equal((await dev.call("GET", `${pods}?poll=1s`)).status, 403, "and by long poll");
  t.match((await dev.call("GET", `${pods}/x/exec?command=id`)).json, {
    code: 403,
    message:
      'pods "x" is forbidden: User "dev" cannot create resource "pods/exec" in API group "" in the namespace "default"',
  });
});

t.test("impersonation: with the right to, with the other's rights, and never passed over", async (t) => {
  const as = (name: string, group = "") => ({
    headers: { "impersonate-user": name, ...(group ? { "impersonate-group": group } : {}) },
  });
  t.equal((await admin.call("GET", pods, as("nobody"))).status, 403, "an administrator as nobody has no rights");
  t.match((await admin.call("GET", "/api/v1/secrets", as("x", "developers"))).json, {
    code: 403,
    message: /User "x" cannot list/,
  });
  t.equal((await admin.call("GET", pods, as("x", "developers"))).status, 200, "with a group that may");
  t.match((await dev.call("GET", pods, as("drydock-admin", "system:masters"))).json, {
    code: 403,
    message:
      'users "drydock-admin" is forbidden: User "dev" cannot impersonate resource "users" in API group "" at the cluster scope',
  });
  t.equal((await anonymous.call("GET", "/healthz", as("x"))).status, 403);
  t.equal((await admin.call("GET", pods, { headers: { "impersonate-group": "g" } })).status, 400);
  t.equal(
    (await admin.call("GET", pods, { headers: { "impersonate-user": "x", "impersonate-extra-a": "b" } })).status,
    400,
  );
});

t.test("an agent writes its own node, lease and pods, and nothing of others", async (t) => {
  const node = (name: string) => ({ metadata: { name }, status: { phase: "Running" } });
  t.match((await nodeA.call("POST", "/api/v1/nodes", { body: node("a") })).json, {
    metadata: { name: "a" },
    status: { phase: "Running" },
  });
  t.match((await nodeA.call("POST", "/api/v1/nodes", { body: node("b") })).json, {
    code: 403,
    message: 'nodes "b" is forbidden: node "a" is not allowed to modify node "b"',
  });
  t.equal((await nodeA.call("DELETE", "/api/v1/nodes/a")).status, 403);
  const lease = (name: string) => ({ metadata: { name }, spec: { holderIdentity: name } });
  t.equal((await nodeA.call("POST", leases, { body: lease("a") })).status, 201);
  t.equal((await nodeA.call("POST", leases, { body: lease("b") })).status, 403);
  t.equal(
    (await nodeA.call("POST", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases", { body: lease("a") }))
      .status,
    403,
  );

  for (const [name, nodeName] of [
    ["mine", "a"],
    ["theirs", "b"],
  ]) {
    await admin.call("POST", pods, {
      body: { metadata: { name }, spec: { nodeName, containers: [{ name: "c", image: "i" }] } },
    });
  }
  const status = { body: { status: { phase: "Running" } }, headers: merge };
  t.equal((await nodeA.call("PATCH", `${pods}/mine/status`, status)).status, 200);
  t.match((await nodeA.call("PATCH", `${pods}/theirs/status`, status)).json, { code: 403 });
  t.equal(
    (await nodeA.call("PATCH", `${pods}/mine`, { body: { metadata: { labels: { a: "b" } } }, headers: merge })).status,
    403,
  );
  t.equal((await nodeA.call("DELETE", `${pods}/theirs?gracePeriodSeconds=0`)).status, 403);
  t.equal((await nodeA.call("DELETE", `${pods}/mine?gracePeriodSeconds=0`)).status, 200);
  t.equal(
    (
      await nodeA.call("POST", pods, {
        body: { metadata: { name: "made" }, spec: { containers: [{ name: "c", image: "i" }] } },
      })
    ).status,
    403,
  );
  const event = {
    metadata: { name: "e" },
    involvedObject: { kind: "Pod", name: "mine", namespace: "default" },
    reason: "Started",
    type: "Normal",
  };
  t.equal((await nodeA.call("POST", "/api/v1/namespaces/default/events", { body: event })).status, 201);
});

t.test("nobody gives what they do not have", async (t) => {
  const roles = `${rbac}/namespaces/default/roles`;
  const bindings = `${rbac}/namespaces/default/rolebindings`;
  const manager = await plane.as({ commonName: "manager" });
  await admin.call("POST", roles, {
    body: {
      metadata: { name: "manager" },
      rules: [
        {
          apiGroups: ["rbac.authorization.k8s.io"],
          resources: ["roles", "rolebindings"],
          verbs: ["*"],
          resourceNames: [],
        },
        { apiGroups: [""], resources: ["pods"], verbs: ["get"] },
      ],
    },
  });
  // "*" on roles includes escalate and bind: this one is to have neither.
  const writes = ["get", "list", "create", "update", "delete"];
  await admin.call("PATCH", `${roles}/manager`, {
    headers: { "content-type": "application/json-patch+json" },
    body: [{ op: "replace", path: "/rules/0/verbs", value: writes }],
  });
  const subjects = [{ kind: "User", name: "manager" }];
  await admin.call("POST", bindings, {
    body: { metadata: { name: "manager" }, roleRef: { kind: "Role", name: "manager" }, subjects },
  });
  const role = (name: string, verbs: string[]) => ({
    metadata: { name },
    rules: [{ apiGroups: [""], resources: ["pods"], verbs }],
  });
  let answer = await manager.call("POST", roles, { body: role("less", ["get"]) });
  for (let i = 0; i < 50 && answer.status === 403; i++)
    answer = await manager.call("POST", roles, { body: role("less", ["get"]) });
  t.equal(answer.status, 201, "what they have");
  t.match((await manager.call("POST", roles, { body: role("more", ["get", "delete"]) })).json, {
    code: 403,
    message: /user "manager" .* is attempting to grant RBAC permissions not currently held:\n.*"delete"/,
  });
  const bind = (name: string, roleRef: object) =>
    manager.call("POST", bindings, { body: { metadata: { name }, roleRef, subjects } });
  t.match((await bind("up", { kind: "ClusterRole", name: "cluster-admin" })).json, {
    code: 403,
    message: /not currently held/,
  });
  t.match((await bind("later", { kind: "Role", name: "none" })).json, { code: 403, message: /does not exist/ });
  t.equal((await bind("same", { kind: "Role", name: "less" })).status, 201);
  const controllers = await plane.as({ commonName: "system:kube-controller-manager" });
  const own = await controllers.call("PATCH", `${rbac}/clusterroles/system:kube-controller-manager`, {
    headers: { "content-type": "application/json-patch+json" },
    body: [{ op: "add", path: "/rules/-", value: { apiGroups: ["*"], resources: ["*"], verbs: ["*"] } }],
  });
  t.match(
    own.json,
    { code: 403, message: /not currently held/ },
    "the controllers may change all objects, and yet not their own rights",
  );
});

t.test("scheduler and controllers have what they need and no more", async (t) => {
  const scheduler = await plane.as({ commonName: "system:kube-scheduler" });
  const controllers = await plane.as({ commonName: "system:kube-controller-manager" });
  await admin.call("POST", pods, {
    body: { metadata: { name: "bound" }, spec: { containers: [{ name: "c", image: "i" }] } },
  });
  const binding = { metadata: { name: "bound" }, target: { kind: "Node", name: "a" } };
  t.equal((await scheduler.call("POST", `${pods}/bound/binding`, { body: binding })).status, 201);
  t.match((await scheduler.call("POST", `${pods}/bound/binding`, { body: binding })).json, {
    code: 409,
    message: /already assigned to node "a"/,
  });
  t.match((await admin.call("GET", `${pods}/bound`)).json, {
    spec: { nodeName: "a" },
    status: { phase: "Pending", conditions: [{ type: "PodScheduled", status: "True" }] },
  });
  t.equal((await scheduler.call("GET", "/api/v1/secrets")).status, 403);
  t.equal((await scheduler.call("POST", `${rbac}/clusterroles`, { body: {} })).status, 403);
  t.equal(
    (
      await controllers.call("POST", pods, {
        body: { metadata: { name: "c" }, spec: { containers: [{ name: "c", image: "i" }] } },
      })
    ).status,
    201,
  );
  t.equal((await controllers.call("DELETE", `${pods}/c`)).status, 200);
  t.equal(
    (await controllers.call("POST", `${rbac}/clusterrolebindings`, { body: {} })).status,
    403,
    "they cannot give themselves more",
  );
});

t.test("long URLs and headers are refused; the connection of others is not hurt", async (t) => {
  const answer = await admin.call("GET", `${pods}?labelSelector=${"a".repeat(70_000)}`);
  t.equal(answer.status, 431);
  t.equal((await admin.call("GET", "/livez")).status, 200);
});

t.test("what is not TLS, or not HTTP, gets nothing and harms nothing", async (t) => {
  const { port } = plane.server;
  const closed = new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", ca: plane.pki.ca.cert }, () => socket.write("rubbish\r\n\r\n"));
    socket.on("close", resolve).on("error", () => {});
    socket.resume();
  });
  await closed;
  t.equal((await admin.call("GET", "/livez")).status, 200);
});

t.test("tokens of service accounts: for whom, until when, and what they end with", async (t) => {
  const accounts = "/api/v1/namespaces/default/serviceaccounts";
  t.equal((await admin.call("POST", accounts, { body: { metadata: { name: "robot" } } })).status, 201);
  const pod = {
    metadata: { name: "holder" },
    spec: { serviceAccountName: "robot", containers: [{ name: "c", image: "i" }] },
  };
  t.equal((await admin.call("POST", pods, { body: pod })).status, 201);
  const ask = async (spec: object, account = "robot") =>
    admin.call("POST", `${accounts}/${account}/token`, { body: { spec } });
  const self = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
  const whoami = async (token: string) =>
    anonymous.call("POST", self, { body: {}, headers: { authorization: `Bearer ${token}` } });

  const plain = (await ask({})).json.status;
  t.ok(Math.abs(Date.parse(plain.expirationTimestamp) - Date.now() - 3_600_000) < 60_000, "an hour unless stated");
  t.match((await whoami(plain.token)).json.status.userInfo, {
    username: "system:serviceaccount:default:robot",
    groups: ["system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"],
  });
  t.equal((await whoami(`${plain.token}A`)).status, 401, "another signature");
  const [header, payload = "", signature] = plain.token.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
  const forged = Buffer.from(JSON.stringify({ ...claims, sub: "system:serviceaccount:kube-system:x" })).toString(
    "base64url",
  );
  t.equal((await whoami(`${header}.${forged}.${signature}`)).status, 401, "other claims");
  const unsigned = Buffer.from(JSON.stringify({ alg: "none", typ: "JWT" })).toString("base64url");
  t.equal((await whoami(`${unsigned}.${payload}.`)).status, 401, "no signature");
  t.equal((await whoami(`${unsigned}.${payload}.${signature}`)).status, 401, "an algorithm that is none");

  const elsewhere = (await ask({ audiences: ["vault"] })).json.status.token;
  t.equal((await whoami(elsewhere)).status, 401, "a token for somebody else is not shown to us");
  const review = async (token: string, audiences?: string[]) =>
    (await admin.call("POST", "/apis/authentication.k8s.io/v1/tokenreviews", { body: { spec: { token, audiences } } }))
      .json.status;
  t.match(await review(elsewhere, ["vault", "other"]), { authenticated: true, audiences: ["vault"] });
  t.match(await review(elsewhere), { authenticated: false });

  t.match((await ask({ expirationSeconds: 60 })).json, { code: 422, message: /less than 10 minutes/ });
  t.match((await ask({}, "nobody")).json, { code: 404 });
  t.match((await ask({ boundObjectRef: { kind: "Pod", name: "holder" } }, "default")).json, {
    code: 400,
    message: /different serviceaccount name/,
  });
  t.equal((await ask({ boundObjectRef: { kind: "Pod", name: "bound", uid: "other" } })).status, 409);
  t.equal((await dev.call("POST", `${accounts}/robot/token`, { body: {} })).status, 403);
  const bound = (await ask({ boundObjectRef: { kind: "Pod", name: "holder" } })).json.status.token;
  t.match((await whoami(bound)).json.status.userInfo.extra, { "authentication.kubernetes.io/pod-name": ["holder"] });
  await admin.call("DELETE", `${pods}/holder`);
  let answer = await whoami(bound);
  // The cache hears of it a moment later.
  for (let i = 0; i < 1000 && answer.status !== 401; i++) answer = await whoami(bound);
  t.equal(answer.status, 401, "it ends with its pod");
  t.equal((await whoami(plain.token)).status, 201, "the other does not");
});

t.test("access reviews decide as the server does, and tell nobody what they may not ask", async (t) => {
  const group = "/apis/authorization.k8s.io/v1";
  const wanted = { verb: "list", resource: "pods", namespace: "default" };
  const ask = async (client: typeof admin, kind: string, spec: object) =>
    client.call("POST", `${group}/${kind}`, { body: { spec } });
  t.match((await ask(admin, "selfsubjectaccessreviews", { resourceAttributes: wanted })).json.status, {
    allowed: true,
  });
  t.match(
    (await ask(nodeA, "selfsubjectaccessreviews", { nonResourceAttributes: { verb: "get", path: "/metrics" } })).json
      .status,
    {
      allowed: false,
    },
  );
  t.match((await ask(admin, "subjectaccessreviews", { user: "nobody", resourceAttributes: wanted })).json.status, {
    allowed: false,
  });
  t.equal((await ask(dev, "subjectaccessreviews", { user: "x", resourceAttributes: wanted })).status, 403);
  t.match((await ask(admin, "subjectaccessreviews", { resourceAttributes: wanted })).json, { code: 422 });
  t.match((await ask(admin, "selfsubjectaccessreviews", {})).json, { code: 422, message: /exactly one of/ });
  t.equal((await anonymous.call("POST", `${group}/selfsubjectaccessreviews`, { body: {} })).status, 403);
  t.equal((await admin.call("GET", `${group}/selfsubjectaccessreviews`)).status, 405);
});

t.test("who may patch makes nothing by applying it", async (t) => {
  const impersonate = { "impersonate-user": "patcher", "content-type": "application/apply-patch+yaml" };
  await admin.call("POST", `${rbac}/namespaces/default/roles`, {
    body: {
      metadata: { name: "patcher" },
      rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get", "patch"] }],
    },
  });
  await admin.call("POST", `${rbac}/namespaces/default/rolebindings`, {
    body: {
      metadata: { name: "patcher" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "patcher" },
      subjects: [{ kind: "User", name: "patcher", apiGroup: "rbac.authorization.k8s.io" }],
    },
  });
  const maps = "/api/v1/namespaces/default/configmaps";
  await admin.call("POST", maps, { body: { metadata: { name: "there" } } });
  const apply = (name: string) =>
    admin.call("PATCH", `${maps}/${name}?fieldManager=p`, {
      body: { metadata: { name }, data: { a: "1" } },
      headers: impersonate,
    });
  let answer = await apply("there");
  for (let i = 0; i < 1000 && answer.status === 403; i++) answer = await apply("there");
  t.equal(answer.status, 200);
  t.match((await apply("new")).json, { code: 403, message: /cannot create resource "configmaps"/ });
});

t.test("an agent reads what its own pods name, one by one, and nothing else", async (t) => {
  const nodeC = await plane.as({ commonName: "system:node:c", organizations: ["system:nodes"] });
  for (const name of ["mine", "pull", "foreign"]) {
    await admin.call("POST", "/api/v1/namespaces/default/secrets", {
      body: { metadata: { name: `node-${name}` }, stringData: { a: name } },
    });
  }
  await admin.call("POST", "/api/v1/namespaces/default/configmaps", { body: { metadata: { name: "node-map" } } });
  const pod = (name: string, nodeName: string, secretName: string) => ({
    metadata: { name },
    spec: {
      nodeName,
      containers: [
        { name: "c", image: "i", env: [{ name: "A", valueFrom: { configMapKeyRef: { name: "node-map", key: "k" } } }] },
      ],
      volumes: [{ name: "v", secret: { secretName } }],
    },
  });
  t.equal((await admin.call("POST", pods, { body: pod("on-c", "c", "node-mine") })).status, 201);
  t.equal((await admin.call("POST", pods, { body: pod("on-d", "d", "node-foreign") })).status, 201);
  const secrets = "/api/v1/namespaces/default/secrets";
  let answer = await nodeC.call("GET", `${secrets}/node-mine`);
  // The authorizer knows pods from the cache.
  for (let i = 0; i < 1000 && answer.status === 403; i++) answer = await nodeC.call("GET", `${secrets}/node-mine`);
  t.equal(answer.status, 200);
  t.equal(
    (await nodeC.call("GET", `${secrets}?fieldSelector=metadata.name%3Dnode-mine`)).status,
    200,
    "as informers ask",
  );
  t.equal((await nodeC.call("GET", "/api/v1/namespaces/default/configmaps/node-map")).status, 200);
  t.match((await nodeC.call("GET", `${secrets}/node-foreign`)).json, {
    code: 403,
    message: /^secrets "node-foreign" is forbidden: User "system:node:c" cannot get .*: no pod on node "c" names it$/,
  });
  for (const path of [
    secrets,
    "/api/v1/secrets",
    `${secrets}?watch=1`,
    `${secrets}?fieldSelector=metadata.name!%3Dnode-mine`,
    "/api/v1/namespaces/kube-system/secrets/node-mine",
    "/api/v1/configmaps",
    pods,
    "/api/v1/pods?fieldSelector=spec.nodeName%3Dd",
    "/api/v1/pods?fieldSelector=spec.nodeName!%3Dc",
    `${pods}/on-d`,
  ]) {
    t.equal((await nodeC.call("GET", path)).status, 403, path);
  }
  t.equal((await nodeC.call("GET", "/api/v1/pods?fieldSelector=spec.nodeName%3Dc")).json.items.length, 1);
  t.equal((await nodeC.call("GET", `${pods}/on-c`)).status, 200);

  const token = (name: string, spec: object) =>
    nodeC.call("POST", `/api/v1/namespaces/default/serviceaccounts/${name}/token`, { body: { spec } });
  await admin.call("POST", "/api/v1/nodes", { body: { metadata: { name: "c" } } });
  let issued = await token("default", { boundObjectRef: { kind: "Pod", name: "on-c" } });
  for (let i = 0; i < 1000 && issued.status === 403; i++)
    issued = await token("default", { boundObjectRef: { kind: "Pod", name: "on-c" } });
  t.equal(issued.status, 201, "a token for a pod of its own");
  t.equal((await token("default", {})).status, 403, "not one for anything");
  t.equal(
    (await token("default", { boundObjectRef: { kind: "Pod", name: "on-d" } })).status,
    403,
    "not one for another's pod",
  );
  t.equal((await token("robot", {})).status, 403, "no pod of its own runs as that");
});

t.test("an agent sets no labels and taints by which it could draw pods to itself", async (t) => {
  const label = (labels: object) =>
    nodeA.call("PATCH", "/api/v1/nodes/a", { body: { metadata: { labels } }, headers: merge });
  t.equal((await label({ "topology.kubernetes.io/zone": "z", team: "x", "example.com/a": "b" })).status, 200);
  for (const name of [
    "node-role.kubernetes.io/control-plane",
    "node-restriction.kubernetes.io/gpu",
    "kubernetes.io/x",
  ]) {
    t.match((await label({ [name]: "" })).json, {
      code: 403,
      message: new RegExp(`not allowed to modify labels: ${name}`),
    });
  }
  const taints = { spec: { taints: [{ key: "a", effect: "NoSchedule" }] } };
  t.equal((await nodeA.call("PATCH", "/api/v1/nodes/a", { body: taints, headers: merge })).status, 403);
});

t.test("etcd has no secret in plain text, and what an older key encrypted is encrypted again", async (t) => {
  const path = "/api/v1/namespaces/default/secrets";
  await admin.call("POST", path, { body: { metadata: { name: "sealed" }, stringData: { password: "correct horse" } } });
  const raw = async (name: string) =>
    (await plane.store.get(`/registry/secrets/default/${name}`))?.value ?? Buffer.alloc(0);
  const plain = Buffer.from("correct horse").toString("base64");
  t.notOk((await raw("sealed")).includes(plain));
  t.notOk((await raw("sealed")).includes("password"), "not even the names of keys");
  t.match((await raw("sealed")).toString("latin1"), /^k8s:enc:aesgcm:v1:key-1:/);
  t.equal((await admin.call("GET", `${path}/sealed`)).json.data.password, plain);
  const updated = await admin.call("PATCH", `${path}/sealed`, { body: { stringData: { other: "x" } }, headers: merge });
  t.equal(updated.status, 200);
  t.equal(
    Object.keys(
      (await admin.call("GET", `${path}?resourceVersion=0`)).json.items.find(
        ({ metadata }: { metadata: { name: string } }) => metadata.name === "sealed",
      ).data,
    ).length,
    2,
  );

  const old = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "old", namespace: "default", uid: "u" },
    data: { password: plain },
    type: "Opaque",
  };
  await plane.store.create("/registry/secrets/default/old", Buffer.from(JSON.stringify(old)));
  t.equal((await admin.call("GET", `${path}/old`)).json.data.password, plain, "from before encryption");
  await plane.startAnother();
  t.match((await raw("old")).toString("latin1"), /^k8s:enc:aesgcm:v1:key-1:/, "a server that starts sees to it");
  t.equal((await admin.call("GET", `${path}/old`)).json.data.password, plain);
});
