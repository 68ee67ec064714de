/** Progress on one line that changes in place on a terminal, and on a line for each step elsewhere. */
export class StatusLine {
  readonly #out: NodeJS.WriteStream;
  #text = "";

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  show(text: string): void {
    if (!this.#out.isTTY) {
      this.#out.write(`${text}\n`);
      return;
    }
    const width = (this.#out.columns ?? 80) - 1;
    this.#out.write(`\r\u001b[K${text.slice(0, width)}`);
    this.#text = text;
  }

  /** What is shown stays; the next text gets a new line. */
  keep(): void {
    if (this.#out.isTTY && this.#text !== "") this.#out.write("\n");
    this.#text = "";
  }

  /** Takes away what is shown. */
  end(): void {
    if (this.#out.isTTY && this.#text !== "") this.#out.write("\r\u001b[K");
    this.#text = "";
  }
}
