import { isIPv4, isIPv6 } from "node:net";
import { type Static, Type } from "@sinclair/typebox";
import type { FieldError, Kind } from "../kind.ts";
import { duplicate, invalid } from "../schema/field-errors.ts";
import { dnsLabel, dnsSubdomain } from "../schema/names.ts";
import {
  ageColumn,
  atomicList,
  defineKind,
  definitions,
  flag,
  int32,
  nameColumn,
  objectSchema,
  oneOf,
  text,
} from "./define.ts";
import { ObjectReferenceSchema } from "./object-reference.ts";

const prefix = "io.k8s.api.discovery.v1";
const type = { group: "discovery.k8s.io", version: "v1", kind: "EndpointSlice" };
const discovery = definitions(prefix);

const Endpoint = discovery("Endpoint", "One that answers: a pod, as a rule.", {
  addresses: Type.Array(Type.String(), {
    description: "Its addresses; clients use the first.",
    minItems: 1,
    maxItems: 100,
    "x-kubernetes-list-type": "set",
  }),
  conditions: Type.Optional(
    discovery("EndpointConditions", "Whether it can be used.", {
      ready: Type.Optional(flag("It can take requests: it says that it is ready, and is not ending.")),
      serving: Type.Optional(flag("It says that it is ready, whether it is ending or not.")),
      terminating: Type.Optional(flag("It is ending.")),
    }),
  ),
  hostname: Type.Optional(text("Name by which it can be told from the others.")),
  targetRef: Type.Optional(ObjectReferenceSchema),
  nodeName: Type.Optional(text("Node that it is on.")),
  zone: Type.Optional(text("Zone that it is in.")),
});

const EndpointPort = discovery(
  "EndpointPort",
  "A port on which the endpoints answer.",
  {
    name: Type.Optional(text("Name of the service's port; empty for its only one.")),
    protocol: Type.Optional(oneOf(["TCP", "UDP", "SCTP"], "Protocol of the port.", { default: "TCP" })),
    port: Type.Optional(int32("Port of the endpoints.", { minimum: 1, maximum: 65535 })),
    appProtocol: Type.Optional(text("What is spoken on it.")),
  },
  { "x-kubernetes-map-type": "atomic" },
);

const schema = objectSchema(
  type,
  prefix,
  "Some of the endpoints of a service: the label kubernetes.io/service-name says which.",
  {
    addressType: oneOf(["IPv4", "IPv6", "FQDN"], "Kind of the addresses; it cannot be changed."),
    endpoints: Type.Array(Endpoint, {
      description: "The endpoints.",
      "x-kubernetes-list-type": "atomic",
      maxItems: 1000,
    }),
    ports: Type.Optional(atomicList(EndpointPort, "Ports of each of the endpoints.", { maxItems: 100 })),
  },
);

export type EndpointSlice = Static<typeof schema>;
export type Endpoint = Static<typeof Endpoint>;
export type EndpointPort = Static<typeof EndpointPort>;

export const EndpointSlice: Kind<EndpointSlice> = defineKind<EndpointSlice>({
  ...type,
  plural: "endpointslices",
  namespaced: true,
  schema,
  columns: [
    nameColumn,
    {
      name: "AddressType",
      type: "string",
      description: "Kind of the addresses.",
      value: ({ addressType }) => addressType,
    },
    {
      name: "Ports",
      type: "string",
      description: "Ports of each endpoint.",
      value: ({ ports = [] }) => ports.map(({ port }) => port ?? "*").join(",") || "<unset>",
    },
    { name: "Endpoints", type: "string", description: "Addresses.", value: ({ endpoints }) => shortened(endpoints) },
    ageColumn,
  ],
  validate(slice, old) {
    const errors: FieldError[] = [];
    if (old && slice.addressType !== old.addressType) {
      errors.push(invalid("addressType", slice.addressType, "field is immutable"));
    }
    for (const [i, { addresses, hostname }] of slice.endpoints.entries()) {
      for (const [j, address] of addresses.entries()) {
        const path = `endpoints[${i}].addresses[${j}]`;
        if (addresses.indexOf(address) < j) errors.push(duplicate(path, address));
        errors.push(...addressErrors(slice.addressType, address, path));
      }
      if (hostname)
        errors.push(...dnsLabel(hostname).map((problem) => invalid(`endpoints[${i}].hostname`, hostname, problem)));
    }
    const names = new Set<string>();
    for (const [i, { name = "" }] of (slice.ports ?? []).entries()) {
      if (name !== "") errors.push(...dnsLabel(name).map((problem) => invalid(`ports[${i}].name`, name, problem)));
      if (names.has(name)) errors.push(duplicate(`ports[${i}].name`, name));
      names.add(name);
    }
    return errors;
  },
});

function addressErrors(family: EndpointSlice["addressType"], address: string, path: string): FieldError[] {
  if (family === "FQDN") return dnsSubdomain(address).map((problem) => invalid(path, address, problem));
  const fits = family === "IPv4" ? isIPv4(address) : isIPv6(address);
  return fits ? [] : [invalid(path, address, `must be an ${family} address`)];
}

/** As kubectl has always shown it: the first three, and how many more. */
function shortened(endpoints: readonly Endpoint[]): string {
  const addresses = endpoints.flatMap(({ addresses }) => addresses);
  const more = addresses.length > 3 ? ` + ${addresses.length - 3} more...` : "";
  return addresses.slice(0, 3).join(",") + more || "<unset>";
}
