import { isDigest } from "../digest.ts";
import { imageError } from "../errors.ts";

/** Where an image is: `registry/repository[:tag][@digest]`. */
export interface Reference {
  /** Host, with port where given: `docker.io`, `localhost:5000`. */
  registry: string;
  /** Path in the registry, e.g. `library/busybox`. */
  repository: string;
  tag?: string;
  digest?: string;
}

const defaultRegistry = "docker.io";
const maxNameLength = 255;
const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const label = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
const host = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?$`);

/**
 * Parses what a person writes, with docker's defaults (github.com/distribution/reference): `busybox` is
 * docker.io/library/busybox:latest. The first part is a registry only when it has a dot, a colon or upper case, or is
 * `localhost`. A digest alone gets no default tag.
 */
export function parseReference(text: string): Reference {
  const bad = (
    problem: string,
    hint = "a reference looks like busybox, ghcr.io/team/app:1.2 or localhost:5000/app@sha256:…",
  ) =>
    imageError("IMAGE_BAD_REFERENCE", `image reference ${JSON.stringify(text)}: ${problem}`, {
      details: { reference: text },
      hint,
    });
  if (text === "") throw bad("is empty");
  if (/\s/.test(text)) throw bad("contains white space");
  if (/^[a-z]+:\/\//.test(text)) throw bad("is a URL", `leave the scheme out: ${text.replace(/^[a-z]+:\/\//, "")}`);
  if (/^[a-f0-9]{64}$/.test(text)) throw bad("is a bare digest", `write sha256:${text} for a local image`);

  const at = text.indexOf("@");
  const digest = at === -1 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) {
    throw bad(`${JSON.stringify(digest)} is not a digest`, "a digest is sha256: and 64 lower-case hex digits");
  }
  const named = at === -1 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(":");
  const hasTag = colon > named.lastIndexOf("/");
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !tagPattern.test(tag)) {
    throw bad(`${JSON.stringify(tag)} is not a tag`, "a tag has up to 128 letters, digits, _ . or -");
  }
  const { registry, repository } = splitRegistry(hasTag ? named.slice(0, colon) : named);
  if (!host.test(registry)) throw bad(`${JSON.stringify(registry)} is not the name of a registry`);
  if (repository === "") throw bad("has no repository");
  for (const part of repository.split("/")) {
    if (component.test(part)) continue;
    if (/[A-Z]/.test(part))
      throw bad(`repository name ${JSON.stringify(part)} has upper-case letters`, `use ${text.toLowerCase()}`);
    throw bad(`${JSON.stringify(part)} is not a part of a repository name`);
  }
  if (registry.length + 1 + repository.length > maxNameLength) throw bad(`is longer than ${maxNameLength} characters`);
  return {
    registry,
    repository,
    ...(tag !== undefined ? { tag } : digest === undefined ? { tag: "latest" } : {}),
    ...(digest === undefined ? {} : { digest }),
  };
}

function splitRegistry(name: string): { registry: string; repository: string } {
  const slash = name.indexOf("/");
  const first = slash === -1 ? "" : name.slice(0, slash);
  const isHost = /[.:A-Z]/.test(first) || first === "localhost";
  const registry = isHost ? first : defaultRegistry;
  const repository = isHost ? name.slice(slash + 1) : name;
  // index.docker.io is the old name of the same registry.
  if (registry !== defaultRegistry && registry !== "index.docker.io") return { registry, repository };
  return { registry: defaultRegistry, repository: repository.includes("/") ? repository : `library/${repository}` };
}

export function formatReference({ registry, repository, tag, digest }: Reference): string {
  return `${registry}/${repository}${tag === undefined ? "" : `:${tag}`}${digest === undefined ? "" : `@${digest}`}`;
}

/** The one spelling under which an image is kept: `busybox` -> `docker.io/library/busybox:latest`. */
export function normalizeReference(text: string): string {
  return formatReference(parseReference(text));
}
