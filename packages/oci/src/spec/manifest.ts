import type { Descriptor } from "../types.ts";
import { asArray, asDescriptor, malformed, parseDocument } from "./check.ts";
import { configTypes, indexTypes, layerTypes, manifestTypes } from "./media-types.ts";

/** image-spec manifest.md; docker's schema 2 has the same fields. */
export interface Manifest {
  kind: "manifest";
  config: Descriptor;
  layers: Descriptor[];
}

/** image-spec image-index.md, or docker's manifest list. */
export interface Index {
  kind: "index";
  manifests: Descriptor[];
}

const maxLayers = 500;

/**
 * Parses a manifest or an index. What it is must follow from its own fields: one that can be read as both could show
 * different images to different tools (image-spec 1.0.2, CVE-2021-41190), and `mediaType`, where it stands in the
 * document, must agree.
 */
export function parseManifest(what: string, text: string): Manifest | Index {
  const document = parseDocument(what, text);
  const { schemaVersion, mediaType, manifests, config, layers } = document;
  if (schemaVersion === 1) {
    throw malformed(
      what,
      "is in docker's schema 1, which has no verifiable layers and is no longer supported anywhere",
    );
  }
  if (schemaVersion !== 2) throw malformed(what, `schemaVersion is ${JSON.stringify(schemaVersion)}, not 2`);
  if (manifests !== undefined && (config !== undefined || layers !== undefined)) {
    throw malformed(what, "has the fields of a manifest and of an index");
  }
  if (manifests !== undefined) {
    if (mediaType !== undefined && !indexTypes.includes(String(mediaType))) throw wrongType(what, mediaType);
    const list = asArray(what, "manifests", manifests).map((item, i) => asDescriptor(what, `manifests[${i}]`, item));
    return { kind: "index", manifests: list };
  }
  if (mediaType !== undefined && !manifestTypes.includes(String(mediaType))) throw wrongType(what, mediaType);
  const configDescriptor = asDescriptor(what, "config", config);
  if (!configTypes.includes(configDescriptor.mediaType)) {
    throw malformed(what, `is not a container image: its config is ${JSON.stringify(configDescriptor.mediaType)}`);
  }
  const layerList = asArray(what, "layers", layers).map((item, i) => asDescriptor(what, `layers[${i}]`, item));
  if (layerList.length > maxLayers) throw malformed(what, `has ${layerList.length} layers, more than ${maxLayers}`);
  for (const [i, layer] of layerList.entries()) {
    if (layerTypes.includes(layer.mediaType)) continue;
    throw malformed(what, `layers[${i}] has the media type ${JSON.stringify(layer.mediaType)}, which is not a layer`);
  }
  return { kind: "manifest", config: configDescriptor, layers: layerList };
}

function wrongType(what: string, mediaType: unknown) {
  return malformed(what, `mediaType ${JSON.stringify(mediaType)} does not fit its other fields`);
}
