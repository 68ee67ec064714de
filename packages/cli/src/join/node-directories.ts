import { join } from "node:path";
import { dataPaths } from "../supervisor/paths.ts";

/** What a machine that is one node keeps below its data directory. */
export interface NodeDirectories {
  certificates: string;
  state: string;
  images: string;
}

export function nodeDirectories(dataDir: string): NodeDirectories {
  const root = join(dataDir, "node");
  return { certificates: join(root, "certificates"), state: join(root, "state"), images: dataPaths(dataDir).images };
}
