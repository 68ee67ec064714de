import { type Clock, messageOf } from "@drydock/kit";
import { imageError } from "../errors.ts";
import { parseDocument } from "../spec/check.ts";
import type { RegistryCredentials } from "../types.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import type { Endpoint } from "./endpoint.ts";

export interface AuthorizerOptions {
  endpoint: Endpoint;
  /** What the token must allow, e.g. `repository:library/busybox:pull`. */
  scope: string;
  credentials?: RegistryCredentials | undefined;
  clock: Clock;
  /** Gets a token server's answer; credentials are for its host alone. */
  getToken: (url: URL, authorization: string | undefined, signal: AbortSignal | undefined) => Promise<string>;
}

/** Lifetime of a token that does not say it (distribution: "Token Authentication Specification"), s. */
const defaultLifetimeS = 60;
/** A token this near to its end is not used any more, ms. */
const marginMs = 10_000;

/**
 * The Authorization header for one repository of one registry, made from the registry's challenge: HTTP Basic, or a
 * token from the server that it names.
 */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  #header: string | undefined;
  #expiresAt = Number.POSITIVE_INFINITY;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /** Undefined until a challenge was answered, or when the token has expired. */
  get header(): string | undefined {
    return this.#options.clock.now() < this.#expiresAt - marginMs ? this.#header : undefined;
  }

  async answer(wwwAuthenticate: string, signal?: AbortSignal): Promise<void> {
    const { credentials } = this.#options;
    const challenges = parseChallenges(wwwAuthenticate);
    const bearer = challenges.find(({ scheme }) => scheme === "bearer");
    if (bearer) return await this.#fetchToken(bearer, signal);
    if (!challenges.some(({ scheme }) => scheme === "basic")) {
      throw this.#unauthorized(`wants an unknown kind of login (${wwwAuthenticate.slice(0, 100)})`);
    }
    if (!credentials) throw this.#unauthorized("wants a user name and a password");
    if (this.#header !== undefined) throw this.#unauthorized(`does not accept the password of ${credentials.username}`);
    this.#header = basic(credentials);
    this.#expiresAt = Number.POSITIVE_INFINITY;
  }

  async #fetchToken({ parameters }: Challenge, signal: AbortSignal | undefined): Promise<void> {
    const { endpoint, scope, credentials, clock, getToken } = this.#options;
    const url = this.#realm(parameters.get("realm") ?? "");
    const service = parameters.get("service");
    if (service !== undefined) url.searchParams.set("service", service);
    url.searchParams.set("scope", parameters.get("scope") ?? scope);
    if (credentials) url.searchParams.set("account", credentials.username);
    const text = await getToken(url, credentials && basic(credentials), signal);
    const document = parseDocument(`token from ${url.host} for ${endpoint.registry}`, text);
    const token = document.token ?? document.access_token;
    if (typeof token !== "string" || token === "") throw this.#unauthorized(`gets no token from ${url.host}`);
    const lifetime = typeof document.expires_in === "number" ? document.expires_in : defaultLifetimeS;
    this.#header = `Bearer ${token}`;
    this.#expiresAt = clock.now() + Math.max(lifetime, defaultLifetimeS) * 1000;
  }

  /** A registry spoken to by TLS must not make us send a password in the clear. */
  #realm(realm: string): URL {
    let url: URL;
    try {
      url = new URL(realm);
    } catch (error) {
      throw this.#unauthorized(`names a token server that is not a URL (${messageOf(error)})`);
    }
    const plainAllowed = this.#options.endpoint.origin.startsWith("http:");
    if (url.protocol === "https:" || (plainAllowed && url.protocol === "http:")) return url;
    throw this.#unauthorized(`names a token server without TLS (${url.host})`);
  }

  #unauthorized(what: string) {
    const { registry } = this.#options.endpoint;
    return imageError("IMAGE_UNAUTHORIZED", `registry ${registry} ${what}`, {
      details: { registry, scope: this.#options.scope },
      hint: "give the credentials of an account that may read the image",
    });
  }
}

function basic({ username, password }: RegistryCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
