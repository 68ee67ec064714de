export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: { os: string; architecture: string; variant?: string };
  annotations?: Record<string, string>;
}

/** The part of an image's config that a container starts from (image-spec config.md). */
export interface ImageConfig {
  User?: string;
  Env?: string[];
  Entrypoint?: string[];
  Cmd?: string[];
  WorkingDir?: string;
  ExposedPorts?: Record<string, object>;
  Volumes?: Record<string, object>;
  Labels?: Record<string, string>;
  StopSignal?: string;
}

export interface Image {
  /** Normalised references, e.g. `docker.io/library/busybox:1.36`. */
  names: string[];
  /** Digest of the manifest: the image's identity. */
  digest: string;
  config: ImageConfig;
  architecture: string;
  os: string;
  /** Compressed size of all blobs, bytes. */
  size: number;
  createdAt?: string;
  /** Digests of the uncompressed layers, base first. */
  diffIds: string[];
}

export interface PullProgress {
  digest: string;
  done: number;
  total: number;
  state: "waiting" | "downloading" | "unpacking" | "done";
}

export interface RegistryCredentials {
  username: string;
  password: string;
}

export interface PullOptions {
  credentials?: RegistryCredentials;
  /** Plain HTTP is used for loopback registries and those listed here (host[:port]), TLS otherwise. */
  insecureRegistries?: string[];
  /**
   * PEM certificates that are trusted beside the usual ones; with them, loopback registries are spoken to with TLS,
   * too.
   */
  ca?: string;
  onProgress?: (progress: PullProgress) => void;
  signal?: AbortSignal;
}

/** An image as it was distributed: its documents and compressed layers. */
export interface ImageContent {
  manifest: Descriptor;
  config: Descriptor;
  /** Base first; `image.diffIds` are in the same order. */
  layers: Descriptor[];
  /** The bytes of one of these. */
  read(digest: string): AsyncIterable<Buffer>;
}

/**
 * Images by digest in one directory, shared by any number of processes: every change is a rename, blobs are verified
 * while they are written, unpacked layers are shared between images and containers and never modified.
 * Codes: IMAGE_BAD_REFERENCE, IMAGE_NOT_FOUND (locally), IMAGE_UNKNOWN (registry says so), IMAGE_UNAUTHORIZED,
 * IMAGE_REGISTRY_UNREACHABLE, IMAGE_DIGEST_MISMATCH, IMAGE_MALFORMED, IMAGE_HOSTILE_LAYER (entry name in details),
 * IMAGE_PLATFORM, IMAGE_IN_USE, IMAGE_STORE_UNUSABLE.
 */
export interface ImageStore {
  pull(reference: string, options?: PullOptions): Promise<Image>;
  /** From an OCI layout directory, a tar of one, or a `docker save` tar. */
  import(path: string, name: string, options?: { signal?: AbortSignal }): Promise<Image>;
  /**
   * By name, by `repository@digest`, or by the digest alone. A damaged image counts as absent: pulling it again mends
   * it.
   */
  get(reference: string): Promise<Image | undefined>;
  list(): Promise<Image[]>;
  /** Takes the name away; a digest alone takes all names of the image away. The content goes with `collectGarbage`. */
  remove(reference: string): Promise<void>;
  /** Directories for overlay's lowerdir, top-most first and at least one; unpacked if they are not yet. */
  layers(image: Image): Promise<string[]>;
  /** For whoever keeps images in a form of its own. Nothing is collected until the action has ended. */
  withContent<T>(image: Image, action: (content: ImageContent) => Promise<T>): Promise<T>;
  /**
   * Deletes blobs, layers and leftovers of crashed imports that no image names. `inUse`: layer directories of running
   * containers, of all nodes that share the store. IMAGE_IN_USE when pulls or imports are still running after some
   * seconds.
   */
  collectGarbage(options?: { inUse?: Iterable<string> }): Promise<{ freedBytes: number }>;
}
