import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { imageError } from "../errors.ts";
import { hostileEntry } from "../hostile-entry.ts";
import type { Kernel } from "../kernel.ts";
import type { TarEntry } from "../tar/read.ts";
import { checkSymlinkTarget, entryPath } from "./entry-path.ts";
import type { LayerLimits } from "./limits.ts";
import { whiteoutOf } from "./whiteout.ts";

type Node = "directory" | "file" | "symlink" | "fifo" | "whiteout";

const S_IFCHR = 0o020000;
const S_IFIFO = 0o010000;

/**
 * Applies the entries of one layer to an empty directory, in the form that overlayfs takes as a lower directory: a
 * whiteout becomes a character device 0:0, an opaque directory gets `trusted.overlay.opaque`.
 *
 * Why nothing outside can be touched: the directory is new, below the store's own 0700 directory, and nobody else
 * writes to it while we do. So what we made is all there is, and `#nodes` knows each of it. A path is walked component
 * by component through `#nodes`, and every parent must be a directory that we made ourselves; no name is ever handed to
 * the kernel whose parents could be a symbolic link. A link to the outside can thus exist, but nothing is ever written
 * or linked through it. O_EXCL, O_NOFOLLOW and the l-variants of chown and utimes keep the last component from being
 * followed as well.
 *
 * Calls are synchronous: they are short, at most one chunk's worth of entries runs before the event loop gets its turn,
 * and the thread pool would cost several times more than the calls themselves.
 */
export class LayerWriter {
  readonly #root: string;
  readonly #kernel: Kernel;
  readonly #limits: LayerLimits;
  /** Everything in the directory: path (byte string, "" = root) -> what it is. */
  readonly #nodes = new Map<string, Node>([["", "directory"]]);
  readonly #directoryTimes = new Map<string, number>();
  readonly #implicit = new Set<string>();
  readonly #skippedXattrs = new Set<string>();

  #opaqueRoot = false;

  constructor(root: string, kernel: Kernel, limits: LayerLimits) {
    this.#root = Buffer.from(root).toString("latin1");
    this.#kernel = kernel;
    this.#limits = limits;
  }

  /** Directories that no entry describes, made because something lies in them. */
  get implicitDirectories(): string[] {
    return [...this.#implicit];
  }

  /**
   * The layer hides all layers below it. overlayfs ignores the attribute on the root of a layer, so the caller must
   * leave those out.
   */
  get opaqueRoot(): boolean {
    return this.#opaqueRoot;
  }

  /**
   * Names of extended attributes that were left out: the filesystem does not take them, or they belong to the host's
   * security policy.
   */
  get skippedXattrs(): string[] {
    return [...this.#skippedXattrs];
  }

  async apply(entry: TarEntry): Promise<void> {
    const path = entryPath(entry.name, this.#limits);
    const whiteout = whiteoutOf(entry.name, path);
    switch (whiteout.kind) {
      case "none":
        return this.#create(entry, path);
      case "remove":
      case "opaque":
        if (entry.kind !== "file" && entry.kind !== "hardlink")
          throw hostileEntry(entry.name, `whiteout is a ${entry.kind}`);
        if (entry.size !== 0) throw hostileEntry(entry.name, "whiteout has content");
        if (whiteout.kind === "opaque") this.#makeOpaque(this.#directory(entry, whiteout.path));
        else this.#remove(entry, whiteout.path);
        return;
      case "skip":
        return;
    }
  }

  /** Sets what later entries would have changed again: the times of directories. */
  finish(): void {
    for (const [key, mtime] of this.#directoryTimes) lutimesSync(this.#bytes(key), mtime, mtime);
  }

  async #create(entry: TarEntry, path: string[]): Promise<void> {
    const key = path.join("/");
    if (path.length > 0) this.#directory(entry, path.slice(0, -1));
    if (entry.kind === "directory") return this.#createDirectory(entry, key);
    if (path.length === 0) throw hostileEntry(entry.name, `the root of the layer is a ${entry.kind}`);
    const existing = this.#nodes.get(key);
    if (existing !== undefined && existing !== "whiteout") {
      throw hostileEntry(entry.name, `a second entry for the same path, where a ${existing} already is`);
    }
    // Whatever is in this layer hides what is below by itself.
    if (existing === "whiteout") unlinkSync(this.#bytes(key));
    switch (entry.kind) {
      case "file":
        this.#nodes.set(key, "file");
        return this.#createFile(entry, key);
      case "symlink":
        checkSymlinkTarget(entry.name, path, entry.linkname);
        symlinkSync(Buffer.from(entry.linkname, "latin1"), this.#bytes(key));
        this.#nodes.set(key, "symlink");
        return this.#setMetadata(entry, key);
      case "hardlink":
        linkSync(this.#bytes(this.#linkTarget(entry)), this.#bytes(key));
        this.#nodes.set(key, "file");
        return;
      case "fifo":
        this.#kernel.mknod(this.#bytes(key), S_IFIFO | 0o600, 0);
        this.#nodes.set(key, "fifo");
        return this.#setMetadata(entry, key);
      case "char-device":
      case "block-device":
        throw hostileEntry(entry.name, `is a ${entry.kind}; devices come from the runtime, never from an image`);
    }
  }

  #createDirectory(entry: TarEntry, key: string): void {
    const existing = this.#nodes.get(key);
    if (existing !== undefined && existing !== "directory" && existing !== "whiteout") {
      throw hostileEntry(entry.name, `a directory for the path where a ${existing} already is`);
    }
    if (existing !== "directory") this.#makeDirectory(key);
    this.#implicit.delete(key);
    this.#setMetadata(entry, key);
    this.#directoryTimes.set(key, validTime(entry.mtime));
  }

  async #createFile(entry: TarEntry, key: string): Promise<void> {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const fd = openSync(this.#bytes(key), flags, 0o600);
    try {
      for await (const chunk of entry.content()) writeFully(fd, chunk);
      fchownSync(fd, entry.uid, entry.gid);
      // After chown(2), which clears setuid, setgid and security.capability.
      fchmodSync(fd, entry.mode);
      this.#setXattrs(entry, key);
      futimesSync(fd, validTime(entry.mtime), validTime(entry.mtime));
    } finally {
      closeSync(fd);
    }
  }

  /** The directory with this path, made together with its parents where no entry has described it yet. */
  #directory(entry: TarEntry, path: readonly string[]): string {
    let key = "";
    for (const component of path) {
      key = key === "" ? component : `${key}/${component}`;
      const node = this.#nodes.get(key);
      if (node === "directory") continue;
      if (node !== undefined && node !== "whiteout") {
        throw hostileEntry(entry.name, `its parent ${JSON.stringify(printable(key))} is a ${node}`);
      }
      this.#makeDirectory(key);
      this.#implicit.add(key);
    }
    return key;
  }

  #makeDirectory(key: string): void {
    const replacesWhiteout = this.#nodes.get(key) === "whiteout";
    if (replacesWhiteout) unlinkSync(this.#bytes(key));
    mkdirSync(this.#bytes(key));
    chmodSync(this.#bytes(key), 0o755);
    this.#nodes.set(key, "directory");
    // "Gone" and "a new directory" together: nothing of the directory below may show through.
    if (replacesWhiteout) this.#makeOpaque(key);
  }

  #makeOpaque(key: string): void {
    if (key === "") this.#opaqueRoot = true;
    if (this.#kernel.setXattr(this.#bytes(key), "trusted.overlay.opaque", Buffer.from("y"))) return;
    throw imageError("IMAGE_STORE_UNUSABLE", `${this.#bytes(key)}: extended attributes in trusted.* cannot be set`, {
      hint: "run as root, and keep the image store on ext4, xfs, btrfs or tmpfs",
    });
  }

  #remove(entry: TarEntry, path: string[]): void {
    this.#directory(entry, path.slice(0, -1));
    const key = path.join("/");
    const node = this.#nodes.get(key);
    // Whiteouts apply to the layers below only, wherever they stand in the archive: what this layer has stays.
    if (node === "directory") this.#makeOpaque(key);
    if (node !== undefined) return;
    this.#kernel.mknod(this.#bytes(key), S_IFCHR, 0);
    this.#nodes.set(key, "whiteout");
  }

  #linkTarget(entry: TarEntry): string {
    if (entry.linkname.startsWith("/")) throw hostileEntry(entry.name, "hard link to an absolute path");
    const path = entryPath(entry.linkname, this.#limits);
    for (let depth = 1; depth < path.length; depth++) {
      if (this.#nodes.get(path.slice(0, depth).join("/")) !== "directory") {
        throw hostileEntry(entry.name, "hard link through something that is not a directory of this layer");
      }
    }
    const key = path.join("/");
    const node = this.#nodes.get(key);
    if (node === "file") return key;
    throw hostileEntry(
      entry.name,
      node === undefined ? "hard link to what is not in this layer" : `hard link to a ${node}`,
    );
  }

  #setMetadata(entry: TarEntry, key: string): void {
    lchownSync(this.#bytes(key), entry.uid, entry.gid);
    // After chown(2), which clears setuid and setgid. Symbolic links have no mode of their own.
    if (entry.kind !== "symlink") chmodSync(this.#bytes(key), entry.mode);
    this.#setXattrs(entry, key);
    lutimesSync(this.#bytes(key), validTime(entry.mtime), validTime(entry.mtime));
  }

  #setXattrs(entry: TarEntry, key: string): void {
    for (const [name, value] of entry.xattrs) {
      // These steer overlayfs itself: a redirect, for one, makes a directory show another one.
      if (/^(trusted|user)\.overlay\./.test(name)) throw hostileEntry(entry.name, `has the extended attribute ${name}`);
      if (!/^(user\..|security\.capability$|system\.posix_acl_)/.test(name) || name.includes("\0")) {
        this.#skippedXattrs.add(name);
        continue;
      }
      const taken = this.#kernel.setXattr(this.#bytes(key), name, Buffer.from(value, "latin1"));
      // Filesystems differ in what they take; an image must not depend on it.
      if (!taken) this.#skippedXattrs.add(name);
    }
  }

  #bytes(key: string): Buffer {
    return Buffer.from(key === "" ? this.#root : `${this.#root}/${key}`, "latin1");
  }
}

function printable(key: string): string {
  return Buffer.from(key, "latin1").toString();
}

function writeFully(fd: number, chunk: Buffer): void {
  for (let offset = 0; offset < chunk.length; ) offset += writeSync(fd, chunk, offset);
}

/** Seconds that utimensat(2) takes on every filesystem: 1970 to 2446, the range of ext4. */
function validTime(mtime: number): number {
  return Math.min(Math.max(mtime, 0), 15_032_385_535);
}
