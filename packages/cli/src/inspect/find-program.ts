import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { errnoOf } from "@drydock/kit";
import { failure } from "../errors.ts";

/** The file that a shell would run for this name. Looked for before anything is made for it. Throws INSPECT_COMMAND. */
export function findProgram(name: string): string {
  const candidates = name.includes("/")
    ? [name]
    : (process.env.PATH ?? "").split(delimiter).map((directory) => join(directory || ".", name));
  let refused: string | undefined;
  for (const candidate of candidates) {
    try {
      if (!statSync(candidate).isFile()) continue;
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch (error) {
      if (errnoOf(error) === "EACCES") refused = candidate;
    }
  }
  if (refused)
    throw failure("INSPECT_COMMAND", `${refused} is no program: it may not be executed`, {
      hint: `chmod +x ${refused}`,
    });
  throw failure("INSPECT_COMMAND", `${name}: no such program${name.includes("/") ? "" : " in PATH"}`, {
    hint: "what a shell does itself (cd, loops, pipes) needs one: -- sh -c '…'",
  });
}
