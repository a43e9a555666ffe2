import type { Direction } from './bidi.ts';
import type { Run } from './inline.ts';

/** Returns how wide `text` is in the style of `run`, in points. */
export interface Measure {
  (text: string, run: Omit<Run, 'text'>): number;
  /** The direction of the document that is measured for; `ltr` where it is absent. */
  direction?: Direction;
}
