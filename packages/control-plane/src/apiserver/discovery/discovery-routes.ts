import { reviewKinds } from "@drydock/machinery";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { parseAccept } from "../http/media-types.ts";
import type { ApiContext } from "../server/api-context.ts";
import { sendData } from "../server/send.ts";
import { noSuchResource } from "../status/refusals.ts";
import { aggregatedType, groupDiscoveryList } from "./aggregated.ts";
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from "./legacy.ts";
import { type ServedGroup, servedGroups } from "./served-groups.ts";
import { versionInfo } from "./version.ts";

/** Fastify plugin: what this server serves, and which version it is. */
export async function discoveryRoutes(app: FastifyInstance, { api }: { api: ApiContext }): Promise<void> {
  const groups = (): ServedGroup[] =>
    servedGroups([...[...api.registry.resources].map(({ kind }) => kind), ...reviewKinds]);

  const groupOf = (name: string): ServedGroup => {
    const found = groups().find(({ group }) => group === name);
    if (!found) throw noSuchResource();
    return found;
  };

  const resources = (reply: FastifyReply, group: string, version: string): FastifyReply => {
    const found = groupOf(group).versions.find((one) => one.version === version);
    if (!found) throw noSuchResource();
    return sendData(reply, apiResourceList(group === "" ? version : `${group}/${version}`, found.kinds));
  };

  app.get("/version", (_request, reply) => sendData(reply, versionInfo()));
  app.get("/api", (request, reply) => {
    const core = groups().filter(({ group }) => group === "");
    return negotiated(request, reply, groupDiscoveryList(core), apiVersions(request.headers.host ?? ""));
  });
  app.get("/apis", (request, reply) => {
    const named = groups().filter(({ group }) => group !== "");
    return negotiated(request, reply, groupDiscoveryList(named), apiGroupList(named));
  });
  app.get<{ Params: { version: string } }>("/api/:version", ({ params }, reply) =>
    resources(reply, "", params.version),
  );
  app.get<{ Params: { group: string } }>("/apis/:group", ({ params }, reply) => {
    if (params.group === "") throw noSuchResource();
    return sendData(reply, { kind: "APIGroup", apiVersion: "v1", ...apiGroup(groupOf(params.group)) });
  });
  app.get<{ Params: { group: string; version: string } }>("/apis/:group/:version", ({ params }, reply) =>
    resources(reply, params.group, params.version),
  );
}

function negotiated(request: FastifyRequest, reply: FastifyReply, aggregated: object, legacy: object): FastifyReply {
  const wanted = parseAccept(request.headers.accept).find(
    ({ type, parameters }) =>
      type === "application/json" &&
      (parameters.as === undefined || (parameters.g === "apidiscovery.k8s.io" && parameters.v === "v2")),
  );
  reply.header("vary", "Accept");
  if (wanted?.parameters.as !== "APIGroupDiscoveryList") return sendData(reply, legacy);
  return reply.header("content-type", aggregatedType).send(Buffer.from(JSON.stringify(aggregated)));
}
