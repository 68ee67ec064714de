/** Where requests for a registry go. */
export interface Endpoint {
  /** As written in references, e.g. `docker.io`. */
  registry: string;
  /** `https://host[:port]`, without a slash at its end. */
  origin: string;
}

export interface EndpointOptions {
  /** Registries (host[:port]) that are spoken to without TLS. */
  insecureRegistries?: readonly string[];
  /** A private CA was given, so that TLS is wanted on loopback, too. */
  hasCa?: boolean;
}

/** docker.io is a name; its registry is elsewhere. */
const dockerHubHost = "registry-1.docker.io";

export function endpointOf(registry: string, options: EndpointOptions = {}): Endpoint {
  const host = registry === "docker.io" ? dockerHubHost : registry;
  return { registry, origin: `${mayBePlain(host, options) ? "http" : "https"}://${host}` };
}

/** Credentials and content go over plain HTTP only on this machine, or where the user has said so. */
export function mayBePlain(host: string, { insecureRegistries = [], hasCa = false }: EndpointOptions): boolean {
  if (insecureRegistries.includes(host)) return true;
  return !hasCa && isLoopback(host);
}

export function isLoopback(host: string): boolean {
  const name = host.replace(/:[0-9]+$/, "");
  return name === "localhost" || name === "[::1]" || /^127(\.[0-9]{1,3}){3}$/.test(name);
}
