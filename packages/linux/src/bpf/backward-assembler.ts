import { type ClassicInstruction, type ClassicJump, classicCodes } from "./classic.ts";

/** An instruction by its distance from the end of the program: the last one is 1. It stays true while more is put in front. */
export type Label = number;

/** A conditional jump reaches 255 instructions far; two bridges may have to be put in between. */
const reach = 250;

/**
 * Puts a classic BPF program together from its end to its beginning. Since jumps only go forward, every target is known
 * when the jump is written, and no second pass is needed.
 */
export class BackwardAssembler {
  readonly #reversed: ClassicInstruction[] = [];
  readonly #returns = new Map<number, Label>();

  /** The program so far, first instruction first. */
  program(): ClassicInstruction[] {
    return this.#reversed.toReversed();
  }

  /** Returns the value; the same value as before shares its instruction. */
  returns(value: number): Label {
    const known = this.#returns.get(value);
    if (known !== undefined && this.#reversed.length - known < reach) return known;
    const label = this.#put({ code: classicCodes.returnValue, jt: 0, jf: 0, k: value });
    this.#returns.set(value, label);
    return label;
  }

  /** Compares A with k. */
  jump(kind: ClassicJump, k: number, whenTrue: Label, whenFalse: Label): Label {
    if (whenTrue === whenFalse) return whenTrue;
    const yes = this.#bridge(whenTrue);
    const no = this.#bridge(whenFalse);
    const next = this.#reversed.length;
    return this.#put({ code: classicCodes[kind], jt: next - yes, jf: next - no, k });
  }

  /** Loads the word at `offset` into A, and goes on at `next`. */
  load(offset: number, next: Label): Label {
    this.#follow(next);
    return this.#put({ code: classicCodes.load, jt: 0, jf: 0, k: offset });
  }

  and(mask: number, next: Label): Label {
    this.#follow(next);
    return this.#put({ code: classicCodes.and, jt: 0, jf: 0, k: mask });
  }

  /** A label near enough for a conditional jump: a far return is repeated, to anything else leads a jump that reaches farther. */
  #bridge(target: Label): Label {
    if (this.#reversed.length - target <= reach) return target;
    const far = this.#reversed[target - 1];
    return far?.code === classicCodes.returnValue ? this.returns(far.k) : this.#follow(target);
  }

  /** Makes sure that the next instruction put in front is followed by `target`. */
  #follow(target: Label): Label {
    const distance = this.#reversed.length - target;
    return distance === 0 ? target : this.#put({ code: classicCodes.jumpAlways, jt: 0, jf: 0, k: distance });
  }

  #put(instruction: ClassicInstruction): Label {
    return this.#reversed.push(instruction);
  }
}
