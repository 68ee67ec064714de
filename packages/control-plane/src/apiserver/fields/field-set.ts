/** What Kubernetes calls FieldsV1: a trie of path elements (`f:name`, `k:{"name":"web"}`, `v:"value"`), `.` for a member with others below it. */
export type FieldsV1 = Readonly<Record<string, unknown>>;

/** A set of the fields of an object: a trie of path elements, in which some nodes are members. */
export class FieldSet {
  isMember = false;
  readonly children = new Map<string, FieldSet>();

  /** The node below this one, made when it is not there. */
  at(element: string): FieldSet {
    const known = this.children.get(element);
    if (known) return known;
    const made = new FieldSet();
    this.children.set(element, made);
    return made;
  }

  get isEmpty(): boolean {
    return !this.isMember && [...this.children.values()].every((child) => child.isEmpty);
  }

  union(other: FieldSet): FieldSet {
    const result = new FieldSet();
    result.isMember = this.isMember || other.isMember;
    for (const element of new Set([...this.children.keys(), ...other.children.keys()])) {
      const mine = this.children.get(element);
      const theirs = other.children.get(element);
      result.children.set(element, mine && theirs ? mine.union(theirs) : ((mine ?? theirs) as FieldSet));
    }
    return result;
  }

  /** The members of this set that are not members of the other. */
  difference(other: FieldSet): FieldSet {
    const result = new FieldSet();
    result.isMember = this.isMember && !other.isMember;
    for (const [element, mine] of this.children) {
      const theirs = other.children.get(element);
      const left = theirs ? mine.difference(theirs) : mine;
      if (!left.isEmpty) result.children.set(element, left);
    }
    return result;
  }

  intersection(other: FieldSet): FieldSet {
    const result = new FieldSet();
    result.isMember = this.isMember && other.isMember;
    for (const [element, mine] of this.children) {
      const theirs = other.children.get(element);
      const both = theirs && mine.intersection(theirs);
      if (both && !both.isEmpty) result.children.set(element, both);
    }
    return result;
  }

  /** Without the nodes at these paths and all that is below them. */
  without(paths: readonly (readonly string[])[]): FieldSet {
    const result = new FieldSet();
    result.isMember = this.isMember;
    for (const [element, child] of this.children) {
      const below = paths.filter(([first]) => first === element).map(([, ...rest]) => rest);
      if (below.some((rest) => rest.length === 0)) continue;
      const left = below.length === 0 ? child : child.without(below);
      if (!left.isEmpty) result.children.set(element, left);
    }
    return result;
  }

  /** The paths of all members, in order. */
  *paths(prefix: readonly string[] = []): Generator<readonly string[]> {
    if (this.isMember) yield prefix;
    for (const element of [...this.children.keys()].sort()) {
      yield* (this.children.get(element) as FieldSet).paths([...prefix, element]);
    }
  }

  equals(other: FieldSet): boolean {
    return this.difference(other).isEmpty && other.difference(this).isEmpty;
  }

  /** As managedFields have it; equal sets give equal texts. */
  toJson(): FieldsV1 {
    const result: Record<string, unknown> = {};
    if (this.isMember && this.children.size > 0) result["."] = {};
    for (const element of [...this.children.keys()].sort()) {
      const child = this.children.get(element) as FieldSet;
      if (!child.isEmpty) result[element] = child.toJson();
    }
    return result;
  }

  /** Reads FieldsV1; what is of another shape counts as no field. */
  static fromJson(json: unknown): FieldSet {
    const set = new FieldSet();
    if (typeof json !== "object" || json === null) return set;
    for (const [element, inner] of Object.entries(json)) {
      if (element === ".") {
        set.isMember = true;
        continue;
      }
      const child = FieldSet.fromJson(inner);
      if (child.children.size === 0) child.isMember = true;
      set.children.set(element, child);
    }
    return set;
  }
}
