import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { ReadStream } from "node:tty";
import type { CheckTools, LabCheck, Running } from "@drydock/labs";

/** One session for the first steps. It obeys what is typed. */
interface Session {
  running: Running;
  tty: string;
  pid: number;
  word: string;
  code: number;
}

let started: Promise<Session> | undefined;

function session(t: CheckTools): Promise<Session> {
  started ??= launch(t);
  return started;
}

async function launch(t: CheckTools): Promise<Session> {
  const word = t.word();
  const code = t.number(3, 100);
  const script = `trap 'echo "${word} interrupted"' INT; tty; echo "up $$"
    while :; do
      if read -r line; then case $line in end) exit ${code};; *) echo "${word} $line";; esac; fi
    done`;
  const running = await t.start("terminal.ts", ["--", "sh", "-c", script]);
  await t.until(() => /^up \d+/m.test(running.stdout) || running.stderr, 20_000);
  const [, pid] = /^up (\d+)/m.exec(running.stdout) ?? [];
  if (!pid)
    throw t.wrong(
      `a command that prints "up" and its pid: nothing of it came, expected it on standard output: ${said(running)}`,
      "what the command prints comes out of the master",
    );
  return { running, tty: running.stdout.split(/\r?\n/)[0] ?? "", pid: Number(pid), word, code };
}

/** The line of an error that says what it is about. */
function said({ stderr }: { stderr: string }): string {
  return (/^\w*Error.*$/m.exec(stderr)?.[0] ?? stderr.trim().split("\n").at(-1) ?? "").slice(0, 250);
}

/** Fields of /proc/PID/stat, from the state on (proc_pid_stat(5)). */
function stat(pid: number): { session: number; tty: number; foreground: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ")
    .map(Number);
  return { session: fields[3] ?? 0, tty: fields[4] ?? 0, foreground: fields[5] ?? 0 };
}

function device(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.rdev;
}

export const steps: LabCheck = {
  async terminal(t) {
    const { tty, pid } = await session(t);
    if (!/^\/dev\/pts\/\d+$/.test(tty))
      throw t.wrong(
        `tty, as the command, printed "${tty}", expected the name of a terminal, /dev/pts/N`,
        "open /dev/ptmx: each open makes a new terminal; the other side of it is the command's",
      );
    for (const fd of [0, 1, 2]) {
      const other = device(`/proc/${pid}/fd/${fd}`);
      if (other === undefined || other !== device(tty))
        throw t.wrong(`stream ${fd} of the command is not ${tty}, expected all three to be it`, "dup3 to 0, 1 and 2");
    }
  },

  async session(t) {
    const { tty, pid } = await session(t);
    const seen = stat(pid);
    if (seen.session !== pid)
      throw t.wrong(
        `the command, ${pid}, is in the session of process ${seen.session}, expected one of its own`,
        "man 2 setsid; who leads a process group already may not",
      );
    if (seen.tty !== device(tty))
      throw t.wrong(
        `the controlling terminal of the command is ${seen.tty === 0 ? "none" : seen.tty}, expected ${tty}`,
        "having it open is not enough: ioctl TIOCSCTTY, by the leader of a session that has none",
      );
  },

  async copied(t) {
    const { running, word, code } = await session(t);
    const typed = t.word();
    running.write(`${typed}\n`);
    if (!(await t.until(() => running.stdout.includes(`${word} ${typed}`), 10_000)))
      throw t.wrong(
        `"${typed}" was typed and the command did not read it, expected "${word} ${typed}" from it`,
        "standard input goes to the master",
      );
    running.write("\u0003");
    if (!(await t.until(() => running.stdout.includes(`${word} interrupted`), 10_000)))
      throw t.wrong(
        "^C was typed and the command got no SIGINT, expected one",
        "the terminal makes the signal, for the foreground of the session that it belongs to",
      );
    running.write("end\n");
    const ended = await Promise.race([running.ended, t.until(() => undefined, 6000)]);
    if (!ended)
      throw t.wrong(
        "the command has ended and terminal.ts did not, expected it to",
        "the master says EIO when nobody has the other side open any more: who else has it?",
      );
    if (ended.code !== code)
      throw t.wrong(
        `the command ended with ${code}, terminal.ts with ${ended.code ?? ended.signal}, expected the same`,
      );
  },

  async size(t) {
    const [columns, rows] = [t.number(40, 200), t.number(10, 90)];
    const { stdout, stderr } = await t.run("terminal.ts", ["--size", `${columns}x${rows}`, "--", "stty", "size"]);
    if (stdout.trim() !== `${rows} ${columns}`)
      throw t.wrong(
        `--size ${columns}x${rows}: stty size printed "${(stdout.trim() || stderr.trim()).slice(0, 100)}", expected "${rows} ${columns}"`,
        "struct winsize has the rows first, two bytes each; TIOCSWINSZ",
      );
  },

  async handed(t) {
    const path = `${t.scratch}/${t.word()}`;
    const word = t.word();
    const server = createServer({ pauseOnConnect: true }).listen(path);
    t.defer(() => void server.close());
    await once(server, "listening");
    const connected = once(server, "connection");
    const script = `trap 'echo "${word} $(stty size)"' WINCH; echo "up $$"; while :; do sleep 0.05; done`;
    const running = await t.start("terminal.ts", ["--console-socket", path, "--", "sh", "-c", script]);
    const ended = await Promise.race([running.ended, t.until(() => undefined, 20_000)]);
    if (ended?.code !== 0)
      throw t.wrong(
        `terminal.ts --console-socket ${ended ? `ended with ${ended.code}` : "went on"}, expected it to send the terminal and end with 0: ${said(running)}`,
        "whoever has the terminal now looks after the command",
      );
    const [socket] = await Promise.race([connected, t.until(() => undefined, 1000).then(() => [undefined])]);
    if (!socket)
      throw t.wrong(`nobody connected to ${path}, expected terminal.ts to: ${said(running)}`, "connectUnixSocket");
    const { receiveDescriptor } = await import("./receive-descriptor.ts");
    const master = receiveDescriptor(socket._handle.fd);
    if (master === undefined)
      throw t.wrong("what came through the socket had no descriptor with it, expected one", "console-socket.ts");
    const { resizePty } = await import("@drydock/linux");
    const stream = new ReadStream(master);
    let shown = "";
    stream.on("data", (chunk: Buffer) => {
      shown += chunk.toString();
    });
    // How a terminal says that its other side has been closed.
    stream.on("error", () => {});
    const up = await t.until(() => /up \d+/.test(shown), 10_000);
    if (!up)
      throw t.wrong(
        `through the terminal came "${shown.slice(0, 100)}", expected what the command prints`,
        "the master, not the other side",
      );
    const [columns, rows] = [t.number(40, 200), t.number(10, 90)];
    resizePty(master, columns, rows);
    if (!(await t.until(() => shown.includes(`${word} ${rows} ${columns}`), 10_000)))
      throw t.wrong(
        `after a resize to ${columns} columns the command was not told, expected SIGWINCH: "${shown.slice(-100)}"`,
        "the kernel tells the foreground of the session whose terminal it is",
      );
    stream.destroy();
  },
};
