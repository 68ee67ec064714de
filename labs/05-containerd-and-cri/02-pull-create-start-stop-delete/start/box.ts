/**
 * node box.ts pull ARCHIVE NAME         the image in ARCHIVE becomes NAME in containerd, ready to run; prints the digest of its manifest
 * node box.ts run ID NAME ARGS…         a container of it; prints its pid
 * node box.ts stop ID SECONDS           SIGTERM, and SIGKILL when it has not ended after SECONDS; prints its exit code
 * node box.ts rm ID                     what is left of the container
 * node box.ts rmi NAME                  the image; returns when the collector has been there
 */
import { randomBytes } from "node:crypto";
import { openArchive } from "./archive.ts";
import { connect } from "./containerd.ts";

const client = await connect();
const { content, images } = client.services;

async function pull(file: string, name: string): Promise<void> {
  const archive = openArchive(file);
  for (const blob of [...archive.layers, archive.config, archive.manifest]) {
    const data = await archive.read(blob);
    const ref = randomBytes(8).toString("hex");
    const call = content.write();
    const answers = call[Symbol.asyncIterator]();
    await call.send({ action: "WRITE", ref, offset: 0, data, total: blob.size, expected: blob.digest });
    await answers.next();
    await call.send({ action: "COMMIT", ref, offset: blob.size, total: blob.size, expected: blob.digest });
    await answers.next();
    call.end();
    await answers.next();
  }
  await images.create({ image: { name, labels: {}, target: archive.manifest } });
  console.log(archive.manifest.digest);
}

const [command, ...args] = process.argv.slice(2);
if (command === "pull") await pull(args[0] ?? "", args[1] ?? "");
client.close();
