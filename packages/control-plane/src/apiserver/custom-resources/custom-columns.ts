import {
  ageColumn,
  ageOf,
  type Column,
  type CustomResourceVersion,
  nameColumn,
  parseSimplePath,
} from "@drydock/machinery";

type Definition = NonNullable<CustomResourceVersion["additionalPrinterColumns"]>[number];

/** What `kubectl get` shows of a custom resource: the name and the columns that are asked for, or else the age. */
export function customColumns({ additionalPrinterColumns }: CustomResourceVersion): Column[] {
  if (!additionalPrinterColumns?.length) return [nameColumn, ageColumn];
  return [nameColumn, ...additionalPrinterColumns.map(columnOf)];
}

function columnOf({ name, type, format, description = "", priority = 0, jsonPath }: Definition): Column {
  const read = parseSimplePath(jsonPath) ?? (() => []);
  return {
    name,
    type,
    ...(format === undefined ? {} : { format }),
    description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    priority,
    value(object, now) {
      const values = read(object).filter((value) => value !== null && value !== undefined);
      return values.length === 0 ? null : cellOf(type, values, now);
    },
  };
}

/** A value of another type than the column's is not shown (apiextensions-apiserver/pkg/registry/customresource/tableconvertor). */
function cellOf(type: Column["type"], values: readonly unknown[], now: number): string | number | boolean | null {
  const [first] = values;
  switch (type) {
    case "string":
      return values.map(asText).join(" ");
    case "integer":
      return typeof first === "number" ? Math.trunc(first) : null;
    case "number":
      return typeof first === "number" ? first : null;
    case "boolean":
      return typeof first === "boolean" ? first : null;
    case "date":
      if (typeof first !== "string") return null;
      return Number.isNaN(Date.parse(first)) ? "<invalid>" : ageOf(first, now);
  }
}

function asText(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
