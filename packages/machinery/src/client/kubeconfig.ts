import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { errnoOf, messageOf } from "@drydock/kit";
import { failure } from "../errors.ts";
import type { ClientConfig } from "./client.ts";

/** What we read of a kubeconfig: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
interface Kubeconfig {
  "current-context"?: string;
  clusters?: { name: string; cluster?: Record<string, unknown> }[];
  contexts?: { name: string; context?: { cluster?: string; user?: string; namespace?: string } }[];
  users?: { name: string; user?: Record<string, unknown> }[];
}

/** Parts of an entry that change how we would have to connect: refused rather than ignored. */
const unsupported = {
  cluster: ["insecure-skip-tls-verify", "tls-server-name", "proxy-url"],
  user: ["exec", "auth-provider", "username", "password", "as", "as-groups", "as-uid"],
} as const;

/**
 * How to reach the cluster of a kubeconfig's context (the current one unless named). `source` is a path, or the text itself when it has
 * more than one line. Throws CLIENT_CONFIG_INVALID, CLIENT_CONFIG_DENIED and CLIENT_CONFIG_UNSUPPORTED.
 */
export async function loadKubeconfig(source: string, context?: string): Promise<ClientConfig> {
  const isText = source.includes("\n");
  const name = isText ? "kubeconfig" : source;
  const file = await parse(isText ? source : await read(source, "kubeconfig"), name);
  const contextName = context ?? file["current-context"];
  const chosen = file.contexts?.find((entry) => entry.name === contextName)?.context;
  if (chosen === undefined) throw invalid(name, `there is no context "${contextName ?? ""}"`);
  const cluster = file.clusters?.find((entry) => entry.name === chosen.cluster)?.cluster;
  if (typeof cluster?.server !== "string") throw invalid(name, `cluster "${chosen.cluster ?? ""}" has no server`);
  const user = file.users?.find((entry) => entry.name === chosen.user)?.user ?? {};
  refuse(name, "cluster", cluster);
  refuse(name, "user", user);

  const base = isText ? process.cwd() : dirname(source);
  const part = (entry: Record<string, unknown>, field: string) => embedded(entry, field, base);
  const cert = await part(user, "client-certificate");
  const key = await part(user, "client-key");
  const token = typeof user.token === "string" ? user.token : await tokenFile(user, base);
  return {
    server: cluster.server.replace(/\/+$/, ""),
    ca: (await part(cluster, "certificate-authority")) ?? "",
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(token === undefined ? {} : { token }),
    ...(chosen.namespace === undefined ? {} : { namespace: chosen.namespace }),
  };
}

async function parse(text: string, name: string): Promise<Kubeconfig> {
  const yaml = await import("yaml");
  let value: unknown;
  try {
    value = yaml.parse(text);
  } catch (cause) {
    throw failure("CLIENT_CONFIG_INVALID", `${name} is not YAML`, { cause });
  }
  if (typeof value !== "object" || value === null) throw invalid(name, "it is empty");
  return value;
}

function refuse(name: string, part: keyof typeof unsupported, entry: Record<string, unknown>): void {
  const found = unsupported[part].find((field) => entry[field]);
  if (found === undefined) return;
  throw failure("CLIENT_CONFIG_UNSUPPORTED", `${name}: ${part} uses ${found}, which is not supported`, {
    hint: "use a kubeconfig with a client certificate or a token",
  });
}

/** PEM text from `<field>-data` (base64), else from the file that `<field>` names, relative to the kubeconfig. */
async function embedded(entry: Record<string, unknown>, field: string, base: string): Promise<string | undefined> {
  const data = entry[`${field}-data`];
  if (typeof data === "string") return Buffer.from(data, "base64").toString("utf8");
  const path = entry[field];
  return typeof path === "string" ? read(resolve(base, path), field) : undefined;
}

async function tokenFile(user: Record<string, unknown>, base: string): Promise<string | undefined> {
  return typeof user.tokenFile === "string"
    ? (await read(resolve(base, user.tokenFile), "tokenFile")).trim()
    : undefined;
}

async function read(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const errno = errnoOf(cause);
    const message = `${what} ${path} cannot be read: ${errno ?? messageOf(cause)}`;
    if (errno !== "EACCES" && errno !== "EPERM") throw failure("CLIENT_CONFIG_INVALID", message, { cause });
    throw failure("CLIENT_CONFIG_DENIED", message, {
      hint: "it holds a key, so only its owner may read it: be that user (sudo), or name a kubeconfig of your own",
      details: { path, errno },
      cause,
    });
  }
}

function invalid(name: string, problem: string): Error {
  return failure("CLIENT_CONFIG_INVALID", `${name}: ${problem}`);
}
