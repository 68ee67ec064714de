import { createHash } from "node:crypto";
import { reviewKinds } from "@drydock/machinery";
import type { FastifyInstance } from "fastify";
import type { ApiContext } from "../server/api-context.ts";
import { noSuchResource } from "../status/refusals.ts";
import { openApiDocument } from "./openapi-document.ts";
import { servedGroups } from "./served-groups.ts";

interface Served {
  text: string;
  hash: string;
}

/**
 * The OpenAPI v2 document has nothing in it: everything is said by v3. It is there because kubectl asks for it when v3
 * does not know a kind, and would complain of the missing document rather than of the unknown kind. As protobuf, the
 * only form that kubectl reads, it is openapi.v2.Document { swagger = 1: "2.0"; info = 2 { title = 1; version = 2 } }.
 */
const emptyV2 = { swagger: "2.0", info: { title: "Drydock", version: "v1.35.0" }, paths: {} };
const emptyV2Protobuf = Buffer.from("\x0a\x032.0\x12\x12\x0a\x07Drydock\x12\x07v1.35.0");
const v2ProtobufType = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

/**
 * Fastify plugin: /openapi/v3, one document a group and version, under a URL that changes with its content so that
 * clients may keep it.
 */
export async function openApiRoutes(app: FastifyInstance, { api }: { api: ApiContext }): Promise<void> {
  const documents = new Map<string, Served>();

  let edition = -1;

  const built = (): Map<string, Served> => {
    if (edition === api.registry.edition) return documents;
    edition = api.registry.edition;
    documents.clear();
    for (const { group, versions } of servedGroups([
      ...[...api.registry.resources].map(({ kind }) => kind),
      ...reviewKinds,
    ])) {
      for (const { version, kinds } of versions) {
        const text = JSON.stringify(openApiDocument(kinds));
        const hash = createHash("sha512").update(text).digest("hex").toUpperCase();
        documents.set(group === "" ? `api/${version}` : `apis/${group}/${version}`, { text, hash });
      }
    }
    return documents;
  };

  app.get("/openapi/v2", (request, reply) => {
    const protobuf = request.headers.accept?.includes(v2ProtobufType);
    if (protobuf) return reply.header("content-type", v2ProtobufType).send(emptyV2Protobuf);
    return reply.header("content-type", "application/json").send(Buffer.from(JSON.stringify(emptyV2)));
  });

  app.get("/openapi/v3", (_request, reply) => {
    const paths: Record<string, { serverRelativeURL: string }> = {};
    for (const [path, { hash }] of built()) paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` };
    return reply.header("content-type", "application/json").send(Buffer.from(JSON.stringify({ paths })));
  });

  app.get<{ Params: { "*": string } }>("/openapi/v3/*", (request, reply) => {
    const served = built().get(request.params["*"]);
    if (!served) throw noSuchResource();
    const { hash, text } = served;
    reply.header("etag", `"${hash}"`).header("vary", "Accept");
    if (request.context.query.get("hash") === hash)
      reply.header("cache-control", "public, immutable, max-age=31536000");
    if (request.headers["if-none-match"] === `"${hash}"`) return reply.code(304).send();
    return reply.header("content-type", "application/json").send(Buffer.from(text));
  });
}
