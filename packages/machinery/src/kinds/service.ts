import { type Static, Type } from "@sinclair/typebox";
import type { Kind } from "../kind.ts";
import { conditionFields } from "./condition.ts";
import {
  ageColumn,
  atomicList,
  defineKind,
  definitions,
  flag,
  int32,
  intOrString,
  mapList,
  nameColumn,
  objectSchema,
  onlyText,
  stringMap,
  text,
} from "./define.ts";
import { setServiceDefaults, validateService } from "./service-rules.ts";

const prefix = "io.k8s.api.core.v1";
const type = { group: "", version: "v1", kind: "Service" };
const core = definitions(prefix);
const meta = definitions("io.k8s.apimachinery.pkg.apis.meta.v1");

const ServicePort = core("ServicePort", "A port of the service.", {
  name: Type.Optional(text("Name of the port; needed when there are several.")),
  protocol: Type.Optional(
    Type.Unsafe<"TCP" | "UDP" | "SCTP">({
      type: "string",
      enum: ["TCP", "UDP", "SCTP"],
      default: "TCP",
      description: "Protocol of the port.",
    }),
  ),
  appProtocol: Type.Optional(text("What is spoken on it, for those who look: http, https, kubernetes.io/h2c …")),
  port: int32("Port that clients use.", { minimum: 1, maximum: 65535 }),
  targetPort: Type.Optional(intOrString("Port of the pods, or the name of one of their ports; `port` unless stated.")),
});

const schema = objectSchema(
  type,
  prefix,
  "A name for a changing set of pods. Which pods these are is written to EndpointSlices; there is no proxy and no DNS, so a cluster IP is allotted and nobody answers at it.",
  {
    spec: Type.Optional(
      core("ServiceSpec", "Which pods, and which of their ports.", {
        type: Type.Optional({ ...onlyText("ClusterIP", "How the service is reached."), default: "ClusterIP" }),
        selector: Type.Optional({
          ...stringMap("Labels of the pods. Without it, EndpointSlices are somebody else's work."),
          "x-kubernetes-map-type": "atomic",
        }),
        ports: Type.Optional(mapList(ServicePort, ["port", "protocol"], "Ports of the service.", { mergeKey: "port" })),
        clusterIP: Type.Optional(
          text("An address of the service range, allotted when it is left out; None for no address."),
        ),
        clusterIPs: Type.Optional(atomicList(Type.String(), "The same as a list.", { maxItems: 1 })),
        sessionAffinity: Type.Optional({ ...onlyText("None", "Whether a client stays with a pod."), default: "None" }),
        internalTrafficPolicy: Type.Optional({
          ...onlyText("Cluster", "Which endpoints clients in the cluster get."),
          default: "Cluster",
        }),
        ipFamilies: Type.Optional(
          atomicList(onlyText("IPv4", "Family of addresses."), "Families of the service's addresses.", { maxItems: 1 }),
        ),
        ipFamilyPolicy: Type.Optional(onlyText("SingleStack", "How many families.")),
        publishNotReadyAddresses: Type.Optional(flag("Pods count as ready whatever they say.")),
      }),
    ),
    status: Type.Optional(
      core("ServiceStatus", "What is seen of the service.", {
        loadBalancer: Type.Optional(core("LoadBalancerStatus", "Always empty: there are no load balancers.", {})),
        conditions: Type.Optional(
          mapList(
            meta("Condition", "One aspect of an object's state.", conditionFields),
            ["type"],
            "Aspects of the state.",
          ),
        ),
      }),
    ),
  },
);

export type Service = Static<typeof schema>;
export type ServicePort = Static<typeof ServicePort>;

export const Service: Kind<Service> = defineKind<Service>({
  ...type,
  plural: "services",
  namespaced: true,
  shortNames: ["svc"],
  categories: ["all"],
  subresources: ["status"],
  schema,
  columns: [
    nameColumn,
    { name: "Type", type: "string", description: "How it is reached.", value: ({ spec }) => spec?.type ?? "ClusterIP" },
    {
      name: "Cluster-IP",
      type: "string",
      description: "Its address.",
      value: ({ spec }) => spec?.clusterIP || "<none>",
    },
    { name: "External-IP", type: "string", description: "There is none.", value: () => "<none>" },
    { name: "Port(s)", type: "string", description: "Its ports.", value: ({ spec }) => portsOf(spec?.ports) },
    ageColumn,
    {
      name: "Selector",
      type: "string",
      description: "Labels of its pods.",
      priority: 1,
      value: ({ spec }) =>
        Object.entries(spec?.selector ?? {})
          .map(([key, value]) => `${key}=${value}`)
          .join(",") || "<none>",
    },
  ],
  selectableFields: {
    "spec.clusterIP": ({ spec }) => spec?.clusterIP ?? "",
    "spec.type": ({ spec }) => spec?.type ?? "",
  },
  setDefaults: setServiceDefaults,
  validate: validateService,
});

function portsOf(ports: readonly ServicePort[] | undefined): string {
  return ports?.map(({ port, protocol = "TCP" }) => `${port}/${protocol}`).join(",") || "<none>";
}
