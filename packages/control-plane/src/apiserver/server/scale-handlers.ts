import type { KubeObject } from "@drydock/machinery";
import { getObject } from "../registry/get.ts";
import { applyScale, scaleOf } from "../registry/scale.ts";
import { updateObject } from "../registry/update.ts";
import { badRequest, conflict } from "../status/refusals.ts";
import { readPatch } from "./patch-handler.ts";
import { bodyOf, type ResourceCall, type ResourceHandler, writing } from "./resource-routes.ts";
import { sendData } from "./send.ts";

/** The scale subresource: `kubectl scale` and autoscalers read and write it without knowing the kind. */
export const scaleHandlers: Readonly<Record<string, ResourceHandler>> = {
  get: async (call) => answer(call, await getObject(call.operation, call.info.name, "")),

  update: async (call) => {
    const { value } = bodyOf(call);
    if (typeof value !== "object" || value === null) throw badRequest("the body must be an autoscaling/v1 Scale");
    return change(call, "UpdateOptions", () => value);
  },

  patch: async (call) => {
    const apply = readPatch(call);
    return change(call, "PatchOptions", (current) => apply(scaleOf(call.resource.kind, current)));
  },
};

async function change(call: ResourceCall, options: string, wanted: (current: KubeObject) => unknown): Promise<unknown> {
  const { kind } = call.resource;
  const updated = await updateObject(
    writing(call, options),
    call.info.name,
    (current) => {
      const scale = wanted(current);
      const version = (scale as { metadata?: { resourceVersion?: string } } | null)?.metadata?.resourceVersion;
      if (version && version !== current.metadata.resourceVersion) throw conflict(kind, current.metadata.name);
      applyScale(kind, current, scale);
      return current;
    },
    "scale",
  );
  return answer(call, updated);
}

function answer(call: ResourceCall, object: KubeObject): unknown {
  return sendData(call.reply, scaleOf(call.resource.kind, object));
}
