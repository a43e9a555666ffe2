const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Waits between attempts: a greylisting server takes the mail after minutes, a full mailbox is emptied after hours. */
export const SCHEDULE_MS: readonly number[] = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR];
/** How long a mail without `expiresAt` is tried. */
export const LIFETIME_MS = 48 * HOUR;
/** More hourly attempts than fit into four days: an end for mails that expire later than that. */
export const MAX_ATTEMPTS = 100;

/** Milliseconds until the attempt after number `attempt`: by the schedule, then hourly; a fifth more or less. */
export function retryDelayMs(attempt: number, random: () => number = Math.random): number {
  const fullMs = SCHEDULE_MS[attempt - 1] ?? HOUR;
  return Math.round(fullMs * (0.8 + 0.4 * random()));
}
