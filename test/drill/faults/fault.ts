import type { VerdictCode } from '../../../src/verdict/codes.ts';
import type { Deployment } from '../deployment.ts';
import type { LoadKind } from '../kinds.ts';
import type { Random } from '../random.ts';

/** What the verdict calls a fault while it is there. */
export interface Said {
  code: VerdictCode;
  text: RegExp;
  /** It is told of for as long as its history lasts, also when it is mended. */
  stays?: boolean;
  /** What it is called too where it comes on top of others, or comes again and again. */
  orElse?: readonly VerdictCode[];
}

/** Mends what does not mend itself; what has to come back by itself may take its time after that. */
export type Mend = () => unknown;

/** Something that breaks, and is mended again. */
export interface Fault {
  /** As it is named on the command line. */
  name: string;
  /** Nothing where nobody could see it: it is over too soon, or there is nobody to tell. */
  says?: Said;
  /** Whose jobs do not get done meanwhile; all, unless given. */
  kinds?: readonly LoadKind[];
  /** Whether this machine lets us do it; always, unless given. */
  isPossible?(deployment: Deployment): boolean;
  /** How long it stays at least; until it is said, where it is said. */
  holdMs?: number;
  /** Redis has so little memory that the oldest ended jobs go, and more tombstones than it keeps then. */
  makesRoom?: boolean;
  /** Breaks it. */
  make(deployment: Deployment, random: Random): Promise<Mend>;
}
