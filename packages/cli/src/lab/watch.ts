import { watch } from "node:fs";
import { hasCode } from "@drydock/kit";
import { type Lab, labError } from "@drydock/labs";
import { errorText } from "../output/error-text.ts";
import { print, remark } from "../output/print.ts";
import { type CheckCommandOptions, checkOnce } from "./check.ts";
import { type Course, chosenLab, folderOf, openCourse } from "./course.ts";
import { nextHint } from "./hint.ts";
import { startLab } from "./start.ts";

/** Editors write a file in several steps: the check waits until they are quiet. */
const QUIET_MS = 150;

type Wish = "save" | "hint" | "again" | "skip" | "help" | "quit";

const keysHelp = `
  h      the next hint              a  the hints so far
  Enter  check now                  s  skip to the next lab
  ?      this help                  q  quit

Every save checks, too.`;

/** Checks now and after every save, until Ctrl-C or q. With a terminal keys do the rest: ? says which. */
export async function watchLab(course: Course, first: Lab, given: CheckCommandOptions): Promise<void> {
  let lab = first;
  let options = given;
  const wishes = new Wishes();
  const stopKeys = listenToKeys(wishes);
  const onSignal = (): void => wishes.add("quit");
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  let watcher = watchFolder(folderOf(course, lab, options), wishes);
  try {
    wishes.add("save");
    while (true) {
      const wish = await wishes.next();
      if (wish === "quit") return;
      const now = await openCourse({ home: course.home });
      if (wish === "help") remark(keysHelp);
      if (wish === "hint") await shown(() => nextHint(now, lab, {}));
      if (wish === "again") await shown(() => nextHint(now, lab, { again: true }));
      if (wish === "skip") {
        watcher.close();
        const after = now.labs[now.labs.findIndex(({ id }) => id === lab.id) + 1];
        if (!after) return print("That was the last lab.");
        lab = after;
        // --folder was that of the lab before.
        const { folder: _, ...rest } = options;
        options = rest;
        await shown(() => startLab(now, lab, { home: course.home }));
        watcher = watchFolder(folderOf(now, lab, {}), wishes);
      }
      if (wish === "save") {
        if (process.stdout.isTTY && !options.json) process.stdout.write("\u001b[2J\u001b[H");
        await shown(async () => {
          await checkOnce(now, chosenLab(now, lab.id), options, wishes.quitting);
        });
      }
      if (stopKeys && !options.json) remark("h hint   s skip   q quit   ? all keys   (checks again when you save)");
    }
  } finally {
    watcher.close();
    stopKeys?.();
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

/** What the learner wants, one after the other; saves in quick succession are one. */
class Wishes {
  readonly #queue: Wish[] = [];
  readonly #quit = new AbortController();
  #wake: (() => void) | undefined;

  get quitting(): AbortSignal {
    return this.#quit.signal;
  }

  add(wish: Wish): void {
    if (wish === "quit") {
      this.#queue.length = 0;
      this.#quit.abort(labError("LAB_NOT_STARTED", "watching ended"));
    }
    if (wish !== "save" || !this.#queue.includes("save")) this.#queue.push(wish);
    this.#wake?.();
  }

  async next(): Promise<Wish> {
    while (this.#queue.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#queue.shift() as Wish;
  }
}

function watchFolder(folder: string, wishes: Wishes): { close(): void } {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(folder, { recursive: false }, () => {
    clearTimeout(timer);
    timer = setTimeout(() => wishes.add("save"), QUIET_MS);
  });
  return {
    close() {
      clearTimeout(timer);
      watcher.close();
    },
  };
}

/** Undefined when nobody can press keys. */
function listenToKeys(wishes: Wishes): (() => void) | undefined {
  const { stdin } = process;
  if (!stdin.isTTY) return undefined;
  const keys: Record<string, Wish> = {
    h: "hint",
    a: "again",
    s: "skip",
    q: "quit",
    "?": "help",
    "\r": "save",
    "\u0003": "quit",
    "\u0004": "quit",
  };
  const onKey = (chunk: Buffer): void => {
    for (const key of chunk.toString()) {
      const wish = keys[key];
      if (wish) wishes.add(wish);
    }
  };
  stdin.setRawMode(true).on("data", onKey);
  return () => {
    stdin.off("data", onKey).setRawMode(false).unref();
  };
}

/** A watch goes on after an error that is the learner's to repair. */
async function shown(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!hasCode(error)) throw error;
    remark(errorText(error));
  }
}
