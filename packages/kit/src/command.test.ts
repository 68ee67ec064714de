import t from "tap";
import { runCommand } from "./command.ts";

t.test("stdout without its last line end; input, environment and directory are passed on", async (t) => {
  t.equal(await runCommand("printf", ["a\nb\n"]), "a\nb");
  t.equal(await runCommand("cat", [], { input: "text" }), "text");
  t.equal(await runCommand("cat", []), "", "without input there is nothing to wait for");
  t.equal(await runCommand("sh", ["-c", 'echo "$X $PWD"'], { env: { X: "1" }, cwd: "/" }), "1 /");
});

t.test("a failure can be pasted, and tells the last that was said", async (t) => {
  const script = "for i in 1 2 3 4; do echo line $i >&2; done; exit 3";
  await t.rejects(runCommand("sh", ["-c", script]), {
    code: "COMMAND_FAILED",
    message: /^sh -c 'for i in .*' ended with exit code 3: line 2; line 3; line 4$/,
    details: { exitCode: 3 },
  });
  await t.rejects(runCommand("sh", ["-c", "kill -9 $$"]), {
    code: "COMMAND_FAILED",
    message: /was killed by SIGKILL$/,
  });
});

t.test("a program that is not installed", async (t) => {
  await t.rejects(runCommand("drydock-no-such-program", []), {
    code: "COMMAND_NOT_FOUND",
    message: /drydock-no-such-program: not found/,
    hint: /install drydock-no-such-program/,
  });
});

t.test("a program that takes too long is killed", async (t) => {
  const before = Date.now();
  await t.rejects(runCommand("sleep", ["30"], { timeoutMs: 50 }), {
    code: "COMMAND_TIMEOUT",
    message: "sleep 30 did not end within 50 ms",
  });
  t.ok(Date.now() - before < 10_000);
});

t.test("an abort ends the program and throws its own reason", async (t) => {
  const reason = new Error("Ctrl-C");
  const abort = new AbortController();
  const running = runCommand("sleep", ["30"], { signal: abort.signal });
  abort.abort(reason);
  await t.rejects(running, reason);
});
