/** Puts the images of the examples into .build/images/. */
import { join } from "node:path";
import { buildWebImages } from "../packages/cli/src/demo/web-images.ts";

await buildWebImages(join(import.meta.dirname, "../.build/images"));
