import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ClientConfig } from "../client/client.ts";
import type { Pod } from "../kinds/pod/pod.ts";

export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void | Promise<void>;

/** A real HTTP server on loopback that answers as the test says. For the tests of the client and what stands on it. */
export interface ScriptedServer {
  config: ClientConfig;
  /** `METHOD url` of all requests so far. */
  requests: string[];
  /** Cuts every connection without a word, as a crash would. */
  cut(): void;
  close(): Promise<void>;
}

export async function scriptedServer(answer: Answer): Promise<ScriptedServer> {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    let body = "";
    for await (const chunk of request) body += chunk;
    await answer(request, response, body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    config: { server: `http://127.0.0.1:${port}`, ca: "" },
    requests,
    cut: () => server.closeAllConnections(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

export function refuse(response: ServerResponse, code: number, reason: string, message: string): void {
  json(response, code, { apiVersion: "v1", kind: "Status", status: "Failure", code, reason, message });
}

export function line(response: ServerResponse, type: string, object: unknown): void {
  response.write(`${JSON.stringify({ type, object })}\n`);
}

export function pod(name: string, revision: number, node = "a"): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", resourceVersion: String(revision) },
    spec: { nodeName: node, containers: [{ name: "web", image: "web:1" }] },
  };
}

export function podList(revision: number, items: Pod[], next?: string): unknown {
  return {
    apiVersion: "v1",
    kind: "PodList",
    metadata: { resourceVersion: String(revision), ...(next ? { continue: next } : {}) },
    items,
  };
}
