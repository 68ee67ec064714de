import { isDigest } from "../digest.ts";
import type { ImageConfig } from "../types.ts";
import { asObject, asString, asStringMap, asStrings, malformed, parseDocument } from "./check.ts";

/** The part of image-spec config.md that we use. */
export interface ConfigDocument {
  os: string;
  architecture: string;
  variant?: string;
  createdAt?: string;
  config: ImageConfig;
  diffIds: string[];
}

export function parseConfig(what: string, text: string): ConfigDocument {
  const document = parseDocument(what, text);
  const rootfs = asObject(what, "rootfs", document.rootfs);
  const diffIds = asStrings(what, "rootfs.diff_ids", rootfs.diff_ids);
  for (const [i, id] of diffIds.entries()) {
    if (!isDigest(id)) throw malformed(what, `rootfs.diff_ids[${i}] is ${JSON.stringify(id)}, not a sha256 digest`);
  }
  const { os, architecture, variant, created, config } = document;
  return {
    os: asString(what, "os", os),
    architecture: asString(what, "architecture", architecture),
    ...(variant ? { variant: asString(what, "variant", variant) } : {}),
    ...(created ? { createdAt: asString(what, "created", created) } : {}),
    config: config ? parseImageConfig(what, asObject(what, "config", config)) : {},
    diffIds,
  };
}

function parseImageConfig(what: string, object: Record<string, unknown>): ImageConfig {
  const config: ImageConfig = {};
  for (const field of ["User", "WorkingDir", "StopSignal"] as const) {
    if (object[field]) config[field] = asString(what, `config.${field}`, object[field]);
  }
  for (const field of ["Env", "Entrypoint", "Cmd"] as const) {
    if (object[field]) config[field] = asStrings(what, `config.${field}`, object[field]);
  }
  for (const field of ["ExposedPorts", "Volumes"] as const) {
    if (!object[field]) continue;
    const keys = Object.keys(asObject(what, `config.${field}`, object[field]));
    config[field] = Object.fromEntries(keys.map((key) => [key, {}]));
  }
  if (object.Labels) config.Labels = asStringMap(what, "config.Labels", object.Labels);
  return config;
}
