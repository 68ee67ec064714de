import type { Writable } from "node:stream";
import { styleText } from "node:util";

interface TimedStep {
  title: string;
  ms: number;
}

/** Tells a demo step by step: a heading, the why in a few lines, what happens, and at the end how long each step took. */
export class Narrator {
  readonly #out: Writable & { isTTY?: boolean };
  readonly #steps: TimedStep[] = [];

  constructor(out: Writable & { isTTY?: boolean }) {
    this.#out = out;
  }

  /** Runs one step between its heading and its time. The time is that of `run`, without the telling. */
  async step<T>(title: string, why: string, run: () => Promise<T>): Promise<T> {
    this.#write(`\n${this.#style(["bold", "cyan"], `${this.#steps.length + 1}. ${title}`)}`);
    for (const line of wrap(why, 76)) this.#write(`   ${line}`);
    const started = performance.now();
    const result = await run();
    this.#steps.push({ title, ms: performance.now() - started });
    return result;
  }

  /** A command, as the reader would type it. */
  command(line: string): void {
    this.#write(`   ${this.#style(["green"], `$ ${line}`)}`);
  }

  /** Something that was seen. */
  saw(line: string): void {
    this.#write(`     ${line}`);
  }

  note(text: string): void {
    for (const line of wrap(text, 76)) this.#write(`   ${line}`);
  }

  summary(): void {
    const width = Math.max(...this.#steps.map(({ title }) => title.length), 5);
    this.#write(`\n${this.#style(["bold"], `${"STEP".padEnd(width + 4)}  TIME`)}`);
    for (const [index, { title, ms }] of this.#steps.entries()) {
      this.#write(`${String(index + 1).padStart(2)}. ${title.padEnd(width)}  ${seconds(ms)}`);
    }
    const total = this.#steps.reduce((sum, { ms }) => sum + ms, 0);
    this.#write(`    ${"all".padEnd(width)}  ${seconds(total)}\n`);
  }

  #write(line: string): void {
    this.#out.write(`${line}\n`);
  }

  #style(format: Parameters<typeof styleText>[0], text: string): string {
    return this.#out.isTTY && !process.env.NO_COLOR ? styleText(format, text, { validateStream: false }) : text;
  }
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2).padStart(6)} s`;
}

/** Breaks a text into lines of at most `width` characters, at spaces. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
