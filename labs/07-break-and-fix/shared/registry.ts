/** A registry for a check: the part of the OCI distribution protocol that pulling and looking around need, on loopback, over plain HTTP. */
import { execFileSync } from "node:child_process";
import { createReadStream, mkdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { join } from "node:path";
import type { CheckTools } from "@drydock/labs";
import { buildImage } from "./real-node.ts";

export interface Registry {
  /** 127.0.0.1:PORT */
  host: string;
  /** Tags that were asked for, as `repository:tag`. */
  asked: Set<string>;
}

/** Serves one image under these names: repository to tags. */
export async function startRegistry(
  t: CheckTools,
  repositories: Readonly<Record<string, string[]>>,
): Promise<Registry> {
  const layout = join(t.scratch, `${t.word()}.layout`);
  mkdirSync(layout);
  execFileSync("tar", ["-xf", await buildImage(t), "-C", layout]);
  const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8"));
  const { digest: manifest, mediaType } = index.manifests[0] as { digest: string; mediaType: string };
  const blob = (digest: string): string => join(layout, "blobs", ...digest.split(":"));
  const asked = new Set<string>();

  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://registry").pathname;
    const [, name = "", what = "", reference = ""] = /^\/v2\/(.+)\/(manifests|blobs|tags)\/(.+)$/.exec(path) ?? [];
    if (path === "/v2/") return answer(response, 200, {});
    if (path === "/v2/_catalog") return answer(response, 200, { repositories: Object.keys(repositories).sort() });
    const tags = repositories[name];
    if (!tags) return refuse(response, "NAME_UNKNOWN", "repository name not known to registry", { name });
    if (what === "tags") return answer(response, 200, { name, tags });
    if (what === "manifests" && reference !== manifest) {
      asked.add(`${name}:${reference}`);
      if (!tags.includes(reference))
        return refuse(response, "MANIFEST_UNKNOWN", "manifest unknown", { tag: reference });
    }
    const digest = what === "manifests" ? manifest : reference;
    const size = statSync(blob(digest), { throwIfNoEntry: false })?.size;
    if (size === undefined) return refuse(response, "BLOB_UNKNOWN", "blob unknown to registry", { digest });
    const type = what === "manifests" ? mediaType : "application/octet-stream";
    response.writeHead(200, { "content-type": type, "content-length": size, "docker-content-digest": digest });
    if (request.method === "HEAD") return void response.end();
    createReadStream(blob(digest)).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.defer(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return { host: `127.0.0.1:${typeof address === "object" ? address?.port : 0}`, asked };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, code: string, message: string, detail: object): void {
  answer(response, 404, { errors: [{ code, message, detail }] });
}
