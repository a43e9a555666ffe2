import type { Deployment } from '../deployment.ts';
import type { Random } from '../random.ts';

/** Something that breaks, and is mended again. */
export interface Fault {
  /** As it is named on the command line. */
  name: string;
  /** Whether this machine lets us do it; always, unless given. */
  isPossible?(deployment: Deployment): boolean;
  /** Breaks it, and mends what does not mend itself; what has to come back by itself may take its time after that. */
  strike(deployment: Deployment, random: Random): Promise<void>;
}
