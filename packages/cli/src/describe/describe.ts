import type { KubeObject, Node, Pod, Workload } from "@drydock/machinery";
import { getJson } from "../api/raw.ts";
import { type ApiResource, pathOf } from "../api/resource.ts";
import type { Session } from "../api/session.ts";
import { pods } from "../api/types.ts";
import type { Detail } from "../output/details.ts";
import { detailLines } from "../output/details.ts";
import { eventsDetail, eventsOf } from "./events.ts";
import { genericDetails } from "./generic.ts";
import { nodeDetails } from "./node.ts";
import { podDetails } from "./pod.ts";
import { workloadDetails } from "./workload.ts";

/** The description of one object, with everything around it that explains its state. */
export async function describeObject(session: Session, type: ApiResource, name: string): Promise<string> {
  const namespace = type.namespaced ? session.namespace : undefined;
  const object = await getJson<KubeObject>(session.client, pathOf(type, namespace, name));
  const now = Date.now();
  const [details, events] = await Promise.all([
    detailsOf(session, type, object, now),
    type.kind === "Event" ? [] : eventsOf(session.client, object),
  ]);
  return detailLines([...details, eventsDetail(events, now)]).join("\n");
}

async function detailsOf({ client }: Session, type: ApiResource, object: KubeObject, now: number): Promise<Detail[]> {
  switch (`${type.kind}.${type.group}`) {
    case "Pod.":
      return podDetails(object as Pod);
    case "Node.": {
      const bound = await client.list(pods, { fieldSelector: `spec.nodeName=${object.metadata.name}` });
      return nodeDetails(object as Node, bound.items, now);
    }
    case "Workload.drydock.dev": {
      const { items } = await client.list(pods, { namespace: object.metadata.namespace });
      const owned = items.filter(({ metadata }) =>
        metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid),
      );
      return workloadDetails(object as Workload, owned, now);
    }
    default:
      return genericDetails(object);
  }
}
