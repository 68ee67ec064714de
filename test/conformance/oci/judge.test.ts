import t from "tap";
import { judge } from "./judge.ts";

const end = { stdout: "", stderr: "", code: 0 };

t.test("not ok decides, not the exit code", async (t) => {
  t.strictSame(judge({ ...end, stdout: "TAP version 13\nok 1 - a\nok 2 - b\n1..2\n", code: 1 }), {
    passed: true,
    ok: 2,
    failures: [],
  });
  const failed = judge({ ...end, stdout: "ok 1 - a\nnot ok 2 - it is \n not ok inside of text\n1..2\n" });
  t.strictSame(failed, { passed: false, ok: 1, failures: ["it is "] });
});

t.test("a program without assertions says what went wrong in a comment", async (t) => {
  const stdout = 'TAP version 13\n  ---\n  {\n    "error": "first line\\nRefer to: x"\n  }\n  ...\n1..0\n';
  t.strictSame(judge({ ...end, stdout }).failures, ["first line"]);
  t.ok(judge({ ...end, stdout: "TAP version 13\n1..0\n" }).passed, "or nothing went wrong");
  t.ok(judge({ ...end, stderr: "drydock: a limit that nobody knows\n" }).passed, "a refusal can be what it wants");
});

t.test("a program that cannot run has not passed", async (t) => {
  const stderr = 'failed to create the container\ntime="2026" level=error msg="no such device"\nexit status 1\n';
  t.strictSame(judge({ ...end, stderr, code: 1 }).failures, ['no such device"']);
  t.strictSame(judge({ ...end, code: 3 }).failures, ["ended with 3"]);
  t.strictSame(judge({ ...end, stdout: "ok 1 - a\n", code: undefined }).failures, ["took too long"]);
});
