/** Text in lines of at most `width` columns, broken between words; a longer word has a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** A text that takes more than `width` columns ends with an ellipsis. */
export function shorten(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** As shorten, for paths, of which the end says most: the ellipsis is in the first third. */
export function shortenPath(path: string, width: number): string {
  if (path.length <= width) return path;
  const head = Math.max(0, Math.floor((width - 1) / 3));
  return `${path.slice(0, head)}…${path.slice(path.length - Math.max(0, width - 1 - head))}`;
}
