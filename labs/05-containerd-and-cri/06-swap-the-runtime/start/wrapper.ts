#!/usr/bin/env node
/**
 * An OCI runtime that is a thin skin over another one: $RUNTIME, or runc. It appends a line of JSON for each call to the file $CALLS:
 * {"command": "create", "args": [… all of them …]}.
 *
 * At create it looks into config.json of the bundle: the annotation lab.drydock.dev/env=NAME=VALUE adds NAME=VALUE to the environment of the program.
 */
import { execFileSync } from "node:child_process";

const args = process.argv.slice(2);
console.log(execFileSync(process.env.RUNTIME ?? "runc", args).toString());
