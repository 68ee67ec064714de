/** One thing that the check looks at, in the order in which a learner does it. */
export interface LabStep {
  id: string;
  /** What the learner is to do, in one line. */
  title: string;
}

/** lab.yaml, with where it was found. */
export interface Lab {
  id: string;
  title: string;
  /** Folder name of the milestone, `02-linux`. */
  milestone: string;
  /** `02.1`: milestone and place in it. */
  number: string;
  /** How long it takes somebody who knows the basics. Labs are not timed. */
  minutes: number;
  /** Names from the table of needs. */
  needs: readonly string[];
  /** The file of start/ that the learner opens first. */
  edit: string;
  steps: readonly LabStep[];
  /** In the order in which they are given; the last leads furthest. */
  hints: readonly string[];
  /** The whole check is ended after this many seconds. */
  limitSeconds: number;
  /** Folder with lab.yaml, README.md, start/, solution/ and check.ts. */
  path: string;
}
