/** The command line that runs this same program again: Node, its flags, and the file that was started (source or bundle). */
export function selfCommand(args: readonly string[]): [file: string, args: string[]] {
  return [process.execPath, [...process.execArgv, process.argv[1] as string, ...args]];
}
