import type { KubeObject } from "@drydock/machinery";

/** A place in a file, both from 1. */
export interface Position {
  line: number;
  column: number;
}

/** One object as the user wrote it. */
export interface Manifest {
  object: KubeObject;
  /** File name, or "standard input". */
  source: string;
  /** Where the document begins. */
  line: number;
  /** Where the user wrote a field such as `spec.template.spec.containers[0].image`; undefined when it is not there. */
  locate(field: string): Position | undefined;
}
