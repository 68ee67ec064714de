import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { CheckTools, LabCheck } from "@drydock/labs";

interface Place {
  target: string;
  upper: string;
  work: string;
  top: string;
  base: string;
}

/** Two layers with files of our choice, and an empty upper directory. */
function place(t: CheckTools, top: Record<string, string>, base: Record<string, string>): Place {
  const root = `${t.scratch}/${t.word()}`;
  const made = {
    target: `${root}/target`,
    upper: `${root}/upper`,
    work: `${root}/work`,
    top: `${root}/top`,
    base: `${root}/base`,
  };
  for (const directory of Object.values(made)) mkdirSync(directory, { recursive: true });
  for (const [layer, files] of [
    [made.top, top],
    [made.base, base],
  ] as const) {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(`${layer}/${path}`), { recursive: true });
      writeFileSync(`${layer}/${path}`, text);
    }
  }
  return made;
}

async function mounted(t: CheckTools, at: Place): Promise<void> {
  const { code, stderr } = await t.run("layers.ts", ["mount", at.target, at.upper, at.work, at.top, at.base]);
  if (code !== 0)
    throw t.wrong(
      `layers.ts mount ended with ${code}: ${stderr.trim().split("\n").at(-1)}`,
      "dmesg | tail says why the kernel refused a mount",
    );
  if (!readFileSync("/proc/self/mounts", "utf8").includes(` ${at.target} overlay `))
    throw t.wrong(`nothing of type overlay is mounted at the target`, "cat /proc/self/mounts");
}

async function changes(t: CheckTools, at: Place): Promise<string[]> {
  const { code, stdout, stderr } = await t.run("layers.ts", ["changes", at.upper, at.top, at.base]);
  if (code !== 0) throw t.wrong(`layers.ts changes ended with ${code}: ${stderr.trim().split("\n").at(-1)}`);
  return stdout.split("\n").filter(Boolean);
}

function expectLines(t: CheckTools, seen: readonly string[], expected: readonly string[], hint: string): void {
  const [lacking] = expected.filter((line) => !seen.includes(line));
  const [extra] = seen.filter((line) => !expected.includes(line));
  if (lacking || extra)
    throw t.wrong(`changes printed ${JSON.stringify(seen)}, expected ${JSON.stringify(expected)}`, hint);
}

export const steps: LabCheck = {
  async merged(t) {
    const [a, b] = [t.word(), t.word()];
    const at = place(t, { "both.txt": a, "etc/top.txt": a }, { "both.txt": b, "etc/base.txt": b });
    await mounted(t, at);
    const seen = readFileSync(`${at.target}/both.txt`, "utf8");
    if (seen !== a)
      throw t.wrong(
        `both.txt is "${seen}", expected "${a}": the layer that was given first is on top`,
        "the order of lowerdir",
      );
    const etc = existsSync(`${at.target}/etc`) ? readdirSync(`${at.target}/etc`).sort().join() : "missing";
    if (etc !== "base.txt,top.txt")
      throw t.wrong(
        `/etc in the target has ${etc}, expected base.txt,top.txt: a directory that two layers have is one`,
        "both layers belong into lowerdir",
      );
  },

  async writable(t) {
    const word = t.word();
    const at = place(t, { "file.txt": "old" }, { "deep/er.txt": "old" });
    await mounted(t, at);
    try {
      writeFileSync(`${at.target}/file.txt`, word);
      writeFileSync(`${at.target}/deep/er.txt`, word);
    } catch (error) {
      throw t.wrong(
        `writing in the target failed with ${(error as NodeJS.ErrnoException).code}, expected it to work`,
        "an overlay without an upper directory can only be read",
      );
    }
    for (const file of [`${at.upper}/file.txt`, `${at.upper}/deep/er.txt`]) {
      const seen = existsSync(file) ? readFileSync(file, "utf8") : "nothing";
      if (seen !== word)
        throw t.wrong(`${file} has ${seen}, expected what was written in the target`, "upperdir and workdir");
    }
    if (readFileSync(`${at.top}/file.txt`, "utf8") !== "old")
      throw t.wrong(
        "a layer was changed, expected it to stay as it was",
        "layers are shared by containers: they belong into lowerdir",
      );
  },

  async deleted(t) {
    const [gone, kept] = [t.word(), t.word()];
    const at = place(t, { [`etc/${gone}`]: "x" }, { [`etc/${kept}`]: "x", "old/file": "x" });
    await mounted(t, at);
    rmSync(`${at.target}/etc/${gone}`);
    rmSync(`${at.target}/old`, { recursive: true });
    expectLines(
      t,
      await changes(t, at),
      [`D /etc/${gone}`, "D /old"],
      "ls -l in the upper directory: what is at the path of a file that was deleted?",
    );
  },

  async changed(t) {
    const [added, changedName] = [t.word(), t.word()];
    const at = place(t, { [`a/b/${changedName}`]: "x" }, { "a/stay": "x", "top/f": "x" });
    await mounted(t, at);
    writeFileSync(`${at.target}/a/b/${changedName}`, "y");
    writeFileSync(`${at.target}/a/b/${added}`, "y");
    mkdirSync(`${at.target}/${added}/sub`, { recursive: true });
    const expected = [`A /${added}`, `A /${added}/sub`, `A /a/b/${added}`, `M /a/b/${changedName}`];
    expectLines(
      t,
      (await changes(t, at)).sort(),
      expected.sort(),
      "a directory that a layer has, too, is only the way to what was changed in it",
    );
  },

  async lowered(t) {
    const at = place(t, { "bin/tool": "x" }, { "etc/f": "x", "log/f": "x" });
    await mounted(t, at);
    chmodSync(`${at.target}/bin/tool`, 0o755);
    chmodSync(`${at.target}/log`, 0o700);
    expectLines(
      t,
      (await changes(t, at)).sort(),
      ["M /bin/tool", "M /log"],
      "a change of the mode copies the file up as well; of a directory compare mode and owner",
    );
    const again = place(t, { x: "1" }, {});
    await mounted(t, again);
    rmSync(`${again.target}/x`);
    writeFileSync(`${again.target}/x`, "2");
    expectLines(t, await changes(t, again), ["M /x"], "deleted and made again is a change of what was there");
  },
};
