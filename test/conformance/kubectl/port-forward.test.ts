import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { promisify } from "node:util";
import { issueServingCertificate } from "@drydock/control-plane";
import { silentLogger } from "@drydock/kit";
import type { Pod } from "@drydock/machinery";
import t from "tap";
import { AgentServer, type AgentServerOptions } from "../../../packages/node-agent/src/server/agent-server.ts";
import { startControlPlane } from "./control-plane.ts";

/** `kubectl port-forward` through the API server to an agent, whose pod is this process: its "pod" address is loopback. */
const kubectl = process.env.DRYDOCK_KUBECTL ?? "kubectl";
const run = promisify(execFile);

async function available(): Promise<boolean> {
  try {
    await run(kubectl, ["version", "--client"]);
    return true;
  } catch {
    // Not installed: the test says so.
    return false;
  }
}

if (!(await available())) {
  t.pass("skipped", { skip: "kubectl is not installed: npm run setup installs it" });
} else {
  const plane = await startControlPlane();
  t.teardown(() => plane.close());
  const env = { ...process.env, KUBECONFIG: plane.kubeconfig, HOME: plane.directory };
  const create = async (object: object): Promise<void> => {
    const child = run(kubectl, ["create", "-f", "-"], { env });
    child.child.stdin?.end(JSON.stringify(object));
    await child;
  };

  const pair = await issueServingCertificate(plane.pki, { commonName: "system:node:n", hosts: ["127.0.0.1"] });
  const pod = { metadata: { name: "web", namespace: "default" }, status: { phase: "Running", podIP: "127.0.0.1" } };
  const agent = new AgentServer({
    address: "127.0.0.1",
    port: 0,
    serving: { ...pair, clientCa: plane.pki.ca.cert },
    lookup: {
      pod: (_namespace: string, name: string) => (name === "web" ? (pod as Pod) : undefined),
      pods: () => [],
    } as unknown as AgentServerOptions["lookup"],
    logger: silentLogger,
    failed: (error) => t.error(error),
  });
  const agentPort = await agent.listen();
  t.teardown(() => agent.close());
  await create({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n" },
    status: {
      addresses: [{ type: "InternalIP", address: "127.0.0.1" }],
      daemonEndpoints: { kubeletEndpoint: { Port: agentPort } },
    },
  });
  for (const name of ["web", "gone"]) {
    await create({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name },
      spec: { nodeName: "n", containers: [{ name: "web", image: "web" }] },
    });
    const status = JSON.stringify({ status: { phase: "Running", podIP: "127.0.0.1" } });
    await run(kubectl, ["patch", "pod", name, "--subresource=status", "--type=merge", "-p", status], { env });
  }

  /** Starts a forward to a port; resolves with the local one. What it prints is collected. */
  const forward = async (
    name: string,
    port: number,
  ): Promise<{ child: ChildProcess; local: number; printed: string[] }> => {
    const child = spawn(kubectl, ["port-forward", `pod/${name}`, `:${port}`], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    t.teardown(async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill();
        await once(child, "exit");
      }
    });
    const printed: string[] = [];
    child.stderr?.on("data", (text) => printed.push(String(text)));
    const local = await new Promise<number>((resolve, reject) => {
      child.stdout?.on("data", (text) => {
        printed.push(String(text));
        const found = /127\.0\.0\.1:(\d+)/.exec(String(text));
        if (found) resolve(Number(found[1]));
      });
      child.once("exit", () => reject(new Error(printed.join(""))));
    });
    return { child, local, printed };
  };

  t.test("requests, many at once and large ones", { timeout: 60_000 }, async (t) => {
    const big = Buffer.alloc(3_000_000, "x");
    const server = createServer(async (request, response) => {
      let size = 0;
      for await (const chunk of request) size += chunk.length;
      response.end(request.url === "/big" ? big : `${request.url} ${size}`);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.teardown(() => {
      server.closeAllConnections();
      server.close();
    });
    const { local } = await forward("web", (server.address() as AddressInfo).port);
    const base = `http://127.0.0.1:${local}`;
    t.equal(await (await fetch(`${base}/hello`)).text(), "/hello 0");
    t.equal((await (await fetch(`${base}/big`)).arrayBuffer()).byteLength, big.length);
    t.equal(await (await fetch(`${base}/sent`, { method: "POST", body: big })).text(), `/sent ${big.length}`);
    const many = await Promise.all(Array.from({ length: 20 }, async (_, i) => (await fetch(`${base}/${i}`)).text()));
    t.same(
      many,
      Array.from({ length: 20 }, (_, i) => `/${i} 0`),
    );
  });

  t.test("each side may end first", { timeout: 60_000 }, async (t) => {
    const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
      let text = "";
      socket.on("data", (data) => {
        text += data;
      });
      // Answers only when the client has said all.
      socket.on("end", () => socket.end(`got ${text}`));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.teardown(() => server.close());
    const { local } = await forward("web", (server.address() as AddressInfo).port);
    const client = connect({ port: local, host: "127.0.0.1", allowHalfOpen: true });
    client.end("everything");
    let answer = "";
    for await (const chunk of client) answer += chunk;
    t.equal(answer, "got everything");
  });

  t.test("a port that nobody listens on is told, and a pod that is gone", { timeout: 60_000 }, async (t) => {
    const server = createTcpServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    server.close();
    const { local, printed } = await forward("web", port);
    const client = connect(local, "127.0.0.1");
    client.on("error", () => {});
    await once(client, "close");
    for (let i = 0; i < 300 && !printed.join("").includes("ECONNREFUSED"); i++)
      await new Promise((r) => setTimeout(r, 100));
    t.match(printed.join(""), /error forwarding port \d+ to pod: .*ECONNREFUSED/);
    // kubectl then tries SPDY, and shows what comes of that.
    await t.rejects(forward("gone", 80), { message: /unable to upgrade/ });
    await t.rejects(forward("nobody", 80), { message: /pods "nobody" not found/ });
  });
}
