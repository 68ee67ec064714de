import { createPrivateKey, randomUUID } from "node:crypto";
import {
  type Kind,
  type KubeObject,
  Node,
  Pod,
  rfc3339,
  Secret,
  ServiceAccount,
  TokenRequest,
} from "@drydock/machinery";
import { apiAudience } from "../pipeline/token-authenticator.ts";
import { nodeNameOf } from "../rbac/user.ts";
import { decodeRequest } from "../registry/decode-request.ts";
import { getObject } from "../registry/get.ts";
import type { Registry } from "../registry/registry.ts";
import { bodyOf, type ResourceCall, type ResourceHandler } from "../server/resource-routes.ts";
import { sendData } from "../server/send.ts";
import { badRequest, conflict, forbidden, invalid } from "../status/refusals.ts";
import { signToken } from "./json-web-token.ts";
import { type BoundObject, claimsFor } from "./service-account-claims.ts";

const leastSeconds = 600;
/** 2^32 s, upstream's limit. */
const mostSeconds = 2 ** 32;
/** How long the cache may take to hear of an account that was made a moment ago, ms. */
const cacheWaitMs = 5000;

/** POST serviceaccounts/NAME/token: signs a token that ends by itself, and with the object that it is bound to. */
export const tokenHandlers: Readonly<Record<string, ResourceHandler>> = {
  async create(call) {
    const { api, operation, info } = call;
    const account = (await getObject(operation, info.name, "")) as ServiceAccount;
    const request = readRequest(call);
    const { audiences = [], expirationSeconds: seconds = 3600, boundObjectRef } = request.spec ?? {};
    const { bound, node } = await findBound(api.registry, account, boundObjectRef);
    const agent = nodeNameOf(operation.user);
    if (agent !== undefined && (bound?.kind !== "Pod" || node?.name !== agent)) {
      throw forbidden(
        ServiceAccount,
        info.name,
        `node ${JSON.stringify(agent)} may ask only for tokens that are bound to a pod on it`,
      );
    }
    const issuedAt = Math.floor(api.clock.now() / 1000);
    const expires = issuedAt + seconds;
    const token = signToken(
      claimsFor(account, {
        audiences: audiences.length > 0 ? audiences : [apiAudience],
        issuedAt,
        expires,
        id: randomUUID(),
        ...(bound ? { bound } : {}),
        ...(node ? { node } : {}),
      }),
      createPrivateKey(api.serviceAccountKey),
    );
    // Whoever gets the token will use it at once, and who it is for is looked up in the cache.
    await operation.resource.cache.waitFor(Number(account.metadata.resourceVersion), cacheWaitMs);
    const { name, namespace } = account.metadata;
    const metadata = { name, namespace, creationTimestamp: rfc3339(issuedAt * 1000) };
    const status = { token, expirationTimestamp: rfc3339(expires * 1000) };
    return sendData(call.reply, { ...request, metadata, status }, "json", 201);
  },
};

function readRequest(call: ResourceCall): TokenRequest {
  const object = decodeRequest<TokenRequest>(TokenRequest, bodyOf(call).value, "");
  const seconds = object.spec?.expirationSeconds ?? 3600;
  if (seconds < leastSeconds || seconds > mostSeconds) {
    const rule =
      seconds < leastSeconds
        ? "may not specify a duration less than 10 minutes"
        : "may not specify a duration larger than 2^32 seconds";
    const message = `Invalid value: ${seconds}: ${rule}`;
    throw invalid(TokenRequest, "", [{ field: "spec.expirationSeconds", reason: "FieldValueInvalid", message }]);
  }
  return object;
}

type Reference = NonNullable<NonNullable<TokenRequest["spec"]>["boundObjectRef"]>;

async function findBound(
  registry: Registry,
  { metadata }: ServiceAccount,
  reference: Reference | undefined,
): Promise<{ bound?: BoundObject; node?: { name: string; uid: string } }> {
  if (!reference) return {};
  const { kind, name = "", uid } = reference;
  const namespace = metadata.namespace ?? "";
  const read = async (type: Kind, inNamespace: string): Promise<KubeObject> => {
    const object = await registry.read(registry.require(type), inNamespace, name);
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
    if (uid && uid !== object.metadata.uid) throw conflict(type, name, why);
    return object;
  };
  const boundTo = (object: KubeObject) => ({
    kind: object.kind as BoundObject["kind"],
    name,
    uid: object.metadata.uid ?? "",
  });
  switch (kind) {
    case "Pod": {
      const pod = (await read(Pod as unknown as Kind, namespace)) as Pod;
      const account = pod.spec.serviceAccountName ?? "";
      if (account !== metadata.name) {
        throw badRequest(
          `cannot bind token for serviceaccount "${metadata.name}" to pod running with different serviceaccount name.`,
        );
      }
      const host = pod.spec.nodeName ? registry.cached(Node, "", pod.spec.nodeName) : undefined;
      const node = host ? { name: host.metadata.name, uid: host.metadata.uid ?? "" } : undefined;
      return { bound: boundTo(pod), ...(node ? { node } : {}) };
    }
    case "Secret":
      return { bound: boundTo(await read(Secret as unknown as Kind, namespace)) };
    case "Node":
      return { bound: boundTo(await read(Node as unknown as Kind, "")) };
    default:
      throw badRequest(
        `cannot bind token to object of type ${JSON.stringify(kind)}: it must be a Pod, a Secret or a Node`,
      );
  }
}
