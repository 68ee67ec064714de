import type { ConfigMap, Secret } from "@drydock/machinery";

/** The ConfigMaps and Secrets of one namespace that a pod refers to, as they are at one moment. */
export interface SourceObjects {
  configMap(name: string): ConfigMap | undefined;
  secret(name: string): Secret | undefined;
}

/** For pods that refer to none. */
export const noSources: SourceObjects = { configMap: () => undefined, secret: () => undefined };

/** Every key of a ConfigMap with its bytes. */
export function configMapData({ data = {}, binaryData = {} }: ConfigMap): Map<string, Buffer> {
  return new Map([
    ...Object.entries(data).map(([key, text]) => [key, Buffer.from(text)] as const),
    ...Object.entries(binaryData).map(([key, text]) => [key, Buffer.from(text, "base64")] as const),
  ]);
}

export function secretData({ data = {} }: Secret): Map<string, Buffer> {
  return new Map(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, "base64")]));
}
