import type { CriImage, LinuxContainerSecurityContext } from "@drydock/containerd";
import { agentError } from "../errors.ts";
import type { ContainerSpec } from "../port/pod-runtime.ts";

type User = Pick<LinuxContainerSecurityContext, "runAsUser" | "runAsUsername" | "runAsGroup">;

/**
 * Who a container's process is: the pod's runAsUser, else the image's user, said aloud because CRI takes a group only with a user.
 * Throws AGENT_RUN_AS_ROOT for what must not be root and is, or may be. Source: kubernetes pkg/kubelet/kuberuntime/security_context.go. Pure.
 */
export function processUser(
  { security }: Pick<ContainerSpec, "security">,
  image: Pick<CriImage, "uid" | "username">,
): User {
  const group = security.runAsGroup === undefined ? {} : { runAsGroup: { value: security.runAsGroup } };
  const name = security.runAsUser === undefined && !image.uid && image.username !== "" ? image.username : undefined;
  if (name !== undefined) {
    if (security.runAsNonRoot) {
      throw agentError("AGENT_RUN_AS_ROOT", `container has runAsNonRoot and image has non-numeric user ("${name}")`, {
        hint: "set securityContext.runAsUser: whether a name stands for root is known only inside of the image",
      });
    }
    return { runAsUsername: name, ...group };
  }
  const uid = security.runAsUser ?? image.uid?.value ?? 0;
  if (security.runAsNonRoot && uid === 0) {
    throw agentError("AGENT_RUN_AS_ROOT", "container has runAsNonRoot and image will run as root", {
      hint: "set securityContext.runAsUser, or give the image a USER",
    });
  }
  return { runAsUser: { value: uid }, ...group };
}
