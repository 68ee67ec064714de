export { exitCodeOf, exitCodes, exitCodesByError } from "./exit-codes.ts";
export { runProgram } from "./program.ts";
