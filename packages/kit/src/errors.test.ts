import t from "tap";
import { DrydockError, declaredErrors, defineErrors, errnoOf, errorFromData, hasCode, messageOf } from "./errors.ts";

const failure = defineErrors({
  TEST_BROKEN: "something of this test is broken",
  TEST_LATE: "something of this test is late",
});

t.test("a declared error carries code, hint, details and cause", async (t) => {
  const cause = new Error("disk");
  const error = failure("TEST_BROKEN", "/tmp/x: broken", { hint: "mend it", details: { path: "/tmp/x" }, cause });
  t.type(error, DrydockError);
  t.type(error, Error);
  t.match(error, {
    code: "TEST_BROKEN",
    message: "/tmp/x: broken",
    hint: "mend it",
    details: { path: "/tmp/x" },
    cause,
  });
  t.notOk("cause" in failure("TEST_LATE", "late"), "no cause is no cause, not an undefined one");
});

t.test("it survives the way to another process", async (t) => {
  const error = failure("TEST_BROKEN", "broken", { hint: "mend it", details: { id: 7 }, cause: new Error("secret") });
  const data = JSON.parse(JSON.stringify(error));
  t.same(data, { code: "TEST_BROKEN", message: "broken", hint: "mend it", details: { id: 7 } });
  const rebuilt = errorFromData(data);
  t.ok(hasCode(rebuilt, "TEST_BROKEN"));
  t.same(rebuilt.toJSON(), error.toJSON());
  t.same(failure("TEST_LATE", "late").toJSON(), { code: "TEST_LATE", message: "late" }, "what is empty is left out");
});

t.test("a code belongs to one table", async (t) => {
  t.throws(() => defineErrors({ TEST_BROKEN: "again" }), { message: /TEST_BROKEN is declared twice/ });
  t.equal(declaredErrors().get("TEST_LATE"), "something of this test is late");
});

t.test("hasCode", async (t) => {
  const error = failure("TEST_LATE", "late");
  t.ok(hasCode(error));
  t.ok(hasCode(error, "TEST_BROKEN", "TEST_LATE"));
  t.notOk(hasCode(error, "TEST_BROKEN"));
  t.notOk(hasCode(new Error("late")));
  t.notOk(hasCode({ code: "TEST_LATE" }), "data is not an error yet");
});

t.test("errno names and messages of whatever was thrown", async (t) => {
  t.equal(errnoOf(Object.assign(new Error(), { code: "ENOENT" })), "ENOENT");
  t.equal(errnoOf(Object.assign(new Error(), { code: "E2BIG" })), "E2BIG");
  for (const other of [Object.assign(new Error(), { code: "ERR_ASSERTION" }), { code: 2 }, null, "ENOENT", undefined]) {
    t.equal(errnoOf(other), undefined);
  }
  t.equal(messageOf(new Error("text")), "text");
  t.equal(messageOf(7), "7");
});
