import { runCommand } from "@drydock/kit";
import { type BuiltImage, buildImage } from "./build-image.ts";
import type { ImageFile } from "./image-file.ts";

export interface BusyboxImageOptions {
  /** A statically linked busybox of this machine, e.g. Debian's /bin/busybox (package busybox-static). */
  busybox: string;
  /** The OCI layout tar to write. */
  output: string;
  name: string;
  /** Shown on the page, so that one sees which version answers. */
  version: string;
  /** Further pages: path below /www -> content; `index.html` replaces the page that shows the version. */
  pages?: Record<string, string>;
}

/** Port that the image's web server listens on. */
export const busyboxHttpPort = 8080;

const passwd = `root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/false
`;
const group = `root:x:0:
nogroup:x:65534:
`;

/**
 * A small real image: busybox with a link for each of its applets, and its web server as the command. Versions share
 * the first layer and differ in the second, which holds the pages.
 */
export async function buildBusyboxImage(options: BusyboxImageOptions): Promise<BuiltImage> {
  const { busybox, output, name, version, pages = {} } = options;
  const applets = (await runCommand(busybox, ["--list"], { timeoutMs: 10_000 })).split("\n");
  const system: ImageFile[] = [
    ...["bin", "etc", "proc", "sys", "dev", "var", "run"].map((path): ImageFile => ({ path, directory: true })),
    { path: "root", directory: true, mode: 0o700 },
    { path: "tmp", directory: true, mode: 0o1777 },
    { path: "etc/passwd", content: passwd },
    { path: "etc/group", content: group },
    { path: "bin/busybox", source: busybox, mode: 0o755 },
    ...applets
      .filter((applet) => applet !== "" && applet !== "busybox")
      .map((applet): ImageFile => ({ path: `bin/${applet}`, symlink: "busybox" })),
  ];
  const allPages = { "index.html": `Hello from ${name}, version ${version}\n`, version: `${version}\n`, ...pages };
  const site: ImageFile[] = [
    ...directoriesOf(Object.keys(allPages).map((path) => `www/${path}`)),
    ...Object.entries(allPages).map(([path, content]): ImageFile => ({ path: `www/${path}`, content })),
  ];
  return await buildImage({
    layers: [{ files: system }, { files: site }],
    config: {
      Env: ["PATH=/bin"],
      Cmd: ["httpd", "-f", "-v", "-p", String(busyboxHttpPort), "-h", "/www"],
      WorkingDir: "/",
      ExposedPorts: { [`${busyboxHttpPort}/tcp`]: {} },
      Labels: {
        "org.opencontainers.image.title": "drydock demo web server",
        "org.opencontainers.image.version": version,
      },
    },
    name,
    output,
  });
}

/** All directories above the paths. */
function directoriesOf(paths: readonly string[]): ImageFile[] {
  const directories = new Set<string>();
  for (const path of paths) {
    const parts = path.split("/");
    for (let depth = 1; depth < parts.length; depth++) directories.add(parts.slice(0, depth).join("/"));
  }
  return [...directories].map((path) => ({ path, directory: true }));
}
