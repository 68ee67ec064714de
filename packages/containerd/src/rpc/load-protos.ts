import { fileURLToPath } from "node:url";
import type { MessageTypeDefinition, PackageDefinition, ServiceDefinition } from "@grpc/proto-loader";

/** The APIs that are spoken, each a directory of protos/, and the files that lead to all others. */
const entryFiles = {
  containerd: [
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
  ],
  cri: ["services.proto"],
} as const;

export type Api = keyof typeof entryFiles;

export interface Protos {
  service(name: string): ServiceDefinition;
  /** A message by its full name, e.g. `containerd.events.TaskExit`; undefined when we do not know it. */
  message(name: string): MessageTypeDefinition<object, object> | undefined;
  readonly names: string[];
}

const loaded = new Map<Api, Promise<Protos>>();

/** An API's files, parsed once in a process. */
export function loadProtos(api: Api): Promise<Protos> {
  const present = loaded.get(api) ?? parse(api);
  loaded.set(api, present);
  return present;
}

async function parse(api: Api): Promise<Protos> {
  const { load } = await import("@grpc/proto-loader");
  const directory = fileURLToPath(new URL(`../../../../protos/${api}/`, import.meta.url));
  // Sizes and counts are int64 and stay far below 2^53; moments in ns do not, and lose what is below a microsecond.
  const definitions: PackageDefinition = await load([...entryFiles[api]], {
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
