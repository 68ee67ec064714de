import type { MethodDefinition } from "@grpc/proto-loader";
import type { CallOptions } from "../api/call.ts";
import type { Channel } from "./channel.ts";
import type { Protos } from "./load-protos.ts";

/** A function for every call of every service, by its name on the wire. The types are those of api/, which a test holds against the protos. */
export function buildServices<Services extends object>(
  channel: Channel,
  protos: Protos,
  names: Record<keyof Services, string>,
): Services {
  const services = Object.entries<string>(names).map(([key, name]) => {
    const methods = Object.entries(protos.service(name)).map(([method, definition]) => [
      `${method.charAt(0).toLowerCase()}${method.slice(1)}`,
      buildCall(channel, `${name.split(".").at(-1)}.${method}`, definition),
    ]);
    return [key, Object.fromEntries(methods)];
  });
  return Object.fromEntries(services) as Services;
}

function buildCall(channel: Channel, name: string, method: MethodDefinition<object, object>) {
  if (method.requestStream) return (options?: CallOptions) => channel.bidiStream(name, method, options);
  if (method.responseStream) {
    return (request: object, options?: CallOptions) => channel.serverStream(name, method, request, options);
  }
  return (request: object, options?: CallOptions) => channel.unary(name, method, request, options);
}
