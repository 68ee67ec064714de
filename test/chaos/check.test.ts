import t from "tap";
import { violations } from "./check.ts";
import { faultPlan } from "./fault-plan.ts";
import type { History, StoredEvent } from "./history.ts";

/** The checker finds every way in which a promise can be broken: a run that it is content with means something only then. */
const events: StoredEvent[] = [
  { revision: 10, type: "put", name: "a", value: "1", created: true },
  { revision: 11, type: "put", name: "b", value: "2", created: true },
  { revision: 12, type: "put", name: "a", value: "3", created: false, previousRevision: 10 },
  { revision: 13, type: "delete", name: "b", created: false, previousRevision: 11 },
];
const whole: History = {
  events,
  writes: [
    { verb: "create", name: "a", value: "1", revision: 10, outcome: "done", start: 0, end: 1 },
    { verb: "create", name: "b", value: "2", outcome: "unknown", start: 1, end: 2 },
    { verb: "update", name: "a", value: "3", base: 10, revision: 12, outcome: "done", start: 2, end: 3 },
    { verb: "update", name: "a", value: "4", base: 10, outcome: "refused", start: 2, end: 4 },
    { verb: "delete", name: "b", base: 11, outcome: "done", start: 4, end: 5 },
  ],
  reads: [
    { name: "a", revision: 10, value: "1", start: 1.5, end: 2.5 },
    { name: "a", revision: 12, value: "3", start: 6, end: 7 },
    { name: "b", start: 6, end: 7 },
  ],
  lists: [
    {
      revision: 11,
      latest: false,
      start: 8,
      end: 9,
      objects: new Map([
        ["a", { revision: 10, value: "1" }],
        ["b", { revision: 11, value: "2" }],
      ]),
    },
    { revision: 13, latest: true, start: 8, end: 9, objects: new Map([["a", { revision: 12, value: "3" }]]) },
  ],
  segments: [
    {
      watcher: "w",
      after: 10,
      seen: [
        { type: "ADDED", name: "b", revision: 11, value: "2" },
        { type: "BOOKMARK", revision: 11 },
        { type: "MODIFIED", name: "a", revision: 12, value: "3" },
        { type: "DELETED", name: "b", revision: 13, value: "2" },
        { type: "BOOKMARK", revision: 20 },
      ],
    },
  ],
};

t.test("a history that keeps every promise", async (t) => {
  t.same(violations(whole), []);
});

const seen = whole.segments[0]?.seen ?? [];
const broken: [string, Partial<History>, RegExp][] = [
  ["the record has a gap", { events: events.toSpliced(0, 1) }, /gap/],
  [
    "an acknowledged write is not there",
    { events: events.toSpliced(2, 1), segments: [], reads: [], lists: [] },
    /lost: the update of a to 3/,
  ],
  [
    "an acknowledged deletion is not there",
    { events: events.slice(0, 3), segments: [], reads: [], lists: [] },
    /lost: the deletion of b/,
  ],
  [
    "a write that was refused was done",
    { writes: whole.writes.map((one) => (one.value === "2" ? { ...one, outcome: "refused" } : one)) },
    /done all the same/,
  ],
  ["a value that nobody wrote", { writes: whole.writes.filter(({ value }) => value !== "2") }, /from nowhere/],
  [
    "an update lost another",
    { writes: whole.writes.map((one) => (one.value === "3" ? { ...one, base: 9 } : one)) },
    /an update was lost/,
  ],
  [
    "a read is older than an acknowledged write",
    { reads: [{ name: "a", revision: 10, value: "1", start: 6, end: 7 }] },
    /stale: a read/,
  ],
  [
    "a read is older than another read",
    {
      reads: [
        { name: "b", revision: 11, value: "2", start: 2, end: 3 },
        { name: "b", start: 3.5, end: 3.8 },
      ],
      writes: whole.writes,
      events: events.slice(0, 3),
      segments: [],
      lists: [],
    },
    /stale: b was not found/,
  ],
  ["a read shows what never was", { reads: [{ name: "a", revision: 12, value: "1", start: 6, end: 7 }] }, /never was/],
  [
    "a list mixes revisions",
    {
      lists: [
        {
          revision: 12,
          latest: false,
          start: 0,
          end: 1,
          objects: new Map([
            ["a", { revision: 10, value: "1" }],
            ["b", { revision: 11, value: "2" }],
          ]),
        },
      ],
    },
    /a list of 12 has a of 10/,
  ],
  [
    "a list lacks an object",
    {
      lists: [
        { revision: 11, latest: false, start: 0, end: 1, objects: new Map([["a", { revision: 10, value: "1" }]]) },
      ],
    },
    /lacks b/,
  ],
  [
    "the latest list is old",
    {
      lists: [
        {
          revision: 11,
          latest: true,
          start: 8,
          end: 9,
          objects: new Map([
            ["a", { revision: 10, value: "1" }],
            ["b", { revision: 11, value: "2" }],
          ]),
        },
      ],
    },
    /stale: a list/,
  ],
  ["an event is missing", { segments: [{ watcher: "w", after: 10, seen: seen.toSpliced(2, 1) }] }, /came 13, not 12/],
  [
    "the last event is missing",
    { segments: [{ watcher: "w", after: 10, seen: seen.toSpliced(3, 1) }] },
    /never came|passes b at 13/,
  ],
  [
    "an event comes twice",
    { segments: [{ watcher: "w", after: 10, seen: [...seen.slice(0, 1), ...seen] }] },
    /came after 11/,
  ],
  [
    "two events change places",
    { segments: [{ watcher: "w", after: 10, seen: [seen[2], seen[0]] as typeof seen }] },
    /came after 12/,
  ],
  [
    "an event is of another kind",
    { segments: [{ watcher: "w", after: 10, seen: [{ type: "MODIFIED", name: "b", revision: 11, value: "2" }] }] },
    /is not what happened/,
  ],
  [
    "a bookmark promises too much",
    { segments: [{ watcher: "w", after: 10, seen: [{ type: "BOOKMARK", revision: 12 }] }] },
    /passes b at 11/,
  ],
  [
    "a bookmark goes back",
    { segments: [{ watcher: "w", after: 10, seen: [...seen, { type: "BOOKMARK", revision: 15 }] }] },
    /goes back/,
  ],
];
for (const [what, change, message] of broken) {
  t.test(what, async (t) => {
    t.match(violations({ ...whole, ...change }).join("\n"), message);
  });
}

t.test("the same seed is the same plan: one of each kind first, one at a time", async (t) => {
  const plan = faultPlan(7, 60_000, 3, 2);
  t.same(faultPlan(7, 60_000, 3, 2), plan);
  t.notSame(faultPlan(8, 60_000, 3, 2), plan);
  t.equal(new Set(plan.slice(0, 5).map(({ kind }) => kind)).size, 5);
  for (const [i, fault] of plan.entries()) {
    const next = plan[i + 1];
    if (next)
      t.ok(next.at > fault.at + ("forMs" in fault ? fault.forMs : 0), `${fault.kind} is over before ${next.kind}`);
  }
});
