/**
 * Machines join a cluster with a token, and their certificates rotate: the commands as a unit of systemd runs them, real etcd, network
 * namespaces for machines. Without root there is nothing to test.
 */
import { X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { runCommand } from "@drydock/kit";
import { CertificateSigningRequest, type Client, Lease, Node, Pod } from "@drydock/machinery";
import t from "tap";
import { image, JoinLab, type Service, until } from "./join/lab.ts";

const isRoot = process.getuid?.() === 0;
if (!isRoot) t.plan(0, "needs root: network namespaces, mounts, bridges");
else await main();

async function main(): Promise<void> {
  t.setTimeout(120_000);
  const lab = await JoinLab.start();
  t.teardown(() => lab.close());
  const port = await freePort();
  /** Short enough to be renewed, and to end, while the test looks on. */
  const lifeSeconds = 15;
  const plane = await lab.controlPlane(port, ["--signing-duration", `${lifeSeconds}s`]);
  const admin = lab.admin(port);
  const server = `https://${lab.address}:${port}`;
  const drydock = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await lab.run([], ["--data-dir", lab.directory, ...args]);
    if (code !== 0) throw new Error(`drydock ${args.join(" ")} ended with ${code}: ${stderr}`);
    return stdout;
  };
  const joinArguments = async (...flags: string[]): Promise<string[]> => {
    const printed = await drydock("token", "create", "--print-join-command", ...flags);
    return printed
      .trim()
      .replace(/^drydock /, "")
      .replace(/ --node-name.*$/, "")
      .split(" ");
  };
  const machine1 = await lab.addMachine(1);
  const data1 = join(lab.directory, "machine-1");
  const node1 = ["--node-name", "worker-1", "--address", lab.machineAddress(1), "--data-dir", data1];
  const certificates1 = join(data1, "node", "certificates");
  await mkdir(join(data1, "images"), { recursive: true });
  await lab.importImage(join(data1, "images"));

  await t.test("a control plane by itself leaves a kubeconfig, by which kubectl works", async (t) => {
    const out = await runCommand("kubectl", ["--kubeconfig", join(lab.directory, "kubeconfig"), "get", "namespaces"]);
    t.match(out, /kube-system/);
    t.match(await drydock("pki", "status"), /apiserver +\S+ +364d/);
  });

  await t.test("a machine does not join what is not its cluster", async (t) => {
    const args = await joinArguments();
    t.equal(args[1], server, "the address is one that machines can reach");
    const wrong = args.map((word) => (word.startsWith("sha256:") ? `sha256:${"0".repeat(64)}` : word));
    const refused = await lab.run(machine1, [...wrong, ...node1, "--prepare-only"]);
    t.equal(refused.code, 5);
    t.match(refused.stderr, /JOIN_WRONG_AUTHORITY/);
    t.notOk(existsSync(certificates1), "nothing is written");
    t.same((await admin.list(CertificateSigningRequest)).items, [], "nothing was asked for");
    const silent = await lab.run(machine1, ["join", `https://${lab.address}:1`, ...args.slice(2), ...node1]);
    t.equal(silent.code, 4);
    t.match(silent.stderr, /JOIN_UNREACHABLE/);
  });

  await t.test("a token that has ended, or was deleted, lets nobody in", async (t) => {
    const short = await joinArguments("--ttl", "1s");
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const late = await lab.run(machine1, [...short, ...node1, "--prepare-only"]);
    t.equal(late.code, 5);
    t.match(late.stderr, /JOIN_TOKEN_REFUSED/);
    const deleted = await joinArguments();
    const token = deleted[deleted.indexOf("--token") + 1] ?? "";
    const listed = await drydock("token", "list");
    t.match(listed, token.slice(0, 6));
    t.notMatch(listed, token.slice(7), "the list has no secrets");
    await drydock("token", "delete", token.slice(0, 6));
    const refused = await lab.run(machine1, [...deleted, ...node1, "--prepare-only"]);
    t.match(refused.stderr, /JOIN_TOKEN_REFUSED/);
    t.notMatch(plane.output, token.slice(7), "no token gets into a log");
  });

  let worker: Service;
  await t.test("it joins, gets a range for its pods, and is ready", async (t) => {
    worker = lab.service(machine1, [...(await joinArguments()), ...node1]);
    const node = await until("worker-1 to be ready", () => readyNode(admin, "worker-1"), 20_000).catch(
      (error: unknown) => {
        throw new Error(`${error}\n${worker.output}\n${plane.output}`);
      },
    );
    t.equal(node.spec?.podCIDR, "10.88.1.0/24");
    t.match(node.status?.addresses, [{ type: "InternalIP", address: lab.machineAddress(1) }]);
    const { cert } = await certificateOf(certificates1, "client");
    t.match(cert.subject, /O=system:nodes\nCN=system:node:worker-1/);
    t.equal((await certificateOf(certificates1, "serving")).cert.checkIP(lab.machineAddress(1)), lab.machineAddress(1));
  });

  await t.test("a second machine cannot be a node that is there", async (t) => {
    const machine2 = await lab.addMachine(2);
    const flags = [
      "--address",
      lab.machineAddress(2),
      "--data-dir",
      join(lab.directory, "machine-2"),
      "--prepare-only",
    ];
    const args = await joinArguments();
    const thief = await lab.run(machine2, [...args, "--node-name", "worker-1", ...flags]);
    t.equal(thief.code, 5);
    t.match(thief.stderr, /there is a node worker-1 and it is ready/);
    const stolen = [
      "--address",
      lab.machineAddress(1),
      "--data-dir",
      join(lab.directory, "machine-3"),
      "--prepare-only",
    ];
    const spoof = await lab.run(machine2, [...args, "--node-name", "worker-3", ...stolen]);
    t.match(spoof.stderr, /CERTIFICATE_DENIED/);
    t.match(spoof.stderr, /belongs to node worker-1, which was there first/);
    const honest = await lab.run(machine2, [...args, "--node-name", "worker-2", ...flags]);
    t.equal(honest.code, 0, honest.stderr);
    const again = await lab.run(machine2, [
      "join",
      server,
      "--token",
      "abcdef.0123456789abcdef",
      ...args.slice(4),
      "--node-name",
      "worker-2",
      ...flags,
    ]);
    t.match(again, { code: 0, stderr: /worker-2 already/ }, "joining again does nothing, and needs no token");
    const other = await lab.run(machine2, [...args, "--node-name", "worker-9", ...flags]);
    t.match(other, { code: 6, stderr: /JOIN_OTHER_NODE/ });
  });

  await t.test("certificates are renewed, and what runs does not notice", async (t) => {
    const before = await bothCertificates(certificates1);
    const script = "i=0; while :; do echo tick $i; i=$((i+1)); sleep 0.2; done";
    await admin.create(Pod, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "ticker", namespace: "default" },
      spec: { terminationGracePeriodSeconds: 0, containers: [{ name: "main", image, command: ["sh", "-c", script] }] },
    });
    await until("the pod to run", async () => {
      const pod = await admin.get(Pod, { namespace: "default", name: "ticker" });
      return pod.status?.phase === "Running" ? pod : undefined;
    });
    const following = new AbortController();
    const { body } = await admin.stream("GET", "/api/v1/namespaces/default/pods/ticker/log?follow=true", {
      signal: following.signal,
    });
    let log = "";
    const reading = (async () => {
      for await (const chunk of body) log += Buffer.from(chunk).toString();
    })().catch(() => {});

    const renewed = async () => {
      const now = await bothCertificates(certificates1);
      const isNew = now.client.text !== before.client.text && now.serving.text !== before.serving.text;
      return isNew ? now : undefined;
    };
    const after = await until("both certificates to be renewed", renewed, lifeSeconds * 1000);
    for (const name of ["client", "serving"] as const) {
      t.ok(after[name].cert.validToDate > before[name].cert.validToDate, `${name}: for longer`);
      t.not(keyIn(after[name].text), keyIn(before[name].text), `${name}: with a new key`);
    }
    const end = Math.max(before.client.cert.validToDate.getTime(), before.serving.cert.validToDate.getTime());
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, end + 1_500 - Date.now())));
    const lines = log.split("\n").length;
    const node = await readyNode(admin, "worker-1");
    t.ok(node, "the node is ready after the first certificates have ended");
    await admin.patch(Node, { name: "worker-1" }, "merge", { metadata: { labels: { seen: "late" } } });
    await admin.create(Pod, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "late", namespace: "default" },
      spec: { restartPolicy: "Never", containers: [{ name: "main", image, command: ["true"] }] },
    });
    await until("a pod that came after", async () => {
      const pod = await admin.get(Pod, { namespace: "default", name: "late" });
      return pod.status?.phase === "Succeeded" ? pod : undefined;
    });
    await until("the log to go on", async () => (log.split("\n").length > lines + 2 ? true : undefined));
    const numbers = [...log.matchAll(/^tick (\d+)$/gm)].map((match) => Number(match[1]));
    t.same(
      numbers,
      numbers.map((_, index) => index),
      "one stream of the log, over both certificates, without a gap",
    );
    following.abort();
    await reading;
    t.match(await drydock("--data-dir", data1, "pki", "status"), /client .*system:node:worker-1/);
  });

  await t.test("a second control plane takes over when the first ends as it is asked to", async (t) => {
    const secondPort = await freePort();
    const second = await lab.controlPlane(secondPort, ["--signing-duration", `${lifeSeconds}s`]);
    const elsewhere = lab.admin(secondPort);
    const holder = async () => {
      const lease = await elsewhere.get(Lease, { namespace: "kube-system", name: "drydock-controllers" });
      return lease.spec?.holderIdentity;
    };
    t.match(await holder(), new RegExp(`:${port}$`), "one of the two leads");
    const { code, ms } = await plane.stop();
    t.equal(code, 0, plane.output);
    t.ok(ms < 3_000, `it took ${Math.round(ms)} ms`);
    await until(
      "the other to lead",
      async () => ((await holder())?.endsWith(`:${secondPort}`) ? true : undefined),
      10_000,
    );
    await elsewhere.create(Node, { apiVersion: "v1", kind: "Node", metadata: { name: "later" } });
    const node = await until("a range from the new leader", async () => {
      const later = await elsewhere.get(Node, { name: "later" });
      return later.spec?.podCIDR ? later : undefined;
    });
    t.notMatch(["10.88.1.0/24"], [node.spec?.podCIDR ?? ""], "ranges that are in use are not given again");
    await elsewhere.delete(Pod, { namespace: "default", name: "ticker" }, { gracePeriodSeconds: 0 });
    for (const service of [worker, second]) {
      t.equal((await service.stop()).code, 0, `ends as it is asked to: ${service.output.slice(-300)}`);
    }
  });
}

async function readyNode(client: Client, name: string): Promise<Node | undefined> {
  const { items } = await client.list(Node);
  const node = items.find(({ metadata }) => metadata.name === name);
  const ready = node?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
  return ready ? node : undefined;
}

async function certificateOf(directory: string, name: string): Promise<{ text: string; cert: X509Certificate }> {
  const text = await readFile(join(directory, `${name}.pem`), "utf8");
  return { text, cert: new X509Certificate(text.slice(text.indexOf("-----BEGIN CERTIFICATE"))) };
}

async function bothCertificates(directory: string) {
  const [client, serving] = await Promise.all([
    certificateOf(directory, "client"),
    certificateOf(directory, "serving"),
  ]);
  return { client, serving };
}

function keyIn(text: string): string {
  return text.slice(0, text.indexOf("-----END"));
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
