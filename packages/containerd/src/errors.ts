import { defineErrors } from "@drydock/kit";

export const containerdError = defineErrors({
  CONTAINERD_UNREACHABLE: "containerd does not answer on its socket",
  CONTAINERD_NOT_FOUND: "containerd has no such container, task, image, snapshot or content",
  CONTAINERD_EXISTS: "containerd has something of that name already",
  CONTAINERD_BAD_STATE: "what was asked of containerd cannot be done in the present state",
  CONTAINERD_STOPPED: "a containerd that we started did not start, or ended by itself",
  CONTAINERD_TIMEOUT: "containerd did not answer in time",
  CONTAINERD_UNSUPPORTED: "a call that this version of containerd, or of another CRI runtime, does not know",
  CONTAINERD_STREAM:
    "a stream of exec, attach or port-forward was refused, broke, or is not the SPDY that was agreed on",
  CONTAINERD_FAILED: "containerd answered with an error that has no code of its own",
  CONTAINERD_BAD_CONTENT: "what containerd unpacked or read is not what its digest says",
});
