import type { Readable } from 'node:stream';
import { now } from '../../../src/clock.ts';
import { AppError } from '../../../src/errors.ts';
import type { JobFields } from '../../../src/jobs/job-fields.ts';
import { type Guards, NO_GUARDS } from '../../../src/redis/guards.ts';
import type { Redis } from '../../../src/redis/script.ts';
import { inboxKey } from '../../../src/storage/keys.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import type { EmailsConfig } from '../settings.ts';
import {
  chooseGoing,
  type InboxMail,
  type MailFilter,
  type MailPlace,
  type MailRecord,
  matches,
  newNonce,
  parseMailId,
  toInboxMail,
} from './inbox-mail.ts';
import { createMailPlaces, type TimeRange } from './mail-places.ts';

/** How many mails are looked at in one step of a search. */
const STEP = 100;

/** A part of a list. */
export interface MailPage {
  mails: InboxMail[];
  /** The id behind which the list goes on; null at its end. */
  next: string | null;
  /** When the newest of all mails that were looked at came (ms): what comes later has not been seen. */
  seen: number;
}

/** Mails that are kept here in the place of being sent. The methods reject as the guards they were made with. */
export interface Inbox {
  /** Keeps a mail of a job: its source, and what is known of it. Rejects with `cancelled` when the job was erased. */
  add(job: string, record: MailRecord, source: Readable, signal?: AbortSignal): Promise<InboxMail>;
  /** Lists mails, the newest first. */
  list(filter: MailFilter, range: TimeRange): Promise<MailPage>;
  /** Finds a mail; null when there is none of that id. */
  find(id: string): Promise<InboxMail | null>;
  /** Opens the source of a mail. Rejects with not_found when it has gone. */
  open(mail: InboxMail): Promise<Readable>;
  /** The source of a mail in one piece. */
  read(mail: InboxMail): Promise<Buffer>;
  /** Removes a mail; one that is not there is fine. */
  remove(mail: Pick<InboxMail, 'id'>): Promise<void>;
  /** Removes what is too old or too much, and the places of mails whose job was erased; how many. */
  sweep(): Promise<number>;
}

export interface InboxDeps {
  config: Pick<EmailsConfig, 'RESULT_TTL' | 'EMAILS_INBOX_MAX_MAILS' | 'EMAILS_INBOX_MAX_BYTES'>;
  redis: Redis;
  /** The records lie in the jobs: whatever erases a job erases them. */
  jobFields: JobFields;
  storage: Storage;
  guards?: Guards;
}

const fieldOf = ({ nonce }: Pick<MailPlace, 'nonce'>): string => `inbox:${nonce}`;
const sourceOf = ({ id, job }: InboxMail): string => inboxKey(job, parseMailId(id)?.nonce ?? '');

/** Opens the inbox over any connection to Redis. */
export function createInbox(deps: InboxDeps): Inbox {
  const { config, jobFields, storage, guards = NO_GUARDS } = deps;
  const places = createMailPlaces(deps.redis);
  const limits = {
    mails: config.EMAILS_INBOX_MAX_MAILS,
    bytes: config.EMAILS_INBOX_MAX_BYTES,
    ageMs: config.RESULT_TTL,
  };

  const readMail = async (place: MailPlace): Promise<InboxMail | null> => {
    const [text] = await jobFields.read(place.job, [fieldOf(place)]);
    return text ? toInboxMail(place, JSON.parse(text) as MailRecord) : null;
  };
  // The source last: what a crash in between leaves is no mail any more, and goes with its job.
  const removePlace = async (place: MailPlace): Promise<void> => {
    await places.remove(place);
    await jobFields.change(place.job, { set: { [fieldOf(place)]: null } });
    await storage.remove(inboxKey(place.job, place.nonce));
  };

  return {
    async add(job, record, source, signal) {
      const nonce = newNonce();
      const { bytes } = await storage.put(inboxKey(job, nonce), source, signal ? { signal } : {});
      const outcome = await jobFields.change(job, { set: { [fieldOf({ nonce })]: JSON.stringify(record) } });
      if (outcome !== 'done') {
        await storage.remove(inboxKey(job));
        throw new AppError('cancelled', 'The job was erased.');
      }
      return toInboxMail(await places.add({ job, nonce, bytes }), record);
    },
    list: guards.read(async (filter, { after, before, limit }) => {
      const mails: InboxMail[] = [];
      let seen = after ?? 0;
      for (let end = before; ; ) {
        const found = await places.newest({ after, before: end, limit: STEP });
        seen = Math.max(seen, found[0]?.at ?? 0);
        const asked = found.filter(({ job }) => filter.job === undefined || job === filter.job);
        for (const mail of await Promise.all(asked.map(readMail))) {
          if (!mail || !matches(filter, mail)) continue;
          const last = mails.at(-1);
          if (mails.length === limit && last) return { mails, next: last.id, seen };
          mails.push(mail);
        }
        if (found.length < STEP) return { mails, next: null, seen };
        end = found.at(-1)?.at;
      }
    }),
    find: guards.read(async (id) => {
      const place = await places.find(id);
      return place && (await readMail(place));
    }),
    open: (mail) => storage.open(sourceOf(mail)),
    read: (mail) => storage.read(sourceOf(mail)),
    remove: guards.write(async (_isRepeated, { id }) => {
      const place = await places.find(id);
      if (place) await removePlace(place);
    }),
    async sweep() {
      const all = await places.all();
      const isErased = await Promise.all(all.map(async (place) => (await readMail(place)) === null));
      const kept = all.filter((_place, index) => !isErased[index]);
      const going = [...all.filter((_place, index) => isErased[index]), ...chooseGoing(kept, limits, now())];
      for (const place of going) await removePlace(place);
      return going.length;
    },
  };
}
