/** The completion scripts, loaded into the shells that they are for: a user types a few letters and a tab. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import t from "tap";
import { type Outcome, outcomeOf } from "./cli/drydock.ts";

const root = resolve(import.meta.dirname, "../..");
const directory = mkdtempSync(join(tmpdir(), "drydock-completion-"));
t.teardown(() => rmSync(directory, { recursive: true, force: true }));

/** A user without settings and without a cluster, in a directory with one file, at a plain terminal. */
const env = {
  PATH: `${root}:${process.env.PATH}`,
  HOME: directory,
  ZDOTDIR: directory,
  XDG_CONFIG_HOME: directory,
  TERM: "dumb",
  LANG: "C.UTF-8",
  COLUMNS: "200",
};
writeFileSync(join(directory, "manifest-of-mine.yaml"), "");

async function drydock(...args: string[]): Promise<Outcome> {
  return outcomeOf(spawn("drydock", args, { cwd: directory, env, stdio: ["ignore", "pipe", "pipe"] }));
}

async function script(shell: string): Promise<string> {
  const { code, stdout } = await drydock("completion", shell);
  t.equal(code, 0);
  const file = join(directory, `drydock.${shell}`);
  writeFileSync(file, stdout);
  return file;
}

function isInstalled(shell: string): boolean {
  return spawnSync(shell, ["-c", "exit 0"]).status === 0;
}

const prompt = "TYPE-HERE:";

/** Types one line with tabs in it into an interactive shell on a terminal, and gives all that the terminal showed. */
async function typed(command: readonly string[], line: string): Promise<string> {
  const child = spawn("script", ["--quiet", "--return", "--command", command.join(" "), "/dev/null"], {
    cwd: directory,
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), 60_000);
  let shown = "";
  let step = 0;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
    // The line is typed when the shell waits for one, and the shell is left when it waits again.
    const waits = shown.split(prompt).length - 1;
    if (step === 0 && waits === 1) {
      step = 1;
      child.stdin.write(`${line}\n`);
    } else if (step === 1 && /^END$/m.test(shown.replaceAll("\r", ""))) {
      step = 2;
      child.stdin.write("exit\n");
    }
  });
  await new Promise((done) => child.once("close", done));
  clearTimeout(timer);
  return shown.replaceAll("\r", "");
}

t.test("what scripts ask: commands, their subcommands at any depth, flags, values", async (t) => {
  const complete = async (...words: string[]): Promise<string[]> => {
    const { stdout } = await drydock("__complete", "--", ...words);
    return stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split("\t")[0] as string);
  };
  t.strictSame(await complete("insp"), ["inspect"]);
  t.strictSame(await complete("inspect", ""), ["proc", "ns", "mounts", "cgroup", "syscalls"]);
  t.strictSame(await complete("inspect", "ns", ""), ["ls", "show", "diff"]);
  t.strictSame(await complete("inspect", "cgroup", "run", "--me"), ["--memory"]);
  t.ok((await complete("inspect", "cgroup", "run", "--")).includes("--quiet"), "flags of the commands above it too");
  t.strictSame(await complete("inspect", "proc", "show", "sel"), ["self"]);
  t.ok((await complete("inspect", "ns", "diff", "self", "")).includes(String(process.pid)));
  t.strictSame(await complete("inspect", "syscalls", "--", "ca"), [], "another program's words");
  t.strictSame(await complete("completion", ""), ["bash", "zsh", "fish"]);
  t.strictSame(await complete("get", "-o", "j"), ["json"]);
  t.strictSame(await complete("get", "pods", ""), [], "no cluster, nothing to offer, no error");
});

t.test("bash", isInstalled("bash") ? {} : { skip: "bash is not installed" }, async (t) => {
  const rc = join(directory, "bashrc");
  writeFileSync(rc, `source ${await script("bash")}\nbind 'set enable-bracketed-paste off'\nPS1=${prompt}\n`);
  const shell = ["bash", "--rcfile", rc, "-i"];
  t.match(await typed(shell, "drydock versi\t--cli\t; echo END"), /\ndrydock \d+\.\d+\.\d+ .*\nEND/);
  t.match(
    await typed(shell, "echo drydock | cat; drydock apply -f manif\t--dry; echo END"),
    /apply -f manifest-of-mine\.yaml --dry/,
    "files",
  );
});

t.test("zsh", isInstalled("zsh") ? {} : { skip: "zsh is not installed" }, async (t) => {
  const file = await script("zsh");
  writeFileSync(
    join(directory, ".zshrc"),
    `unsetopt zle_bracketed_paste PROMPT_SP\nautoload -U compinit && compinit -u -D\nsource ${file}\nPS1=${prompt}\n`,
  );
  const shell = ["zsh", "-i"];
  t.match(await typed(shell, "drydock versi\t--cli\t; echo END"), /\ndrydock \d+\.\d+\.\d+ .*\nEND/);
});

t.test("fish", isInstalled("fish") ? {} : { skip: "fish is not installed" }, async (t) => {
  const file = await script("fish");
  const complete = async (line: string): Promise<string[]> => {
    const child = spawn("fish", ["--no-config", "--command", `source ${file}; complete --do-complete '${line}'`], {
      cwd: directory,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const { stdout, stderr } = await outcomeOf(child);
    t.equal(stderr, "");
    return stdout.split("\n").filter(Boolean);
  };
  t.strictSame(await complete("drydock versi"), ["version\tprint the versions of drydock and of the server"]);
  t.match(await complete("drydock inspect n"), [/^ns\tnamespaces: /]);
  t.match(await complete("drydock version --cli"), [/^--client\t/]);
  t.match(await complete("drydock apply -f manif"), ["manifest-of-mine.yaml"]);
});
