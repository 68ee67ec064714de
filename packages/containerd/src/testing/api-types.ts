import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Interfaces of the TypeScript files of a directory: file -> interface -> member names, sorted. */
export function interfacesIn(directory: string): Map<string, Map<string, string[]>> {
  const files = readdirSync(directory).filter((name) => name.endsWith(".ts") && !name.includes(".test."));
  return new Map(
    files.map((file) => {
      const source = readFileSync(join(directory, file), "utf8");
      const found = [...source.matchAll(/export interface (\w+) \{\n(.*?)^\}/gms)].map(
        ([, name, body]): [string, string[]] => [
          name as string,
          [...(body as string).matchAll(/^ {2}(\w+)\??:/gm)].map((member) => member[1] as string).sort(),
        ],
      );
      return [file.replace(/\.ts$/, ""), new Map(found)];
    }),
  );
}

export interface Field {
  name: string;
}

/** As protobuf's JavaScript libraries name a field. */
export function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
