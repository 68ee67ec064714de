import { Binding, Pod } from "@drydock/machinery";
import { readWriteParameters } from "../http/write-parameters.ts";
import { rfc3339 } from "../registry/create.ts";
import { decodeRequest } from "../registry/decode-request.ts";
import { updateObject } from "../registry/update.ts";
import { bodyOf, type ResourceHandler } from "../server/resource-routes.ts";
import { sendData } from "../server/send.ts";
import { badRequest, conflict } from "../status/refusals.ts";

/** POST pods/NAME/binding: the scheduler places a pod on a node, once. */
export const bindingHandlers: Readonly<Record<string, ResourceHandler>> = {
  async create(call) {
    const { value } = bodyOf(call);
    const { metadata, target } = readBinding(value, call.info.name);
    const { query } = call.request.context;
    const operation = { ...call.operation, parameters: readWriteParameters(query, "CreateOptions", "") };
    await updateObject(
      operation,
      call.info.name,
      (current) => {
        const pod = current as Pod;
        const { name } = pod.metadata;
        if (metadata.uid && metadata.uid !== pod.metadata.uid) {
          const why = `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${pod.metadata.uid}`;
          throw conflict(Pod, name, why);
        }
        if (pod.metadata.deletionTimestamp)
          throw conflict(Pod, name, `pod ${name} is being deleted, cannot be assigned to a host`);
        if (pod.spec.nodeName)
          throw conflict(Pod, name, `pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
        pod.spec.nodeName = target;
        const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== "PodScheduled");
        const lastTransitionTime = rfc3339(call.api.clock.now());
        pod.status = {
          ...pod.status,
          conditions: [...others, { type: "PodScheduled", status: "True", lastTransitionTime }],
        };
        return pod;
      },
      "binding",
    );
    return sendData(
      call.reply,
      { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 },
      "json",
      201,
    );
  },
};

function readBinding(value: unknown, podName: string): { metadata: { uid?: string }; target: string } {
  const { metadata, target } = decodeRequest<Binding>(Binding, value, podName);
  if (metadata.name && metadata.name !== podName) throw badRequest("name in URL does not match name in Binding object");
  if (target.kind && target.kind !== "Node") throw badRequest('target.kind: Unsupported value: must be "Node"');
  if (!target.name) throw badRequest("target.name: Required value");
  return { metadata: metadata.uid ? { uid: metadata.uid } : {}, target: target.name };
}
