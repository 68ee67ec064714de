/**
 * Run by tests as a process of its own: imports an image, says so before it begins. Arguments: store, archive, name.
 */
import { openImageStore } from "../store/open-image-store.ts";

const [directory = "", archive = "", name = ""] = process.argv.slice(2);
const store = await openImageStore({ directory });
process.stdout.write("importing\n");
await store.import(archive, name);
