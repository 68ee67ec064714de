import { constants } from "node:fs";
import { lstat, open } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "@drydock/kit";
import { agentError } from "../errors.ts";

/** Larger user databases are refused: they are read into the agent's memory. */
const maxFileBytes = 4 * 1024 * 1024;

/**
 * Reads a file below /etc out of an image's layers (top-most first) as the overlay mount would show it, without mounting it and without
 * following a link: a layer is made by somebody else, and `/etc -> /host/etc` must not lead the agent anywhere.
 */
export async function readEtcFile(layers: readonly string[], name: "passwd" | "group"): Promise<string | undefined> {
  for (const layer of layers) {
    const directory = await kindOf(join(layer, "etc"));
    if (directory === "whiteout") return undefined;
    if (directory === "missing") continue;
    if (directory !== "directory") throw unsafe(layer, "/etc", directory);
    const path = join(layer, "etc", name);
    const file = await kindOf(path);
    if (file === "whiteout") return undefined;
    if (file === "missing") continue;
    if (file !== "file") throw unsafe(layer, `/etc/${name}`, file);
    return readLimited(path);
  }
  return undefined;
}

type Kind = "missing" | "directory" | "file" | "whiteout" | "link" | "other";

async function kindOf(path: string): Promise<Kind> {
  try {
    const stat = await lstat(path);
    if (stat.isDirectory()) return "directory";
    if (stat.isFile()) return "file";
    if (stat.isSymbolicLink()) return "link";
    // overlayfs marks a deleted name with a character device 0/0.
    return stat.isCharacterDevice() && stat.rdev === 0 ? "whiteout" : "other";
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return "missing";
    throw error;
  }
}

async function readLimited(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size } = await file.stat();
    if (size > maxFileBytes) {
      throw agentError("AGENT_UNSAFE_IMAGE_FILE", `${path} has ${size} bytes, more than ${maxFileBytes}`);
    }
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

function unsafe(layer: string, path: string, kind: Kind) {
  return agentError("AGENT_UNSAFE_IMAGE_FILE", `${path} of the image is a ${kind}, not what it should be`, {
    details: { layer },
    hint: "give the user as a number (securityContext.runAsUser), then the file is not needed",
  });
}
