import { listProcesses, readCgroups, readStat, readStatus } from "@drydock/linux";
import type { Pod } from "@drydock/machinery";
import type { Command } from "commander";
import { withSession } from "../api/session.ts";
import { failure } from "../errors.ts";
import { podsFor } from "../logs/targets.ts";
import { unlessGone } from "./unless-gone.ts";

/**
 * First process of a container of a pod, as this machine numbers it. The API server knows the container's id and not its pid, which has a meaning on
 * one machine only: the process is found by its cgroup, whose path has the id.
 */
export async function pidOfPod(
  command: Command,
  kind: string,
  [name = "", container]: readonly string[],
): Promise<number> {
  const pod = await withSession(command, async (session) => (await podsFor(session, `${kind}/${name}`))[0] as Pod);
  const { id, called } = containerOf(pod, container);
  const pid = firstProcess(id);
  if (pid !== undefined) return pid;
  const where = pod.spec.nodeName ? `on ${pod.spec.nodeName}` : "on no node yet";
  throw failure(
    "INSPECT_NO_PROCESS",
    `container ${called} of pod ${pod.metadata.name} (${where}) has no process on this machine`,
    {
      hint: "it has ended, or its node is another machine: look there with the same command",
    },
  );
}

function containerOf(pod: Pod, name: string | undefined): { id: string; called: string } {
  const { name: podName } = pod.metadata;
  const statuses = pod.status?.containerStatuses ?? [];
  const status = name === undefined ? statuses[0] : statuses.find((one) => one.name === name);
  if (name !== undefined && !pod.spec.containers.some((one) => one.name === name)) {
    throw failure("INSPECT_NO_PROCESS", `pod ${podName} has no container ${name}`, {
      hint: `it has ${pod.spec.containers.map((one) => one.name).join(", ")}`,
    });
  }
  const id = status?.containerID?.replace(/^[^:]*:\/\//, "");
  if (status && id) return { id, called: status.name };
  throw failure(
    "INSPECT_NO_PROCESS",
    `pod ${podName} is ${pod.status?.phase ?? "Pending"}: no container of it has been started`,
    {
      hint: `drydock describe pod ${podName} says why`,
    },
  );
}

function firstProcess(containerId: string): number | undefined {
  const found = listProcesses().flatMap((pid) =>
    unlessGone(() => {
      const isInside = readCgroups(pid).some(({ path }) => path.split("/").includes(containerId));
      const stat = isInside ? readStat(pid) : undefined;
      return stat && stat.state !== "Z"
        ? [{ pid, inner: readStatus(pid).namespacePids.at(-1), startTime: stat.startTime }]
        : [];
    }, []),
  );
  const oldest = found.toSorted((a, b) => a.startTime - b.startTime || a.pid - b.pid);
  return (oldest.find(({ inner }) => inner === 1) ?? oldest[0])?.pid;
}
