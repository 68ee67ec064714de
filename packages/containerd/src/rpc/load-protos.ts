import { fileURLToPath } from "node:url";
import type { MessageTypeDefinition, PackageDefinition, ServiceDefinition } from "@grpc/proto-loader";

const directory = fileURLToPath(new URL("../../../../protos/containerd/", import.meta.url));

const files = [
  "containers.proto",
  "content.proto",
  "diff.proto",
  "event-service.proto",
  "events.proto",
  "images.proto",
  "introspection.proto",
  "leases.proto",
  "namespaces.proto",
  "runc.proto",
  "snapshots.proto",
  "tasks.proto",
  "version.proto",
];

export interface Protos {
  service(name: string): ServiceDefinition;
  /** A message by its full name, e.g. `containerd.events.TaskExit`; undefined when we do not know it. */
  message(name: string): MessageTypeDefinition<object, object> | undefined;
  readonly names: string[];
}

let loaded: Promise<Protos> | undefined;

/** protos/containerd, parsed once in a process. */
export function loadProtos(): Promise<Protos> {
  loaded ??= parse();
  return loaded;
}

async function parse(): Promise<Protos> {
  const { load } = await import("@grpc/proto-loader");
  // Sizes and counts are int64 and stay far below 2^53.
  const definitions: PackageDefinition = await load(files, {
    includeDirs: [directory],
    longs: Number,
    enums: String,
    defaults: true,
  });
  return {
    names: Object.keys(definitions),
    service: (name) => definitions[name] as ServiceDefinition,
    message(name) {
      const definition = definitions[name];
      return definition && "serialize" in definition && typeof definition.serialize === "function"
        ? (definition as MessageTypeDefinition<object, object>)
        : undefined;
    },
  };
}
