import t from "tap";
import { flags, memory, named, resultOf, struct, texts, valueAt } from "./operands.ts";
import { printProgram, printStep } from "./print.ts";

t.test("steps are shown as one would write them", async (t) => {
  t.equal(
    printStep({
      name: "openat",
      args: [named("AT_FDCWD", -100), "/a", flags({ A: 1, B: 2 }, "A", "B")],
      why: "",
      result: "fd",
    }),
    'openat(AT_FDCWD, "/a", A|B) -> fd',
  );
  t.equal(
    printStep({ name: "close", args: [resultOf("fd")], why: "", onError: { ignore: "EBADF" } }),
    "close(fd); on EBADF go on",
  );
  t.equal(
    printStep({ name: "execve", args: ["/x", texts(["x", "y"]), 0], why: "", onError: { jump: "no", when: "any" } }),
    'execve("/x", ["x", "y"], 0); on any error go to no',
  );
  t.equal(
    printStep({
      name: "write",
      args: [valueAt("m"), memory("m", 8), struct(Buffer.alloc(2), "{1}"), Buffer.alloc(3)],
      why: "",
      zeroIsError: true,
    }),
    "write(*&m, &m+8, {1}, <3 bytes>); 0 is an error",
  );
});

t.test("programs are shown with their children below the fork", async (t) => {
  const exit = { name: "exit_group", args: [0], why: "done" } as const;
  const child = { name: "child", steps: [{ name: "label", label: "here", args: [], why: "" } as const, exit] };
  t.equal(
    printProgram({ name: "main", steps: [{ name: "clone3", args: [1, 88], why: "fork", child }, exit] }),
    [
      "   main:",
      "1    clone3(1, 88)  # fork",
      "     child:",
      "       here:",
      "2      exit_group(0)  # done",
      "3    exit_group(0)  # done",
      "",
    ].join("\n"),
  );
});
