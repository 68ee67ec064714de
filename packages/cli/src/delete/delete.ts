import { hasCode } from "@drydock/kit";
import type { DeleteOptions, KubeObject } from "@drydock/machinery";
import { discover, discoverKindsOf } from "../api/discovery.ts";
import { resourceOfObject } from "../api/resolve.ts";
import { type ApiResource, displayName } from "../api/resource.ts";
import type { Session } from "../api/session.ts";
import { failure } from "../errors.ts";
import { namedTargetsOf, targetsOf } from "../get/targets.ts";
import { loadManifests } from "../manifest/load.ts";
import { print, remark } from "../output/print.ts";
import { seconds } from "../parse/seconds.ts";
import { waitUntilGone } from "./wait-until-gone.ts";

export interface DeleteFlags {
  filename?: string[];
  selector?: string;
  all?: boolean;
  wait: boolean;
  timeout: string;
  gracePeriod?: string;
  now?: boolean;
  cascade: string;
  ignoreNotFound?: boolean;
}

interface Doomed {
  type: ApiResource;
  namespace: string | undefined;
  name: string;
}

export async function deleteObjects(
  session: Session,
  kinds: string | undefined,
  names: readonly string[],
  flags: DeleteFlags,
): Promise<void> {
  const options = deleteOptions(flags);
  const timeoutMs = seconds(flags.timeout, "--timeout") * 1000;
  const doomed = await find(session, kinds, names, flags);
  if (doomed.length === 0) remark("No resources found");
  const going: (Doomed & { uid: string | undefined })[] = [];
  for (const object of doomed) {
    try {
      const left = await session.client.delete(object.type, object, options);
      print(`${displayName(object.type)} "${object.name}" deleted`);
      if (left) going.push({ ...object, uid: left.metadata.uid });
    } catch (error) {
      if (!flags.ignoreNotFound || !hasCode(error, "API_NOT_FOUND")) throw error;
    }
  }
  if (flags.wait) {
    await Promise.all(going.map((object) => waitUntilGone(session.client, object.type, object, object.uid, timeoutMs)));
  }
}

async function find(
  session: Session,
  kinds: string | undefined,
  names: readonly string[],
  flags: DeleteFlags,
): Promise<Doomed[]> {
  const ways = [flags.filename, flags.selector, flags.all, names.length > 0 || kinds?.includes("/")].filter(Boolean);
  if (ways.length !== 1 || (flags.filename !== undefined) !== (kinds === undefined)) {
    throw failure("CLI_USAGE", "say what to delete in one way: by name, with -l, with --all, or with -f", {
      hint: "drydock delete --help shows examples",
    });
  }
  const { client, namespace } = session;
  if (flags.filename) {
    const reading = loadManifests(flags.filename).then((manifests) => manifests.map(({ object }) => object));
    const resources = await discoverKindsOf(client, reading);
    return (await reading).map((object) => {
      const type = resourceOfObject(object, resources);
      return { type, name: object.metadata.name, namespace: scope(type, object.metadata.namespace ?? namespace) };
    });
  }
  const resources = await discover(client);
  if (!flags.selector && !flags.all) {
    return namedTargetsOf(kinds ?? "", names, resources).map(({ type, name }) => ({
      type,
      name,
      namespace: scope(type, namespace),
    }));
  }
  const types = targetsOf(kinds ?? "", [], resources).map(({ type }) => type);
  const lists = await Promise.all(
    types.map(async (type) => {
      const { items } = await client.list<KubeObject>(type, {
        namespace: scope(type, namespace),
        labelSelector: flags.selector,
      });
      return items.map(({ metadata }) => ({ type, name: metadata.name, namespace: scope(type, namespace) }));
    }),
  );
  return lists.flat();
}

function scope(type: ApiResource, namespace: string): string | undefined {
  return type.namespaced ? namespace : undefined;
}

function deleteOptions({ gracePeriod, now, cascade }: DeleteFlags): DeleteOptions {
  const policies = { background: "Background", foreground: "Foreground", orphan: "Orphan" } as const;
  const propagationPolicy = policies[cascade as keyof typeof policies];
  if (!propagationPolicy) {
    throw failure("CLI_USAGE", `--cascade: "${cascade}" is not background, foreground or orphan`);
  }
  const grace = now ? 1 : gracePeriod === undefined ? undefined : seconds(gracePeriod, "--grace-period");
  return { propagationPolicy, ...(grace === undefined ? {} : { gracePeriodSeconds: grace }) };
}
