import fc from "fast-check";
import t from "tap";
import { RevisionAssembler } from "./revision-assembler.ts";
import type { WatchedEvent, WatchResponse } from "./watch-messages.ts";

function event(revision: number, key: string): WatchedEvent {
  return {
    type: "PUT",
    kv: { key: Buffer.from(key), value: Buffer.from(""), createRevision: revision, modRevision: revision },
    prevKv: null,
  };
}

function response(events: WatchedEvent[], fields: Partial<WatchResponse> = {}): WatchResponse {
  return {
    header: { revision: events.at(-1)?.kv.modRevision ?? 0, clusterId: 1 },
    watchId: 0,
    created: false,
    canceled: false,
    compactRevision: 0,
    cancelReason: "",
    fragment: false,
    events,
    ...fields,
  };
}

t.test("a revision that is cut over parts is given out when its end is known", async (t) => {
  const assembler = new RevisionAssembler(4);
  const first = assembler.push(response([event(5, "a"), event(6, "a")], { fragment: true }));
  t.equal(first?.revision, 5);
  t.equal(first?.events.length, 1);
  t.equal(assembler.push(response([event(6, "b")], { fragment: true })), undefined);
  t.equal(assembler.last, 5);
  const rest = assembler.push(response([event(6, "c")]));
  t.strictSame(
    rest?.events.map(({ key }) => key),
    ["a", "b", "c"],
  );
  t.equal(assembler.last, 6);
});

t.test("a header that is ahead of its events does not move the revision", async (t) => {
  const assembler = new RevisionAssembler(4);
  t.equal(assembler.push(response([event(5, "a")], { header: { revision: 900, clusterId: 1 } }))?.revision, 5);
});

t.test("progress counts, and only forwards", async (t) => {
  const assembler = new RevisionAssembler(4);
  const progress = (revision: number, fields: Partial<WatchResponse> = {}): WatchResponse =>
    response([], { header: { revision, clusterId: 1 }, ...fields });
  t.equal(assembler.push(progress(9, { created: true })), undefined, "an announcement is no progress");
  t.strictSame(assembler.push(progress(9)), { revision: 9, events: [] });
  t.equal(assembler.push(progress(9)), undefined);
  t.equal(assembler.push(progress(3)), undefined);
  t.equal(assembler.push(response([event(8, "late")])), undefined);
  t.equal(assembler.last, 9);
});

t.test("events out of order break the stream", async (t) => {
  const assembler = new RevisionAssembler(4);
  t.throws(() => assembler.push(response([event(7, "a"), event(6, "a")])), { name: "StreamBroken" });
});

/**
 * A stand-in for etcd: revisions of one or more events, sent in responses that are cut anywhere into parts, with breaks
 * anywhere, after which it goes on from the revision asked for, or, as 3.4.23 may, from earlier.
 */
t.test("whatever the cuts, breaks and repetitions: every revision once, whole, in order", async () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 30 }),
      fc.infiniteStream(fc.nat({ max: 6 })),
      (sizes, choices) => {
        const history = sizes.map((size, i) =>
          Array.from({ length: size }, (_, n) => event(2 * i + 3, `${2 * i + 3}-${n}`)),
        );
        const choose = (below: number): number => (choices.next().value as number) % below;
        const assembler = new RevisionAssembler(0);
        const given: string[] = [];
        const final = 2 * sizes.length + 1;
        for (let breaks = 0; assembler.last < final; breaks++) {
          const repeat = choose(3) === 0 ? 3 : 0;
          const events = history.flat().filter(({ kv }) => kv.modRevision > assembler.last - repeat);
          let broken = false;
          while (events.length > 0 && !broken) {
            const part = events.splice(0, 1 + choose(7));
            // A response may end only between two revisions; any other cut is a fragment.
            const splits = events[0]?.kv.modRevision === part.at(-1)?.kv.modRevision;
            const batch = assembler.push(
              response(part, { fragment: events.length > 0 && (splits || choose(2) === 0) }),
            );
            if (batch) {
              const last = history[(batch.revision - 3) / 2] as WatchedEvent[];
              if (batch.events.at(-1)?.key !== last.at(-1)?.kv.key.toString()) throw new Error("half a revision");
              given.push(...batch.events.map(({ key }) => key));
            }
            broken = breaks < 20 && choose(4) === 0;
          }
          assembler.reset();
        }
        const expected = history.flat().map(({ kv }) => kv.key.toString());
        if (given.join() !== expected.join()) throw new Error(`given ${given}, expected ${expected}`);
      },
    ),
    { numRuns: 300 },
  );
});
