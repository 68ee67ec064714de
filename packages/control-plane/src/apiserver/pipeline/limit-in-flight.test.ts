import t from "tap";
import { parseRequest } from "../http/request-info.ts";
import { InFlightLimit } from "./limit-in-flight.ts";

const write = parseRequest("POST", "/api/v1/namespaces/default/pods", new URLSearchParams());
const read = parseRequest("GET", "/api/v1/namespaces/default/pods", new URLSearchParams());
const watch = parseRequest("GET", "/api/v1/pods", new URLSearchParams("watch=1"));
const user = (name: string, groups: string[] = []) => ({ name, groups });

/** Enters as often as is allowed, at most `most` times. */
function fill(limit: InFlightLimit, who: ReturnType<typeof user>, most = 1000, info = write): (() => void)[] {
  const leaves: (() => void)[] = [];
  try {
    while (leaves.length < most) leaves.push(limit.enter(info, who));
  } catch (error) {
    t.match(error, { code: "REQUEST_TOO_MANY", details: { retryAfterSeconds: 1 } });
  }
  return leaves;
}

t.test("one who takes all leaves room for others, who then have even shares", async (t) => {
  const limit = new InFlightLimit();
  const greedy = fill(limit, user("greedy"));
  t.equal(greedy.length, 150, "three quarters of 200");
  const other = fill(limit, user("other"));
  t.equal(other.length, 50, "all that is left");
  t.equal(fill(limit, user("third")).length, 0, "full is full");
  for (const leave of greedy.splice(0, 60)) leave();
  t.equal(fill(limit, user("third")).length, 60, "places that are free go to whoever has less than a share");
  t.equal(limit.counts.write, 200);
});

t.test("who leaves twice is counted once, reads and writes apart, watches not at all", async (t) => {
  const limit = new InFlightLimit();
  const [first] = fill(limit, user("a"), 1);
  first?.();
  first?.();
  t.equal(limit.counts.write, 0);
  fill(limit, user("a"), 1000, read);
  t.equal(limit.counts.read, 300);
  t.equal(fill(limit, user("a"), 10).length, 10);
  t.equal(fill(limit, user("a"), 5000, watch).length, 5000);
});

t.test("administrators may have all", async (t) => {
  t.equal(fill(new InFlightLimit(), user("root", ["system:masters"])).length, 200);
});
