import { messageOf } from "@drydock/kit";
import { containersOf as everyContainerOf, linesOf, type Pod } from "@drydock/machinery";
import { queryOf } from "../api/raw.ts";
import { pathOf } from "../api/resource.ts";
import type { Session } from "../api/session.ts";
import { pods } from "../api/types.ts";
import { failure } from "../errors.ts";
import { print, remark, write } from "../output/print.ts";
import { seconds } from "../parse/seconds.ts";
import { wholeNumber } from "../parse/whole-number.ts";
import { podsFor } from "./targets.ts";

export interface LogFlags {
  follow?: boolean;
  container?: string;
  allContainers?: boolean;
  selector?: string;
  previous?: boolean;
  tail?: string;
  since?: string;
  sinceTime?: string;
  timestamps?: boolean;
  prefix?: boolean;
}

interface Source {
  pod: string;
  container: string;
}

/** So many streams at once at most: each holds a connection to the server and to a node. */
const mostFollowed = 20;

export async function printLogs(session: Session, target: string | undefined, flags: LogFlags): Promise<void> {
  const found = await podsFor(session, target, flags.selector);
  const sources = found.flatMap((pod) =>
    containersOf(pod, flags).map((container) => ({ pod: pod.metadata.name, container })),
  );
  if (flags.follow && sources.length > mostFollowed) {
    throw failure("CLI_USAGE", `${sources.length} containers cannot be followed at once`, {
      hint: `a narrower selector leaves ${mostFollowed} at most`,
    });
  }
  // With a selector the last lines of each are enough, as with kubectl.
  const query = queryFor(flags, flags.selector !== undefined && flags.tail === undefined ? 10 : undefined);
  const [only] = sources;
  if (only && sources.length === 1 && !flags.prefix) {
    for await (const chunk of await open(session, only, query)) await write(chunk);
    return;
  }
  if (!flags.follow) {
    for (const source of sources) await printLines(session, source, query, flags.prefix ?? false);
    return;
  }
  await Promise.all(
    sources.map((source) =>
      printLines(session, source, query, true).catch((error: unknown) => {
        // One pod that ends or moves must not end the others' streams.
        remark(`drydock: logs of ${source.pod}: ${messageOf(error)}`);
      }),
    ),
  );
}

async function printLines(session: Session, source: Source, query: Query, prefix: boolean): Promise<void> {
  const head = prefix ? `[pod/${source.pod}/${source.container}] ` : "";
  for await (const line of linesOf(await open(session, source, query))) print(`${head}${line}`);
}

type Query = Record<string, string | number | boolean | undefined>;

function queryFor(flags: LogFlags, defaultTail: number | undefined): Query {
  return {
    follow: flags.follow,
    previous: flags.previous,
    timestamps: flags.timestamps,
    tailLines: flags.tail === undefined || flags.tail === "-1" ? defaultTail : wholeNumber(flags.tail, "--tail"),
    sinceSeconds: flags.since === undefined ? undefined : Math.ceil(seconds(flags.since, "--since")),
    sinceTime: flags.sinceTime,
  };
}

async function open(
  { client, namespace }: Session,
  { pod, container }: Source,
  query: Query,
): Promise<AsyncIterable<Uint8Array>> {
  const { body } = await client.stream("GET", pathOf(pods, namespace, pod, "log") + queryOf({ container, ...query }));
  return body;
}

/** The containers that the flags mean; a pod with several wants one named. */
function containersOf(pod: Pod, { container, allContainers }: LogFlags): string[] {
  const all = everyContainerOf(pod.spec).map(({ name }) => name);
  if (allContainers) return all;
  if (container !== undefined) {
    if (all.includes(container)) return [container];
    throw failure("CLI_NOTHING_FOUND", `pod ${pod.metadata.name} has no container "${container}"`, {
      hint: `its containers are ${all.join(", ")}`,
    });
  }
  const names = pod.spec.containers.map(({ name }) => name);
  if (names.length === 1) return names;
  throw failure("CLI_USAGE", `pod ${pod.metadata.name} has ${names.length} containers`, {
    hint: `take one with -c (${names.join(", ")}), or --all-containers`,
  });
}
