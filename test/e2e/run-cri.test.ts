/** drydock run on a real containerd, by CRI. */
import { runOnContainerd } from "./run/containerd-machine.ts";

await runOnContainerd("cri");
