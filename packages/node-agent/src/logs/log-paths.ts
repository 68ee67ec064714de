import { join } from "node:path";

export interface PodIdentity {
  namespace: string;
  name: string;
  uid: string;
}

/** kubelet's layout: `<root>/<namespace>_<name>_<uid>/<container>/<restart>.log` */
export function podLogDirectory(root: string, pod: PodIdentity): string {
  return join(root, `${pod.namespace}_${pod.name}_${pod.uid}`);
}

export function containerLogPath(root: string, pod: PodIdentity, container: string, attempt: number): string {
  return join(podLogDirectory(root, pod), container, `${attempt}.log`);
}
