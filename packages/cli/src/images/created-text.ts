import { ageOf } from "../output/age.ts";

/** How old an image is; undefined (`<none>` in a table) for the epoch, which builders that make the same bytes each time write instead of a time. */
export function createdText(createdAt: string | undefined, now: number): string | undefined {
  const time = createdAt === undefined ? Number.NaN : Date.parse(createdAt);
  return Number.isNaN(time) || time <= 0 ? undefined : ageOf(createdAt, now);
}
