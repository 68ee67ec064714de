import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import type { ProbeOutcome } from "./probe-state.ts";

export interface HttpTarget {
  host: string;
  port: number;
  path: string;
  /** HTTPS; the certificate is not verified, as in Kubernetes: it is the container's own affair. */
  tls: boolean;
  headers: { name: string; value: string }[];
}

/** Success for a status from 200 to 399; a redirect is not followed. */
export function httpProbe(target: HttpTarget, timeoutMs: number): Promise<ProbeOutcome> {
  return new Promise((resolve) => {
    const url = `${target.tls ? "https" : "http"}://${target.host}:${target.port}${target.path}`;
    const fail = (message: string) => end({ ok: false, message: `Get "${url}": ${message}` });
    const send = target.tls ? tlsRequest : plainRequest;
    const request = send({
      host: target.host,
      port: target.port,
      path: target.path,
      // A new connection for each try: a kept one says nothing about whether the server still accepts.
      agent: false,
      headers: headersOf(target),
      ...(target.tls ? { rejectUnauthorized: false } : {}),
    });
    const timer = setTimeout(() => fail("context deadline exceeded"), timeoutMs);
    const end = (outcome: ProbeOutcome) => {
      clearTimeout(timer);
      request.destroy();
      resolve(outcome);
    };
    request.once("response", (response) => {
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 400) end({ ok: true, message: "" });
      else end({ ok: false, message: `HTTP probe failed with statuscode: ${status}` });
    });
    request.on("error", (error) => fail(error.message));
    request.end();
  });
}

function headersOf(target: HttpTarget): Record<string, string> {
  const headers: Record<string, string> = { "user-agent": "kube-probe/1.35", accept: "*/*", connection: "close" };
  for (const { name, value } of target.headers) headers[name.toLowerCase()] = value;
  return headers;
}
