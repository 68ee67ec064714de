/** drydock run on a real containerd, by its own API. */
import { runOnContainerd } from "./run/containerd-machine.ts";

await runOnContainerd("containerd");
