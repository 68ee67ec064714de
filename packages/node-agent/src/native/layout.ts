import { join } from "node:path";

/**
 * Where the native adapter keeps what it knows, one directory for each pod:
 *
 *     native/pods/<uid>/pod.json                 whose it is
 *     native/pods/<uid>/sandbox.json             written last: the sandbox is complete
 *     native/pods/<uid>/ns/{net,uts,ipc}         the namespaces, kept by bind mounts
 *     native/pods/<uid>/etc/{hosts,hostname,resolv.conf}
 *     native/pods/<uid>/containers/<name>.<attempt>/{record.json,failure.json,stdout,stderr,upper,work}
 *     native/addresses/<ip> -> <uid>             of our own bridge
 *     native/network/<uid>                       of CNI: what is attached
 *     native/runtime/                            the runtime's own state
 */
export class NativeLayout {
  readonly root: string;

  /** `adapter`: whose it is; the containerd adapter has the same layout, without a runtime's state. */
  constructor(stateDir: string, adapter: "native" | "containerd" = "native") {
    this.root = join(stateDir, adapter);
  }

  get pods(): string {
    return join(this.root, "pods");
  }

  get runtime(): string {
    return join(this.root, "runtime");
  }

  pod(uid: string): string {
    return join(this.pods, uid);
  }

  podRecord(uid: string): string {
    return join(this.pods, uid, "pod.json");
  }

  sandboxRecord(uid: string): string {
    return join(this.pods, uid, "sandbox.json");
  }

  namespaces(uid: string): string {
    return join(this.pods, uid, "ns");
  }

  etc(uid: string): string {
    return join(this.pods, uid, "etc");
  }

  containers(uid: string): string {
    return join(this.pods, uid, "containers");
  }

  container({ podUid, name, attempt }: ContainerKey): string {
    return join(this.containers(podUid), `${name}.${attempt}`);
  }
}

export interface ContainerKey {
  podUid: string;
  name: string;
  attempt: number;
}

/** A container's id says whose it is, so that a second start of the same run can only ever meet the first. */
export function containerId({ podUid, name, attempt }: ContainerKey): string {
  return `${podUid}.${name}.${attempt}`;
}

/** The parts of an id; a uid and a container's name have no dots. Undefined for a foreign id. */
export function parseContainerId(id: string): ContainerKey | undefined {
  const [podUid, name, attempt, ...rest] = id.split(".");
  if (!podUid || !name || rest.length > 0 || !/^\d+$/.test(attempt ?? "")) return undefined;
  return { podUid, name, attempt: Number(attempt) };
}
