#!/usr/bin/env node
import { endWithReader } from "./output/closed-pipe.ts";
import { runProgram } from "./program.ts";
import { runMain } from "./run-main.ts";

endWithReader(process.stdout, process.stderr);
await runMain(runProgram);
