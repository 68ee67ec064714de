/**
 * docs/runtime-fields.md says of every field of the runtime-spec whether it is honoured or refused, and why. The runtime
 * itself is asked; `UPDATE_PLANS=1 node spec-fields.test.ts` writes its answers down.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DrydockError } from "@drydock/kit";
import t from "tap";
import { type SpecField, specBase, specFields, specMountOptions } from "../fixtures/spec-fields.ts";
import { planMount } from "./mount-options.ts";
import { unsupportedFields } from "./unsupported-fields.ts";
import { validateConfig } from "./validate-config.ts";

const document = join(import.meta.dirname, "../../../../docs/runtime-fields.md");

/** The reason why a configuration with this field is refused; undefined when it is not. */
function refusal(field: SpecField): string | undefined {
  try {
    validateConfig(configWith(field));
    return undefined;
  } catch (error) {
    if (!(error instanceof DrydockError) || error.code !== "RUNTIME_INVALID_CONFIG") throw error;
    const text = error.message.replace(/^[^ ]+: /, "");
    return error.hint === undefined ? text : `${text === "is not supported" ? "" : `${text}: `}${error.hint}`;
  }
}

function configWith({ path, value, beside = {} }: SpecField): unknown {
  const config = structuredClone(specBase) as unknown as Record<string, unknown>;
  for (const [at, one] of [...Object.entries(beside), [path, value] as const]) put(config, at, one);
  return config;
}

/** A path of a seccomp profile or of a map with any key gives the object as a whole, which needs its other fields. */
function put(config: Record<string, unknown>, path: string, value: unknown): void {
  const whole = path.startsWith("linux.seccomp.") ? "linux.seccomp" : path.replace(/\.\*$/, "");
  const names = whole.replaceAll("[]", ".0").split(".");
  let parent = config;
  for (const name of names.slice(0, -1)) {
    parent[name] ??= {};
    parent = parent[name] as Record<string, unknown>;
  }
  const isAnnotation = path === "annotations.*";
  parent[names.at(-1) ?? ""] = isAnnotation ? { "org.example": value } : value;
}

function optionRefusal(option: string): string | undefined {
  const mount = { destination: "/data", type: "tmpfs", source: "tmpfs", options: [option] };
  try {
    planMount(mount, "mounts[0]");
    return undefined;
  } catch (error) {
    return (error as DrydockError).hint;
  }
}

function table(): string {
  const rows = specFields.map((field) => {
    const reason = refusal(field);
    const says = reason === undefined ? `honoured | ${field.remark ?? ""}` : `refused | ${reason}`;
    return `| \`${field.path}\` | ${says} |`;
  });
  const [taken, refused] = [
    specMountOptions.filter((option) => optionRefusal(option) === undefined),
    specMountOptions.filter((option) => optionRefusal(option) !== undefined),
  ];
  return [
    "| field | here | remark, or what to do instead |",
    "|---|---|---|",
    ...rows,
    "",
    "## Options of mounts",
    "",
    `Honoured: ${taken.map((option) => `\`${option}\``).join(", ")}.`,
    "",
    ...refused.map((option) => `Refused: \`${option}\`: ${optionRefusal(option)}.`),
  ].join("\n");
}

t.test("the table of fields", async (t) => {
  const text = readFileSync(document, "utf8");
  const marker = "<!-- fields: written by packages/runtime/src/config/spec-fields.test.ts -->\n\n";
  const [head = ""] = text.split(marker);
  if (process.env.UPDATE_PLANS) writeFileSync(document, `${head}${marker}${table()}\n`);
  t.equal(readFileSync(document, "utf8"), `${head}${marker}${table()}\n`);
});

t.test("knows every field that is refused", async (t) => {
  const paths = specFields.map(({ path }) => path);
  for (const path of Object.keys(unsupportedFields)) {
    const known = paths.some((one) => one === path || one.startsWith(`${path}.`));
    t.ok(known, path);
  }
  t.equal(new Set(paths).size, paths.length, "each once");
});

t.test("a field that the spec does not have is refused", async (t) => {
  for (const path of [
    "processes",
    "process.shell",
    "root.path2",
    "linux.namespace",
    "linux.seccomp",
    "mounts[].kind",
  ]) {
    t.match(refusal({ path, value: { x: 1 } }), /\w/, path);
  }
});
