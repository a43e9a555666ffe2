import type { VerdictCode } from '../codes.ts';

/** Something that is wrong, before it is known since when. */
export interface Finding {
  code: VerdictCode;
  /** What it is about, where there may be several of the code: a kind, a process, a host. */
  about?: string;
  /** A sentence without a full stop. */
  text: string;
  /** Since when (ms), where that is known. */
  sinceAt?: number;
  /** It is told of only when it has been so for so long (ms). */
  afterMs?: number;
  /** Whether the text itself says how long ago. */
  isDated?: boolean;
}
