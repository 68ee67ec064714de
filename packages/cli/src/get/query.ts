import type { ApiResource } from "../api/resource.ts";
import type { Selection } from "../api/table.ts";
import type { OutputFormat } from "./format.ts";

/** One question to the server. */
export interface Query extends Selection {
  type: ApiResource;
}

/** How answers are shown. */
export interface Shape {
  format: OutputFormat;
  headers: boolean;
  showLabels: boolean;
}
