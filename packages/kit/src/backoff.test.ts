import t from "tap";
import { backoffDelay } from "./backoff.ts";

const policy = { initialMs: 100, maxMs: 1_000 };

t.test("doubles up to the limit", async (t) => {
  const delays = [1, 2, 3, 4, 5, 6].map((failures) => backoffDelay(policy, failures));
  t.same(delays, [100, 200, 400, 800, 1_000, 1_000]);
  t.equal(backoffDelay(policy, 10_000), 1_000, "also when the power is beyond all numbers");
  t.equal(backoffDelay(policy, 0), 100);
  t.equal(backoffDelay({ ...policy, factor: 3 }, 2), 300);
});

t.test("jitter only shortens, by at most its fraction", async (t) => {
  const jittered = { ...policy, jitter: 0.5 };
  t.equal(
    backoffDelay(jittered, 2, () => 0),
    200,
  );
  t.equal(
    backoffDelay(jittered, 2, () => 1),
    100,
  );
  for (let i = 0; i < 100; i++) {
    const delay = backoffDelay(jittered, 2);
    t.ok(delay >= 100 && delay <= 200);
  }
});
