import { randomInt } from "node:crypto";
import { rfc3339 } from "../controller/conditions.ts";
import type { Secret } from "../kinds/secret.ts";

/**
 * Bootstrap tokens: what a machine shows to be let in before it has a certificate. `<id>.<secret>`, kept as a Secret in
 * kube-system: https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/
 */
export interface BootstrapToken {
  /** Six characters, no secret: the name by which a token is spoken of. */
  id: string;
  /** Sixteen characters. */
  secret: string;
}

/** What the Secret of a token says. */
export interface BootstrapTokenRecord extends BootstrapToken {
  /** ms since the epoch; undefined: never. */
  expiresAt: number | undefined;
  /** May be shown to the API server. */
  authenticates: boolean;
  /** Besides `system:bootstrappers`. */
  groups: string[];
  description: string;
}

export const bootstrapTokenType = "bootstrap.kubernetes.io/token";
export const bootstrapTokenNamespace = "kube-system";
export const bootstrappersGroup = "system:bootstrappers";

const ID = /^[a-z0-9]{6}$/;
const SECRET = /^[a-z0-9]{16}$/;
const GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";

export function bootstrapTokenSecretName(id: string): string {
  return `bootstrap-token-${id}`;
}

/** A token that nobody knows: 82 bits of secret. */
export function newBootstrapToken(): BootstrapToken {
  const text = (length: number): string =>
    Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)] as string).join("");
  return { id: text(6), secret: text(16) };
}

/** `abcdef.0123456789abcdef` taken apart; undefined when it is no such token. */
export function parseBootstrapToken(text: string): BootstrapToken | undefined {
  const [id = "", secret = "", ...rest] = text.split(".");
  return rest.length === 0 && ID.test(id) && SECRET.test(secret) ? { id, secret } : undefined;
}

export function formatBootstrapToken({ id, secret }: BootstrapToken): string {
  return `${id}.${secret}`;
}

/** The Secret that makes a token known to the cluster. */
export function bootstrapTokenSecret(
  token: BootstrapToken,
  { expiresAt, description, groups = [] }: { expiresAt?: number; description?: string; groups?: readonly string[] },
): Secret {
  const data: Record<string, string> = {
    "token-id": token.id,
    "token-secret": token.secret,
    "usage-bootstrap-authentication": "true",
    ...(expiresAt === undefined ? {} : { expiration: rfc3339(expiresAt) }),
    ...(description ? { description } : {}),
    ...(groups.length > 0 ? { "auth-extra-groups": groups.join(",") } : {}),
  };
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: bootstrapTokenSecretName(token.id), namespace: bootstrapTokenNamespace },
    type: bootstrapTokenType,
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")])),
  };
}

/**
 * What a Secret says of its token; undefined when it is none, or says something that cannot be: an expiration that is
 * no time must not make a token that holds for ever.
 */
export function readBootstrapToken({ metadata, type, data = {} }: Secret): BootstrapTokenRecord | undefined {
  const text = (key: string): string => Buffer.from(data[key] ?? "", "base64").toString("utf8");
  const token = parseBootstrapToken(`${text("token-id")}.${text("token-secret")}`);
  if (type !== bootstrapTokenType || metadata.namespace !== bootstrapTokenNamespace || !token) return undefined;
  if (metadata.name !== bootstrapTokenSecretName(token.id)) return undefined;
  const expiration = text("expiration");
  const expiresAt = expiration === "" ? undefined : Date.parse(expiration);
  const groups = text("auth-extra-groups")
    .split(",")
    .filter((group) => group !== "");
  if (Number.isNaN(expiresAt) || !groups.every((group) => GROUP.test(group))) return undefined;
  return {
    ...token,
    expiresAt,
    authenticates: text("usage-bootstrap-authentication") === "true",
    groups,
    description: text("description"),
  };
}

export function isExpiredToken({ expiresAt }: BootstrapTokenRecord, nowMs: number): boolean {
  return expiresAt !== undefined && nowMs >= expiresAt;
}
