import type { Unary } from "./call.ts";
import type { Empty, Platform } from "./common.ts";

export interface Introspection {
  plugins: Unary<PluginsRequest, PluginsResponse>;
  server: Unary<Empty, ServerResponse>;
}

export interface InitError {
  code: number;
  message: string;
}

export interface Plugin {
  type: string;
  id: string;
  requires: string[];
  platforms: Platform[];
  exports: Record<string, string>;
  capabilities: string[];
  /** Why it does not run. */
  initErr: InitError | null;
}

export interface PluginsRequest {
  filters: string[];
}

export interface PluginsResponse {
  plugins: Plugin[];
}

export interface ServerResponse {
  uuid: string;
  pid: number;
}
