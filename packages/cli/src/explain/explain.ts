import { nearestName } from "@drydock/kit";
import { apiVersionOf, builtinKinds, type Kind } from "@drydock/machinery";
import { failure } from "../errors.ts";
import { fieldsOf, isRequired, type Schema, typeText } from "./schema.ts";

/** What `explain workload.spec.replicas` prints: from the same schema that the server validates by. */
export function explainText(path: string, recursive: boolean): string {
  const [name = "", ...fields] = path.split(".");
  const kind = kindNamed(name);
  let schema: Schema = kind.schema as Schema;
  for (const [i, field] of fields.entries()) schema = fieldOf(schema, field, [name, ...fields.slice(0, i)].join("."));

  const below = Object.entries(fieldsOf(schema));
  const last = fields.at(-1);
  const lines = [
    ...(kind.group === "" ? [] : [`GROUP:      ${kind.group}`]),
    `KIND:       ${kind.kind}`,
    `VERSION:    ${apiVersionOf(kind)}`,
    "",
    ...(last === undefined ? [] : [`FIELD: ${last} ${typeText(schema)}`, ""]),
    ...(schema.enum ? [`ENUM: ${schema.enum.join(", ")}`] : []),
    ...(schema.default === undefined ? [] : [`DEFAULT: ${JSON.stringify(schema.default)}`]),
    "DESCRIPTION:",
    ...wrapped(schema.description ?? schema.items?.description ?? "(none)", "    "),
  ];
  if (below.length > 0) lines.push("", "FIELDS:", ...fieldLines(schema, recursive, "  "));
  return lines.join("\n");
}

function kindNamed(name: string): Kind {
  const wanted = name.toLowerCase();
  const namesOf = (kind: Kind): string[] => [kind.plural, kind.singular, ...kind.shortNames];
  const found = builtinKinds.find((kind) => namesOf(kind).includes(wanted));
  if (found) return found;
  const near = nearestName(wanted, builtinKinds.flatMap(namesOf));
  throw failure("CLI_UNKNOWN_KIND", `there is no kind "${name}"`, {
    hint: near
      ? `did you mean ${near}?`
      : `kinds are ${builtinKinds
          .map(({ plural }) => plural)
          .sort()
          .join(", ")}`,
  });
}

function fieldOf(schema: Schema, field: string, parent: string): Schema {
  const fields = fieldsOf(schema);
  const found = fields[field];
  if (found) return found;
  const near = nearestName(field, Object.keys(fields));
  const all = Object.keys(fields).join(", ");
  throw failure("CLI_USAGE", `${parent} has no field "${field}"`, {
    hint: near ? `did you mean ${parent}.${near}?` : all ? `its fields are ${all}` : `${parent} has no fields below`,
  });
}

function fieldLines(schema: Schema, recursive: boolean, indent: string): string[] {
  return Object.entries(fieldsOf(schema)).flatMap(([name, field]) => {
    const head = `${indent}${name}\t${typeText(field)}${isRequired(schema, name) ? " -required-" : ""}`;
    if (recursive) return [head, ...fieldLines(field, true, `${indent}  `)];
    return [head, ...wrapped(field.description ?? "", `${indent}  `), ""];
  });
}

function wrapped(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(/\s+/)) {
    if (line.length + word.length >= 80 && line !== indent) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}
