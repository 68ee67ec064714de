import type { Containers } from "./containers.ts";
import type { Content } from "./content.ts";
import type { Diff } from "./diff.ts";
import type { Events } from "./events.ts";
import type { Images } from "./images.ts";
import type { Introspection } from "./introspection.ts";
import type { Leases } from "./leases.ts";
import type { Namespaces } from "./namespaces.ts";
import type { Snapshots } from "./snapshots.ts";
import type { Tasks } from "./tasks.ts";
import type { Version } from "./version.ts";

/** containerd's services, call by call as they are on the wire. */
export interface ContainerdServices {
  containers: Containers;
  content: Content;
  diff: Diff;
  events: Events;
  images: Images;
  introspection: Introspection;
  leases: Leases;
  namespaces: Namespaces;
  snapshots: Snapshots;
  tasks: Tasks;
  version: Version;
}

/** Their names on the wire. */
export const serviceNames: Record<keyof ContainerdServices, string> = {
  containers: "containerd.services.containers.v1.Containers",
  content: "containerd.services.content.v1.Content",
  diff: "containerd.services.diff.v1.Diff",
  events: "containerd.services.events.v1.Events",
  images: "containerd.services.images.v1.Images",
  introspection: "containerd.services.introspection.v1.Introspection",
  leases: "containerd.services.leases.v1.Leases",
  namespaces: "containerd.services.namespaces.v1.Namespaces",
  snapshots: "containerd.services.snapshots.v1.Snapshots",
  tasks: "containerd.services.tasks.v1.Tasks",
  version: "containerd.services.version.v1.Version",
};
