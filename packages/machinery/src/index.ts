export type * from "./client/client.ts";
export * from "./kind.ts";
export * from "./object.ts";
