import t from "tap";
import { execOptionsOf } from "./exec.ts";
import { flagOf, logOptionsOf, sortableTime } from "./query.ts";
import { errorStatus } from "./respond-error.ts";

const now = Date.parse("2026-11-21T10:00:00Z");
const options = (text: string) => logOptionsOf(new URLSearchParams(text), now);

t.test("options of logs", async (t) => {
  t.same(options(""), { follow: false, timestamps: false });
  t.same(options("follow=true&timestamps=1&tailLines=5&limitBytes=10"), {
    follow: true,
    timestamps: true,
    tailLines: 5,
    limitBytes: 10,
  });
  t.equal(options("sinceSeconds=90").sinceTime, "2026-11-21T09:58:30.000000000Z");
  for (const bad of ["tailLines=-1", "tailLines=x", "limitBytes=", "sinceSeconds=1.5", "sinceTime=yesterday"]) {
    t.throws(() => options(bad), { code: "AGENT_BAD_REQUEST" }, bad);
  }
});

t.test("times compare as text with those of log entries", async (t) => {
  t.equal(sortableTime("2026-11-21T10:00:00Z"), "2026-11-21T10:00:00.000000000Z");
  t.equal(sortableTime("2026-11-21T12:00:00.25+02:00"), "2026-11-21T10:00:00.250000000Z");
  t.equal(sortableTime("2026-11-21T10:00:00.123456789Z"), "2026-11-21T10:00:00.123456789Z");
});

t.test("options of exec", async (t) => {
  const query = new URLSearchParams("command=sh&command=-c&command=a+b&stdout=true&tty=false");
  t.same(execOptionsOf(query), { command: ["sh", "-c", "a b"], stdin: false, stdout: true, stderr: false, tty: false });
  t.equal(flagOf(new URLSearchParams("stdin="), "stdin"), true);
});

t.test("errors become Status objects", async (t) => {
  t.match(errorStatus(new Error("boom")), {
    kind: "Status",
    status: "Failure",
    code: 500,
    reason: "InternalError",
    message: "boom",
  });
});
