import type { History, Listing, Read, Seen, Segment, StoredEvent, Write } from "./history.ts";

/**
 * Holds a history against what is promised, and returns each promise that was broken, in words. Pure. In this order: what etcd recorded is whole; every write that was
 * acknowledged is there, none that was refused; none was lost under another; reads are as new as what was known when they began; lists show one revision; watches are ordered,
 * unique, reliable, resumable and bookmarkable.
 */
export function violations(history: History): string[] {
  const byName = Map.groupBy(history.events, ({ name }) => name);
  const byRevision = new Map(history.events.map((event) => [event.revision, event]));
  const states = new States(history.events);
  return [
    ...brokenRecord(byName),
    ...brokenWrites(history, byRevision),
    ...staleReads(history, byRevision, states),
    ...wrongLists(history),
    ...history.segments.flatMap((segment) => brokenWatch(segment, history.events)),
  ];
}

/** Each event follows from the one before: otherwise there is no judging anything by it. */
function brokenRecord(byName: ReadonlyMap<string, readonly StoredEvent[]>): string[] {
  return [...byName].flatMap(([name, events]) =>
    events.flatMap((event, i) => {
      const before = events[i - 1];
      const expected = before === undefined || before.type === "delete" ? undefined : before.revision;
      const follows = event.created ? expected === undefined : event.previousRevision === expected;
      return follows
        ? []
        : [`the record has a gap: ${name} at ${event.revision} does not follow from ${expected ?? "nothing"}`];
    }),
  );
}

function brokenWrites({ writes, events }: History, byRevision: ReadonlyMap<number, StoredEvent>): string[] {
  const broken: string[] = [];
  const refused = new Set<string>();
  const known = new Set<string>();
  const deletions = new Set<string>(
    events.filter(({ type }) => type === "delete").map(({ name, previousRevision }) => `${name} ${previousRevision}`),
  );
  for (const write of writes) {
    const { value, outcome } = write;
    if (value !== undefined) (outcome === "refused" ? refused : known).add(value);
    if (outcome !== "done") continue;
    if (write.verb === "delete") {
      if (!deletions.has(`${write.name} ${write.base}`))
        broken.push(`lost: the deletion of ${write.name} at ${write.base} was acknowledged`);
      continue;
    }
    const event = byRevision.get(write.revision ?? 0);
    if (event?.name !== write.name || event.value !== value) {
      broken.push(`lost: the ${write.verb} of ${write.name} to ${value} was acknowledged at ${write.revision}`);
    } else if (write.verb === "create" ? !event.created : event.previousRevision !== write.base) {
      broken.push(
        `an update was lost: ${write.name} at ${write.revision} was made upon ${write.base} and follows ${event.previousRevision}`,
      );
    }
  }
  const written = new Set<string>();
  for (const { name, value, revision } of events) {
    if (value === undefined) continue;
    if (refused.has(value)) broken.push(`done all the same: ${name} at ${revision} has ${value}, which was refused`);
    else if (!known.has(value)) broken.push(`from nowhere: ${name} at ${revision} has ${value}, which nobody wrote`);
    if (written.has(value)) broken.push(`done twice: ${name} at ${revision} has ${value} again`);
    written.add(value);
  }
  return broken;
}

/** A read that begins after a write was acknowledged, or after another read has seen it, sees it or something newer. */
function staleReads(history: History, byRevision: ReadonlyMap<number, StoredEvent>, states: States): string[] {
  const known = knownRevisions(history, states);
  return history.reads.flatMap((read) => {
    const { name, revision, value, start } = read;
    const floor = known.before(name, start);
    if (revision === undefined) {
      return states.wasAbsentSince(name, floor)
        ? []
        : [`stale: ${name} was not found, and is known to have been there since ${floor}`];
    }
    const event = byRevision.get(revision);
    if (event?.name !== name || event.value !== value)
      return [`a read of ${name} showed ${value} at ${revision}, which never was`];
    return revision >= floor ? [] : [`stale: a read of ${name} showed ${revision} after ${floor} was known`];
  });
}

function wrongLists({ events, writes, lists }: History): string[] {
  const acknowledged = new Told(
    writes.filter(({ outcome }) => outcome === "done").map(({ end, revision = 0 }) => ({ at: end, revision })),
  );
  const state = new Map<string, StoredEvent>();
  let next = 0;
  return [...lists]
    .sort((a, b) => a.revision - b.revision)
    .flatMap((list) => {
      for (let event = events[next]; event && event.revision <= list.revision; event = events[++next]) {
        if (event.type === "put") state.set(event.name, event);
        else state.delete(event.name);
      }
      const broken = differences(list, state);
      const floor = list.latest ? acknowledged.before(list.start) : 0;
      if (list.revision < floor) broken.push(`stale: a list is of ${list.revision} after ${floor} was acknowledged`);
      return broken;
    });
}

function differences({ revision, objects }: Listing, expected: ReadonlyMap<string, StoredEvent>): string[] {
  const broken: string[] = [];
  for (const [name, { revision: own, value }] of objects) {
    const event = expected.get(name);
    if (event?.revision !== own || event.value !== value)
      broken.push(`a list of ${revision} has ${name} of ${own}, not of ${event?.revision ?? "no revision"}`);
  }
  for (const name of expected.keys()) if (!objects.has(name)) broken.push(`a list of ${revision} lacks ${name}`);
  return broken;
}

function brokenWatch({ watcher, after, seen }: Segment, events: readonly StoredEvent[]): string[] {
  const last = seen.at(-1)?.revision ?? after;
  const expected = events.filter(({ revision }) => revision > after && revision <= last);
  const broken: string[] = [];
  let place = 0;
  let reached = after;
  for (const one of seen) {
    if (one.type === "BOOKMARK") {
      if (one.revision < reached) broken.push(`${watcher}: a bookmark goes back from ${reached} to ${one.revision}`);
      reached = Math.max(reached, one.revision);
      const missing = expected[place];
      if (missing && missing.revision <= one.revision) {
        broken.push(
          `${watcher}: a bookmark at ${one.revision} passes ${missing.name} at ${missing.revision}, which did not come`,
        );
      }
      continue;
    }
    if (one.revision <= reached) {
      broken.push(`${watcher}: ${one.type} ${one.name} at ${one.revision} came after ${reached}`);
      continue;
    }
    reached = one.revision;
    const event = expected[place];
    if (event === undefined || event.revision !== one.revision) {
      broken.push(
        `${watcher}: after ${expected[place - 1]?.revision ?? after} came ${one.revision}, not ${event?.revision}`,
      );
      place = expected.findIndex(({ revision }) => revision > one.revision);
      if (place < 0) place = expected.length;
      continue;
    }
    place++;
    if (!isSame(one, event))
      broken.push(
        `${watcher}: ${one.type} ${one.name} at ${one.revision} is not what happened (${event.type} ${event.name})`,
      );
  }
  if (place < expected.length)
    broken.push(`${watcher}: ${expected[place]?.name} at ${expected[place]?.revision} never came`);
  return broken;
}

function isSame(seen: Exclude<Seen, { type: "BOOKMARK" }>, event: StoredEvent): boolean {
  if (seen.name !== event.name) return false;
  if (event.type === "delete") return seen.type === "DELETED";
  return seen.type === (event.created ? "ADDED" : "MODIFIED") && seen.value === event.value;
}

/** The newest revision that somebody had been told of by a certain time. */
class Told {
  readonly #times: number[] = [];
  /** In the same places: the newest until then. */
  readonly #newest: number[] = [];

  constructor(told: readonly { at: number; revision: number }[]) {
    let most = 0;
    for (const { at, revision } of [...told].sort((a, b) => a.at - b.at)) {
      most = Math.max(most, revision);
      this.#times.push(at);
      this.#newest.push(most);
    }
  }

  before(time: number): number {
    let low = 0;
    let high = this.#times.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#times[middle] as number) < time) low = middle + 1;
      else high = middle;
    }
    return this.#newest[low - 1] ?? 0;
  }
}

/** What was there of an object, and when. */
class States {
  readonly #byName: ReadonlyMap<string, readonly StoredEvent[]>;

  constructor(events: readonly StoredEvent[]) {
    this.#byName = Map.groupBy(events, ({ name }) => name);
  }

  /** Was there a moment at or after a revision at which the object was not there? */
  wasAbsentSince(name: string, revision: number): boolean {
    const events = this.#byName.get(name) ?? [];
    const before = events.findLast((event) => event.revision <= revision);
    if (before === undefined || before.type === "delete") return true;
    return events.some((event) => event.revision > revision && event.type === "delete");
  }

  /** The revision at which an object was deleted that was at `base`. */
  deletionOf(name: string, base: number | undefined): number {
    return (
      this.#byName.get(name)?.find(({ type, previousRevision }) => type === "delete" && previousRevision === base)
        ?.revision ?? 0
    );
  }
}

/** For each object the newest revision that somebody had been told of by a certain time. */
function knownRevisions({ writes, reads }: History, states: States): { before(name: string, time: number): number } {
  const told: { name: string; at: number; revision: number }[] = [
    ...writes
      .filter(({ outcome }) => outcome === "done")
      .map((write: Write) => ({
        name: write.name,
        at: write.end,
        revision: write.revision ?? states.deletionOf(write.name, write.base),
      })),
    ...reads.map(({ name, end, revision = 0 }: Read) => ({ name, at: end, revision })),
  ];
  const byName = new Map([...Map.groupBy(told, ({ name }) => name)].map(([name, list]) => [name, new Told(list)]));
  return { before: (name, time) => byName.get(name)?.before(time) ?? 0 };
}
