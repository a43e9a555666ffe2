import { AppError } from '../../../src/errors.ts';
import type { MailParser } from '../inbox/parse/mail-parser.ts';
import type { MailReport } from './report/mail-report.ts';
import { MAX_READ, mayName } from './report/names.ts';
import type { NoReport } from './take-report.ts';

/** More than a server returns of a mail that it could not deliver. */
export const MAX_RETURNED_BYTES = 10_000_000;
/** Anybody may write to a return path: a report is read in milliseconds, or is none. */
export const READING = { deadlineMs: 2000, maxWaiting: 20 };

/**
 * Reads what a returned mail reports, in a thread; else why it is passed over. `isNamed`: who hands it over says which mail it
 * is about, so that it need not. Rejects with queue_full where too many wait.
 */
export type ReadReturned = (mail: Buffer, options?: { isNamed?: boolean }) => Promise<MailReport | NoReport>;

/** Makes the reader over a parser, whose thread starts with the first mail. */
export function createReturnedReader(parser: MailParser): ReadReturned {
  return async (mail, { isNamed = false } = {}) => {
    // The report stands before the mail that came back.
    const source = Uint8Array.from(mail.subarray(0, MAX_READ));
    if (!isNamed && !mayName(source)) return 'no_mail';
    try {
      return await parser.report(async () => source);
    } catch (error) {
      // Sent again, it would be as unreadable.
      if (error instanceof AppError && error.code === 'payload_too_large') return 'unreadable';
      throw error;
    }
  };
}
