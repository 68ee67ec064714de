import { spawn } from "node:child_process";
import { once } from "node:events";
import t from "tap";

const module = new URL("./closed-pipe.ts", import.meta.url).href;

/** Runs a program that writes on and on, closes its output after the first bytes, and says how it ended. */
async function endOf(t: Tap, body: string, stream: "stdout" | "stderr" = "stdout") {
  const source = `import { endWithReader } from ${JSON.stringify(module)};
    endWithReader(process.stdout, process.stderr);
    setInterval(() => process.${stream}.write("line\\n"), 1);
    ${body}`;
  // Without the test runner's variables: they would load its own signal handlers into the program.
  const command = ["-i", process.execPath, "--input-type=module", "-e", source];
  const child = spawn("env", command, { stdio: ["ignore", "pipe", "pipe"] });
  t.teardown(() => child.kill("SIGKILL"));
  const other = stream === "stdout" ? child.stderr : child.stdout;
  let said = "";
  other.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  await once(child[stream], "data");
  child[stream].destroy();
  const [code] = (await once(child, "close")) as [number | null];
  return { code, said };
}
type Tap = Pick<typeof t, "teardown">;

t.test("a reader that has left ends the process, without a word", async (t) => {
  t.same(await endOf(t, ""), { code: 141, said: "" });
  t.same(await endOf(t, "", "stderr"), { code: 141, said: "" });
});

t.test("a command that cleans up when it is interrupted gets to do so, once", async (t) => {
  const body = `let count = 0;
    process.on("SIGINT", () => { count += 1; setTimeout(() => { process.stderr.write("cleaned " + count); process.exit(5); }, 50); });`;
  t.same(await endOf(t, body), { code: 5, said: "cleaned 1" });
});
