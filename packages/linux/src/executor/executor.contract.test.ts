import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { openPipe, readToEnd } from "../ffi/pipe.ts";
import { cloneArgs, SIGCHLD } from "../kernel/clone-flags.ts";
import { errnoNumber } from "../kernel/errno.ts";
import { inherited, memory, named, resultOf, texts, valueAt } from "../program/operands.ts";
import type { Step, SyscallProgram } from "../program/program.ts";
import { directExecutor } from "./direct.ts";
import { nativeExecutor } from "./native.ts";

/** What a syscall program does must not depend on who runs it. */
const executors = process.arch === "x64" ? [nativeExecutor, directExecutor] : [directExecutor];
const AT_FDCWD = -100;
const report = inherited("report");
const exit = (code = 0): Step => ({ name: "exit_group", args: [code], why: "the end" });

/** Tells the value at `message` + 8 through the report pipe. */
const tell: Step = { name: "write", args: [report, memory("message"), 16], why: "a message" };
const messageMemory = { message: { bytes: 16 } };
const main = (steps: Step[], more: Partial<SyscallProgram> = {}): SyscallProgram => ({
  name: "main",
  steps,
  memory: messageMemory,
  ...more,
});

for (const executor of executors) {
  t.test(executor.name, async (t) => {
    t.test("runs calls with constants, texts and earlier results", async (t) => {
      const path = join(tmpdir(), `drydock-executor-${process.pid}-${executor.name}`);
      t.teardown(() => rmSync(path, { force: true }));
      const { failure } = await executor.launch(
        main([
          {
            name: "openat",
            args: [AT_FDCWD, path, named("O_CREAT|O_WRONLY", 0o101), 0o644],
            why: "a file",
            result: "file",
          },
          { name: "write", args: [resultOf("file"), "grüße", 7], why: "UTF-8" },
          { name: "write", args: [resultOf("file"), Buffer.from([0, 1, 2]), 3], why: "bytes" },
          exit(),
        ]),
      );
      t.equal(failure, undefined);
      t.strictSame(readFileSync(path), Buffer.concat([Buffer.from("grüße"), Buffer.from([0, 1, 2])]));
    });

    t.test("sends messages", async (t) => {
      const pid: Step = { name: "getpid", args: [], why: "a number", result: { memory: "message", offset: 8 } };
      const { messages } = await executor.launch(main([pid, tell, tell, exit()]));
      t.equal(messages.length, 2);
      t.ok((messages[0] ?? 0) > 1 && messages[0] === messages[1]);
    });

    t.test("reports the step that failed, its errno and what the others gave", async (t) => {
      const { failure, steps } = await executor.launch(
        main([
          { name: "getpid", args: [], why: "", result: "pid" },
          { name: "close", args: [999], why: "", onError: { ignore: "EBADF" }, result: "closed" },
          { name: "openat", args: [AT_FDCWD, "/nonexistent/x", 0], why: "not there" },
          exit(),
        ]),
      );
      t.match(failure, { failed: { number: 3, step: { why: "not there" } }, errno: errnoNumber("ENOENT") });
      t.ok((failure?.results.get("pid") ?? 0) > 1);
      t.equal(failure?.results.get("closed"), -errnoNumber("EBADF"), "a tolerated errno is a result");
      t.equal(steps.length, 4);
    });

    t.test("tolerates only the errno that it was told", async (t) => {
      const open = (onError: Step["onError"]): Step => ({
        name: "openat",
        args: [AT_FDCWD, "/nonexistent/x", 0],
        why: "",
        ...(onError ? { onError } : {}),
      });
      t.equal((await executor.launch(main([open({ ignore: "any" }), exit()]))).failure, undefined);
      t.equal((await executor.launch(main([open({ ignore: "ENOENT" }), exit()]))).failure, undefined);
      t.match((await executor.launch(main([open({ ignore: "EEXIST" }), exit()]))).failure, { errno: 2 });
      t.match(
        (
          await executor.launch(
            main([open({ jump: "end", when: "EEXIST" }), { name: "label", label: "end", args: [], why: "" }, exit()]),
          )
        ).failure,
        { errno: 2 },
      );
    });

    t.test("jumps on an errno, and always", async (t) => {
      const label = (name: string): Step => ({ name: "label", label: name, args: [], why: "" });
      const fail: Step = { name: "close", args: [999], why: "must not be run" };
      const { failure, messages } = await executor.launch(
        main([
          {
            name: "openat",
            args: [AT_FDCWD, "/nonexistent", 0],
            why: "",
            onError: { jump: "missing", when: "ENOENT" },
          },
          fail,
          label("missing"),
          { name: "jump", args: [], why: "", onError: { jump: "end", when: "any" } },
          fail,
          label("end"),
          tell,
          exit(),
        ]),
      );
      t.equal(failure, undefined);
      t.strictSame(messages, [0]);
    });

    t.test("takes 0 for an error where it means end of file", async (t) => {
      const { failure } = await executor.launch(
        main([
          { name: "openat", args: [AT_FDCWD, "/dev/null", 0], why: "", result: "file" },
          { name: "read", args: [resultOf("file"), memory("message"), 8], why: "at its end", zeroIsError: true },
          exit(),
        ]),
      );
      t.match(failure, { errno: 0, failed: { number: 2 } });
    });

    t.test("forks: both go on, each with its own memory", async (t) => {
      const args = Buffer.alloc(cloneArgs.size);
      args.writeBigUInt64LE(BigInt(SIGCHLD), cloneArgs.exitSignal);
      const { messages, failure } = await executor.launch(
        main(
          [
            {
              name: "clone3",
              args: [args, cloneArgs.size],
              why: "fork",
              result: { memory: "message", offset: 8 },
              child: {
                name: "child",
                steps: [
                  { name: "getppid", args: [], why: "", result: { memory: "message", offset: 8 } },
                  { name: "write", args: [report, memory("message"), 16], why: "its parent" },
                  exit(9),
                ],
              },
            },
            {
              name: "wait4",
              args: [valueAt("message", 8), memory("status"), 0, 0],
              why: "the child",
              result: "waited",
            },
            { name: "write", args: [report, memory("statusMessage"), 16], why: "the status" },
            { name: "getpid", args: [], why: "", result: { memory: "message", offset: 8 } },
            tell,
            exit(),
          ],
          { memory: { ...messageMemory, statusMessage: { bytes: 16 }, status: { bytes: 8 } } },
        ),
      );
      t.equal(failure, undefined);
      t.equal(messages.length, 3);
      t.equal(messages[0], messages[2], "the child's parent is the process itself");
    });

    t.test("a failure in a child names the child's step", async (t) => {
      const args = Buffer.alloc(cloneArgs.size);
      const child: SyscallProgram = {
        name: "child",
        steps: [{ name: "close", args: [999], why: "fails" }, exit()],
        failureExitCode: 77,
      };
      const { failure, steps } = await executor.launch(
        main(
          [
            { name: "clone3", args: [args, cloneArgs.size], why: "fork", child },
            { name: "wait4", args: [-1, memory("status"), named("__WALL", 0x40000000), 0], why: "the child" },
            exit(),
          ],
          { memory: { status: { bytes: 8 } } },
        ),
      );
      t.match(failure, { failed: { number: 2, program: { name: "child" } }, errno: errnoNumber("EBADF") });
      t.strictSame(
        steps.map(({ number }) => number),
        [1, 2, 3, 4, 5],
      );
    });

    t.test("execve ends the report, with the descriptors that were inherited and no others", async (t) => {
      const leak = openSync("/", "r");
      const pipe = openPipe();
      const done = executor.launch(
        main([
          { name: "fcntl", args: [report, named("F_SETFD", 2), 1], why: "its end is the sign of success" },
          { name: "dup3", args: [inherited("out"), 1, 0], why: "stdout" },
          {
            name: "execve",
            args: [
              "/bin/sh",
              texts(["sh", "-c", "echo $0 $A; ls -l /proc/self/fd", "x"]),
              texts(["A=b", "PATH=/bin:/usr/bin"]),
            ],
            why: "",
          },
        ]),
        { inherit: { out: pipe.write } },
      );
      closeSync(leak);
      const { failure } = await done;
      closeSync(pipe.write);
      t.equal(failure, undefined);
      const [first, ...links] = (await readToEnd(pipe.read)).toString().trim().split("\n");
      t.equal(first, "x b");
      const targets = links.map((link) => link.split(" -> ")[1] ?? "");
      t.equal(
        new Set(targets.filter((target) => target.startsWith("pipe:"))).size,
        1,
        "its stdout; the report is closed",
      );
      t.notOk(targets.includes("/"), "what the caller has open is not handed down");
    });

    t.test("a crash of the process itself is no success", async (t) => {
      await t.rejects(executor.launch(main([{ name: "kill", args: [0, 0], why: "" }, exit(3)])), {
        code: "LINUX_LAUNCH_FAILED",
      });
    });
  });
}
