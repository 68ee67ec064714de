import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import type { CheckTools, Ended, LabCheck } from "@drydock/labs";

type Files = Record<string, { content: string; mode?: string }>;

class Place {
  readonly root: string;
  readonly desired: string;
  readonly actual: string;

  constructor(t: CheckTools) {
    this.root = join(t.scratch, t.word());
    this.desired = join(this.root, "desired.json");
    this.actual = join(this.root, "actual");
    mkdirSync(this.actual, { recursive: true });
  }

  wish(files: Files): void {
    // As an editor would: the whole file at once.
    writeFileSync(`${this.desired}.new`, JSON.stringify({ files }));
    renameSync(`${this.desired}.new`, this.desired);
  }

  at(path: string): string {
    return join(this.actual, path);
  }

  /** Files and links, by path; without what is the reconciler's own. */
  files(): string[] {
    return readdirSync(this.actual, { recursive: true, encoding: "utf8" })
      .filter((path) => path !== ".managed" && !lstatSync(this.at(path)).isDirectory())
      .sort();
  }
}

const run = (t: CheckTools, { desired, actual }: Place): Promise<Ended> => t.run("reconcile.ts", [desired, actual]);

async function reconciled(t: CheckTools, place: Place): Promise<string> {
  const { code, stdout, stderr, timedOut } = await run(t, place);
  if (timedOut) throw t.wrong("reconcile.ts was still running after 10 s, expected one look and an end");
  if (code !== 0) throw t.wrong(`reconcile.ts ended with ${code}, expected 0: ${stderr.trim().slice(0, 150)}`);
  return stdout;
}

/** Says what is not as it should be, or undefined. */
function difference(place: Place, files: Files): string | undefined {
  for (const [path, { content, mode = "0644" }] of Object.entries(files)) {
    const entry = lstatSync(place.at(path), { throwIfNoEntry: false });
    if (!entry) return `${path} is not there, expected it`;
    if (!entry.isFile()) return `${path} is ${entry.isDirectory() ? "a directory" : "a link"}, expected a file`;
    const seen = readFileSync(place.at(path), "utf8");
    if (seen !== content)
      return `${path} has ${seen.length} bytes "${seen.slice(0, 30)}", expected ${content.length} bytes "${content.slice(0, 30)}"`;
    const bits = (entry.mode & 0o7777).toString(8).padStart(4, "0");
    if (bits !== mode) return `the mode of ${path} is ${bits}, expected ${mode}`;
  }
  return undefined;
}

function expectFiles(t: CheckTools, place: Place, files: Files, when: string, hint?: string): void {
  const wrong = difference(place, files);
  if (wrong) throw t.wrong(`${when}: ${wrong}`, hint);
}

function expectOnly(t: CheckTools, place: Place, paths: readonly string[], when: string, hint?: string): void {
  const seen = place.files().join(", ");
  const expected = [...paths].sort().join(", ");
  if (seen !== expected)
    throw t.wrong(`${when} the folder has ${seen || "nothing"}, expected ${expected || "nothing"}`, hint);
}

export const steps: LabCheck = {
  async made(t) {
    const place = new Place(t);
    const files: Files = {
      top: { content: t.word() },
      [`etc/${t.word()}/app.conf`]: { content: t.word(), mode: "0600" },
      "bin/tool": { content: t.word(), mode: "0755" },
      empty: { content: "" },
    };
    place.wish(files);
    const said = await reconciled(t, place);
    expectFiles(t, place, files, "after the first run", "mode is a text in octal");
    if (!said.includes("made bin/tool\n"))
      throw t.wrong(`it printed ${JSON.stringify(said)}, expected a line "made bin/tool"`);
    const word = t.word();
    for (const path of [`../${word}`, `a/../../${word}`, join(place.root, word)]) {
      place.wish({ [path]: { content: "x" } });
      const { code } = await run(t, place);
      if (existsSync(join(place.root, word)) || code === 0)
        throw t.wrong(
          `a wish for ${path.replace(place.root, "/…")} ended with ${code}, expected 1 and no file outside the folder`,
        );
    }
    const outside = join(place.root, "outside");
    mkdirSync(outside);
    symlinkSync(outside, place.at("linked"));
    place.wish({ "linked/file": { content: word } });
    await run(t, place);
    if (existsSync(join(outside, "file")))
      throw t.wrong(
        "a link in the folder led to outside, and the file was written there, expected it in the folder",
        "mkdir -p is content with a link to a directory",
      );
    expectFiles(t, place, { "linked/file": { content: word } }, "where a link was in the way");
  },

  async removed(t) {
    const place = new Place(t);
    const [mine, other, foreign] = [t.word(), t.word(), t.word()];
    mkdirSync(place.at("etc"));
    writeFileSync(place.at(`etc/${foreign}`), "of somebody else");
    const keep = { [`etc/${mine}`]: { content: "1" } };
    place.wish({ ...keep, [`var/lib/${other}`]: { content: "2" }, [`etc/${other}`]: { content: "3" } });
    await reconciled(t, place);
    place.wish(keep);
    const said = await reconciled(t, place);
    expectOnly(
      t,
      place,
      [`etc/${foreign}`, `etc/${mine}`],
      "after two wishes were taken back",
      "which files are yours? Nothing in the folder says so unless you do",
    );
    if (!said.includes(`removed etc/${other}\n`))
      throw t.wrong(`it printed ${JSON.stringify(said)}, expected a line "removed etc/${other}"`);
    if (existsSync(place.at("var")))
      throw t.wrong("var/lib is left and empty, expected directories to go with their last file");
    place.wish({});
    await reconciled(t, place);
    expectOnly(t, place, [`etc/${foreign}`], "when nothing is desired any more");
  },

  async drift(t) {
    const place = new Place(t);
    const [a, b, c] = [t.word(), t.word(), t.word()];
    const files: Files = { [`d/${a}`]: { content: a }, [`d/${b}`]: { content: b, mode: "0600" }, [c]: { content: c } };
    place.wish(files);
    await reconciled(t, place);
    const stamp = (): string =>
      Object.keys(files)
        .map((path) => {
          const { ino, ctimeMs } = statSync(place.at(path));
          return `${ino}@${ctimeMs}`;
        })
        .join();
    const before = stamp();
    const said = await reconciled(t, place);
    if (said !== "" || stamp() !== before)
      throw t.wrong(
        `a second run ${said === "" ? "wrote files anew" : `printed ${JSON.stringify(said)}`}, expected it to find nothing to do`,
        "compare first: who is informed of every write would never come to rest",
      );
    writeFileSync(place.at(`d/${a}`), "changed by hand");
    chmodSync(place.at(`d/${b}`), 0o777);
    rmSync(place.at(c));
    symlinkSync("/etc/hostname", place.at(c));
    const mended = await reconciled(t, place);
    expectFiles(t, place, files, "after drift", "the wish has not changed. What is there has");
    for (const path of Object.keys(files))
      if (!mended.includes(`changed ${path}\n`))
        throw t.wrong(`it printed ${JSON.stringify(mended)}, expected a line "changed ${path}"`);
    rmSync(place.at("d"), { recursive: true });
    writeFileSync(place.at("d"), "in the way");
    await reconciled(t, place);
    expectFiles(t, place, files, "with a file where a directory belongs");
  },

  async crash(t) {
    const place = new Place(t);
    const [word, small] = [t.word(), t.word()];
    const old: Files = { big: { content: "old" }, [small]: { content: "old" } };
    place.wish(old);
    await reconciled(t, place);
    const big = `${word} `.repeat(200_000);
    place.wish({ big: { content: big }, [small]: { content: "new" } });
    // As on a full disk: no file may become larger than 1 MiB.
    const cut = await t.run("prlimit", [
      "--fsize=1048576",
      process.execPath,
      join(t.folder, "reconcile.ts"),
      place.desired,
      place.actual,
    ]);
    expectFiles(
      t,
      place,
      { big: { content: "old" } },
      "when writing 2 MiB failed in the middle",
      "never write into the file that others read: rename",
    );
    if (cut.code !== 1)
      throw t.wrong(`reconcile.ts that could not write ended with ${cut.code ?? cut.signal}, expected 1`);
    expectFiles(
      t,
      place,
      { [small]: { content: "new" } },
      "when another file failed",
      "one that fails holds up nobody else",
    );
    expectOnly(t, place, ["big", small], "after a failure", "what is left of the attempt?");
    await reconciled(t, place);
    expectFiles(t, place, { big: { content: big } }, "when there is room again");

    // Killed as soon as the first file is there.
    const many: Files = {};
    for (let n = 0; n < 24; n++) many[`many/${t.word()}`] = { content: `${n}${big.slice(0, 512 << 10)}` };
    place.wish(many);
    const killed = await t.start("reconcile.ts", [place.desired, place.actual]);
    let over = false;
    void killed.ended.then(() => {
      over = true;
    });
    const begun = (): boolean => Object.keys(many).some((path) => existsSync(place.at(path)));
    while (!over && !begun()) await turn();
    killed.kill("SIGKILL");
    await killed.ended;
    for (const [path, file] of Object.entries(many))
      if (existsSync(place.at(path))) expectFiles(t, place, { [path]: file }, "after kill -9");
    place.wish({});
    await reconciled(t, place);
    expectOnly(
      t,
      place,
      [],
      "kill -9 in the middle, then nothing is desired:",
      "what was made and not recorded yet is nobody's",
    );
    const left = readdirSync(place.actual).filter((name) => name !== ".managed");
    if (left.length > 0) throw t.wrong(`after kill -9 and a run ${left.join(", ")} is left, expected .managed alone`);
  },

  async loop(t) {
    const place = new Place(t);
    const [name, first, second] = [t.word(), t.word(), t.word()];
    place.wish({ [name]: { content: first } });
    const child = await t.start("reconcile.ts", ["--watch", place.desired, place.actual]);
    const becomes = async (files: Files, when: string): Promise<void> => {
      if (!(await t.until(() => difference(place, files) === undefined, 10_000)))
        throw t.wrong(
          `${when}, and after 10 s ${difference(place, files)}${child.stderr ? `: ${child.stderr.trim().slice(-150)}` : ""}`,
        );
    };
    await becomes({ [name]: { content: first } }, "--watch was started");
    place.wish({ [name]: { content: second } });
    await becomes({ [name]: { content: second } }, "the wish was changed");
    writeFileSync(place.at(name), "by hand");
    await becomes({ [name]: { content: second } }, "the file was changed by hand");
    for (const [what, text] of [
      ["half of a file", '{"files": {'],
      ["an empty file", ""],
      ["something else", "{}"],
    ] as const) {
      const spoken = child.stderr.length;
      writeFileSync(place.desired, text);
      const complained = await t.until(() => child.stderr.length > spoken, 10_000);
      if (difference(place, { [name]: { content: second } }))
        throw t.wrong(
          `DESIRED became ${what}, and the files were removed, expected them to stay`,
          'to wish for nothing is said with {"files": {}}',
        );
      if (!complained)
        throw t.wrong(`DESIRED became ${what}, and nothing was said on standard error, expected a line about it`);
    }
    rmSync(place.desired);
    writeFileSync(join(dirname(place.desired), "other"), "");
    const third = t.word();
    place.wish({ [name]: { content: third } });
    await becomes({ [name]: { content: third } }, "DESIRED was right again");
    child.kill("SIGTERM");
    const ended = await Promise.race([child.ended, t.until(() => undefined, 5000)]);
    if (ended?.code !== 0)
      throw t.wrong(
        `after SIGTERM it ${ended ? `ended with ${ended.code ?? ended.signal}` : "was still there after 5 s"}, expected to end with 0`,
      );
  },
};
