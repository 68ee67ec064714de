import { hostileEntry } from "../hostile-entry.ts";
import type { LayerLimits } from "./limits.ts";

/** NAME_MAX of every Linux filesystem that a layer can be unpacked to. */
const maxComponentBytes = 255;

/**
 * The components of a name in a layer (byte strings): "./usr//bin/" is ["usr", "bin"], "./" is []. A leading slash means
 * the container's root, as it does to docker and containerd (tools such as ko write "/ko-app/…"): since a path here is a
 * list of components that are walked one by one from the layer's own directory, "/etc" can mean no other. ".." is
 * refused rather than resolved.
 */
export function entryPath(name: string, limits: LayerLimits): string[] {
  if (name === "") throw hostileEntry(name, "name is empty");
  if (name.length > limits.pathBytes)
    throw hostileEntry(name.slice(0, 80), `name is longer than ${limits.pathBytes} bytes`);
  const components = name.split("/").filter((component) => component !== "" && component !== ".");
  if (components.includes("..")) throw hostileEntry(name, 'name contains ".."');
  if (components.length > limits.depth)
    throw hostileEntry(name.slice(0, 80), `path is deeper than ${limits.depth} directories`);
  if (components.some((component) => component.length > maxComponentBytes)) {
    throw hostileEntry(name.slice(0, 80), `a part of the name is longer than ${maxComponentBytes} bytes`);
  }
  return components;
}

/**
 * Refuses a relative target of a symbolic link that climbs out of the layer, read as text, as docker does. Absolute
 * targets are ordinary: they are data to us, and mean the container's own root to whoever follows them there.
 */
export function checkSymlinkTarget(name: string, path: readonly string[], target: string): void {
  if (target === "") throw hostileEntry(name, "symbolic link has no target");
  if (target.length > 4095) throw hostileEntry(name, "target of the symbolic link is longer than 4095 bytes");
  if (target.startsWith("/")) return;
  let depth = path.length - 1;
  for (const component of target.split("/")) {
    if (component === "..") depth--;
    else if (component !== "" && component !== ".") depth++;
    if (depth < 0) throw hostileEntry(name, "symbolic link leaves the layer");
  }
}
