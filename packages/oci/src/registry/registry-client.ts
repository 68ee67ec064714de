import { backoffDelay, type Clock, DrydockError, hasCode, type Logger } from "@drydock/kit";
import { digestOf } from "../digest.ts";
import { imageError } from "../errors.ts";
import type { Reference } from "../reference/parse-reference.ts";
import { maxDocumentBytes } from "../spec/check.ts";
import { indexTypes, manifestTypes } from "../spec/media-types.ts";
import { checkContent } from "../store/blob-store.ts";
import type { Descriptor, PullOptions } from "../types.ts";
import { Authorizer } from "./authorizer.ts";
import { type Endpoint, type EndpointOptions, endpointOf, mayBePlain } from "./endpoint.ts";
import { HttpClient, type HttpResponse, readBody } from "./http-client.ts";
import { statusError, unreachable } from "./registry-errors.ts";

export interface RegistryClientOptions extends Pick<PullOptions, "credentials" | "insecureRegistries" | "ca"> {
  clock: Clock;
  logger: Logger;
  /** Time without a byte after which a connection is given up, ms. */
  idleTimeoutMs?: number;
}

const maxAttempts = 5;
const retryPolicy = { initialMs: 200, maxMs: 5_000, jitter: 0.3 };
const maxRedirects = 5;
/** Error answers are read for their message only. */
const maxErrorBytes = 64 * 1024;

/**
 * One repository of one registry, for reading (distribution-spec 1.1, "Pull"). Requests are repeated when the network
 * or the server fails; credentials go to the registry and to the token server that it names, never to where a blob is
 * redirected.
 */
export class RegistryClient {
  readonly #options: RegistryClientOptions;
  readonly #endpoint: Endpoint;
  readonly #endpointOptions: EndpointOptions;
  readonly #repository: string;
  readonly #http: HttpClient;
  readonly #authorizer: Authorizer;

  constructor(reference: Reference, options: RegistryClientOptions) {
    const { ca, insecureRegistries = [], idleTimeoutMs, credentials, clock } = options;
    this.#options = options;
    this.#endpointOptions = { insecureRegistries, hasCa: ca !== undefined };
    this.#endpoint = endpointOf(reference.registry, this.#endpointOptions);
    this.#repository = reference.repository;
    this.#http = new HttpClient({ ca, ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }) });
    this.#authorizer = new Authorizer({
      endpoint: this.#endpoint,
      scope: `repository:${reference.repository}:pull`,
      credentials,
      clock,
      getToken: (url, authorization, signal) => this.#token(url, authorization, signal),
    });
  }

  close(): void {
    this.#http.close();
  }

  /** A manifest or index by tag or digest, verified against its digest. */
  async manifest(tagOrDigest: string, signal?: AbortSignal): Promise<{ descriptor: Descriptor; text: string }> {
    const what = `${this.#repository}:${tagOrDigest}`.replace(":sha256:", "@sha256:");
    const accept = [...manifestTypes, ...indexTypes].join(", ");
    return await this.#retry(what, signal, async () => {
      const response = await this.#get(`manifests/${tagOrDigest}`, { accept }, what, signal);
      const text = await this.#document(response, what);
      const found = { digest: digestOf(text), size: Buffer.byteLength(text) };
      const announced = tagOrDigest.includes(":") ? tagOrDigest : response.headers["docker-content-digest"];
      if (typeof announced === "string" && announced.startsWith("sha256:")) checkContent(announced, undefined, found);
      const mediaType = (response.headers["content-type"] ?? "").split(";")[0] ?? "";
      return { descriptor: { mediaType, ...found }, text };
    });
  }

  /**
   * The content of a blob, not yet verified. A connection that breaks is taken up again where it broke; each byte
   * received resets the count of failures, so that a slow line gets through as long as it moves.
   */
  async *blob({ digest, size }: Descriptor, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
    const what = `blob ${digest} of ${this.#repository}`;
    let received = 0;
    for (let failures = 0; ; ) {
      try {
        const headers: Record<string, string> = received > 0 ? { range: `bytes=${received}-` } : {};
        const response = await this.#get(`blobs/${digest}`, headers, what, signal);
        // A server that does not know ranges sends all of it again.
        let skip = received - startOf(response);
        if (skip < 0) throw unreachable(this.#endpoint.registry, new Error(`answer begins after byte ${received}`));
        for await (const chunk of response.body as AsyncIterable<Buffer>) {
          const fresh = chunk.subarray(Math.min(skip, chunk.length));
          skip -= chunk.length - fresh.length;
          if (fresh.length === 0) continue;
          received += fresh.length;
          failures = 0;
          yield fresh;
        }
        // Fewer bytes than announced is for the caller to refuse: repeating a complete answer would not change it.
        return;
      } catch (error) {
        if (received >= size && size > 0) return;
        await this.#waitOrThrow(error, ++failures, what, signal);
      }
    }
  }

  async #retry<T>(what: string, signal: AbortSignal | undefined, action: () => Promise<T>): Promise<T> {
    for (let failures = 1; ; failures++) {
      try {
        return await action();
      } catch (error) {
        await this.#waitOrThrow(error, failures, what, signal);
      }
    }
  }

  /** Sleeps before the next attempt; throws when there must be none. */
  async #waitOrThrow(error: unknown, failures: number, what: string, signal: AbortSignal | undefined): Promise<void> {
    const { clock, logger } = this.#options;
    if (signal?.aborted) throw signal.reason;
    const retryAfterMs = error instanceof TemporaryFailure ? error.retryAfterMs : 0;
    const final = error instanceof TemporaryFailure ? error.final : error;
    if (hasCode(final) && !(error instanceof TemporaryFailure)) throw final;
    if (failures >= maxAttempts || isHopeless(final)) {
      throw final instanceof DrydockError ? final : unreachable(this.#endpoint.registry, final);
    }
    const delayMs = Math.max(backoffDelay(retryPolicy, failures), Math.min(retryAfterMs, 60_000));
    logger.debug(
      { registry: this.#endpoint.registry, what, failures, delayMs, error: String(final) },
      "request repeated",
    );
    await clock.sleep(delayMs, signal);
  }

  /** One request, with its redirects and with login when it is asked for. */
  async #get(path: string, headers: Record<string, string>, what: string, signal?: AbortSignal): Promise<HttpResponse> {
    const url = new URL(`${this.#endpoint.origin}/v2/${this.#repository}/${path}`);
    for (let logins = 0; ; logins++) {
      const response = await this.#follow(url, headers, signal);
      if (response.status < 300) return response;
      const challenge = response.headers["www-authenticate"];
      const answer = await errorText(response);
      // Only the registry itself may ask for a login: an answer that came through a redirect has no `ours`.
      if (response.status === 401 && challenge !== undefined && response.ours && logins < 2) {
        await this.#authorizer.answer(challenge, signal);
        continue;
      }
      throw failureOf(this.#endpoint.registry, what, response, answer);
    }
  }

  async #follow(
    start: URL,
    headers: Record<string, string>,
    signal?: AbortSignal,
  ): Promise<HttpResponse & { ours: boolean }> {
    let url = start;
    for (let redirects = 0; redirects <= maxRedirects; redirects++) {
      const ours = url.origin === start.origin;
      const authorization = ours ? this.#authorizer.header : undefined;
      const all = authorization === undefined ? headers : { ...headers, authorization };
      const response = await this.#http.get({ url, headers: all, signal });
      const location = response.headers.location;
      if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined) return { ...response, ours };
      response.body.resume();
      url = new URL(location, url);
      this.#checkRedirect(start, url);
    }
    throw imageError(
      "IMAGE_REGISTRY_UNREACHABLE",
      `registry ${this.#endpoint.registry} redirects more than ${maxRedirects} times`,
      {
        hint: "the registry or a proxy before it is set up wrongly",
      },
    );
  }

  #checkRedirect(start: URL, target: URL): void {
    if (target.protocol === "https:") return;
    if (target.protocol === "http:" && (start.protocol === "http:" || mayBePlain(target.host, this.#endpointOptions)))
      return;
    throw imageError(
      "IMAGE_REGISTRY_UNREACHABLE",
      `registry ${this.#endpoint.registry} redirects to ${target.origin}, which is not TLS`,
      {
        hint: "if you trust that host, list it as an insecure registry",
      },
    );
  }

  async #token(url: URL, authorization?: string, signal?: AbortSignal): Promise<string> {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const response = await this.#http.get({ url, headers, signal });
    const what = `token for ${this.#repository}`;
    if (response.status >= 200 && response.status < 300) return await this.#document(response, what);
    throw failureOf(this.#endpoint.registry, what, response, await errorText(response));
  }

  async #document(response: HttpResponse, what: string): Promise<string> {
    try {
      return await readBody(response.body, maxDocumentBytes);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw imageError("IMAGE_MALFORMED", `${what}: ${error.message}`, {
        hint: "what the registry sends is not a manifest of a container image",
      });
    }
  }
}

/** A failure that may be gone at the next attempt. */
class TemporaryFailure extends Error {
  readonly final: DrydockError;
  readonly retryAfterMs: number;

  constructor(final: DrydockError, retryAfterMs: number) {
    super(final.message);
    this.final = final;
    this.retryAfterMs = retryAfterMs;
  }
}

function failureOf(registry: string, what: string, { status, headers }: HttpResponse, answer: string): Error {
  const error =
    statusError(registry, what, status, answer) ?? unreachable(registry, new Error(`unexpected answer ${status}`));
  if (status !== 408 && status !== 429 && status < 500) return error;
  const seconds = Number(headers["retry-after"] ?? 0);
  return new TemporaryFailure(error, Number.isFinite(seconds) ? seconds * 1000 : 0);
}

async function errorText({ body }: HttpResponse): Promise<string> {
  try {
    return await readBody(body, maxErrorBytes);
  } catch {
    // The status says enough; the message is a convenience.
    body.destroy();
    return "";
  }
}

/** The offset at which a partial answer begins; 0 for a whole one. */
function startOf({ status, headers }: HttpResponse): number {
  if (status !== 206) return 0;
  const start = /^bytes ([0-9]+)-/.exec(headers["content-range"] ?? "")?.[1];
  return start === undefined ? 0 : Number(start);
}

/** Certificates and names do not get better by trying again. */
function isHopeless(error: unknown): boolean {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  return /CERT|SELF_SIGNED|UNABLE_TO|EPROTO|ERR_SSL|ERR_TLS|ENOTFOUND/.test(code);
}
