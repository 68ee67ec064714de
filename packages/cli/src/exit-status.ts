/**
 * Ends the command with this exit code and no message: what `exec` does with the code of the remote command. Thrown, so that
 * everything on the way up is closed as after an error.
 */
export class ExitStatus extends Error {
  override readonly name = "ExitStatus";
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}
