import { createHmac, hkdfSync } from 'node:crypto';
import type { Secrets } from './secret.ts';

/** Lower-case hex: where it goes, upper and lower case may be lost. */
const MARK_LENGTH = 20;

/** Short marks of texts, for places with little room that keep no case, such as the local part of a mail address. */
export interface ShortMarks {
  /** The mark of a text: 80 bits as hex. */
  mark(text: string): string;
  /** Whether a mark, or its beginning, is that of the text. */
  isMarked(text: string, mark: string): boolean;
}

/** Makes marks for one purpose with the newest secret; those of the secrets before hold too. */
export function createShortMarks(secrets: Secrets, purpose: string): ShortMarks {
  const keys = secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret, '', `heavylift ${purpose}`, 32)));
  const markBy = (key: Buffer, text: string) =>
    createHmac('sha256', key).update(text).digest('hex').slice(0, MARK_LENGTH);
  return {
    mark: (text) => markBy(keys[0] as Buffer, text),
    isMarked: (text, mark) => mark.length > 0 && keys.some((key) => markBy(key, text).startsWith(mark)),
  };
}
