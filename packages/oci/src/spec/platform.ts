import { imageError } from "../errors.ts";
import type { Descriptor } from "../types.ts";

export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
}

/** Node's names of architectures -> Go's, which image-spec uses (GOARCH). */
const goArchitectures: Partial<Record<NodeJS.Architecture, Platform>> = {
  x64: { os: "linux", architecture: "amd64" },
  arm64: { os: "linux", architecture: "arm64", variant: "v8" },
  arm: { os: "linux", architecture: "arm", variant: "v7" },
  ia32: { os: "linux", architecture: "386" },
  ppc64: { os: "linux", architecture: "ppc64le" },
  s390x: { os: "linux", architecture: "s390x" },
  riscv64: { os: "linux", architecture: "riscv64" },
  loong64: { os: "linux", architecture: "loong64" },
};

export function hostPlatform(architecture: NodeJS.Architecture = process.arch): Platform {
  return goArchitectures[architecture] ?? { os: "linux", architecture };
}

/**
 * How well an image for `offered` runs on `host`: 0 not at all, more is better. As containerd's platforms package: a
 * missing variant of arm64 is v8, of arm v7, of amd64 v1; an arm host also runs lower variants.
 */
export function platformScore(host: Platform, offered: Platform): number {
  if (host.os !== offered.os || host.architecture !== offered.architecture) return 0;
  const wanted = variantNumber(host);
  const found = variantNumber(offered);
  return found > wanted ? 0 : 1 + found;
}

/**
 * The manifest of an index for this machine. Entries without a platform and attestations (platform unknown/unknown) are
 * no candidates.
 */
export function choosePlatform(what: string, manifests: readonly Descriptor[], host: Platform): Descriptor {
  let best: Descriptor | undefined;
  let bestScore = 0;
  for (const descriptor of manifests) {
    const score = descriptor.platform ? platformScore(host, descriptor.platform) : 0;
    if (score > bestScore) {
      best = descriptor;
      bestScore = score;
    }
  }
  // An index of one image often does not say what it is for; the config of the image will.
  if (!best && manifests.length === 1 && !manifests[0]?.platform) best = manifests[0];
  if (best) return best;
  const offered = manifests.flatMap(({ platform }) =>
    platform && platform.os !== "unknown" ? [platformText(platform)] : [],
  );
  throw platformError(what, host, offered);
}

export function platformError(what: string, host: Platform, offered: string[]) {
  const list = offered.length === 0 ? "no platform" : offered.join(", ");
  return imageError("IMAGE_PLATFORM", `${what} is for ${list}, this machine is ${platformText(host)}`, {
    details: { host: platformText(host), offered },
    hint: `use an image that is built for ${platformText(host)}`,
  });
}

export function platformText({ os, architecture, variant }: Platform): string {
  return variant ? `${os}/${architecture}/${variant}` : `${os}/${architecture}`;
}

const defaultVariants: Partial<Record<string, string>> = { arm64: "v8", arm: "v7", amd64: "v1" };

function variantNumber({ architecture, variant }: Platform): number {
  const text = variant ?? defaultVariants[architecture] ?? "";
  return /^v[0-9]{1,3}$/.test(text) ? Number(text.slice(1)) : 0;
}
