import { idPrefixOf } from '../../../src/jobs/id.ts';
import type { Links, Subscription } from '../../../src/signing/links.ts';
import type { Secrets } from '../../../src/signing/secret.ts';
import { createShortMarks } from '../../../src/signing/short-marks.ts';

const ID_PREFIX = 'eml';
/** `unsubscribe+<26 of the job's id>-<20 of the signature>`: 59 of the 64 characters there are. */
const SHAPE = /^unsubscribe\+([0-9a-hjkmnp-tv-z]{26}-([0-9a-f]{20}))$/;
/** A subject has one token; words of a hostile one are not all tried. */
const MOST_WORDS = 20;

/** Addresses that a person leaves a stream by writing to: the mail's own, with the subject that its header says. */
export interface UnsubscribeMailbox {
  /** The address of a mail, as the header has it. It holds for ever, as a link does. */
  mailto(job: string, subscription: Subscription, domain: string): string;
  /** Whether the local part of an address was written here. */
  isOurs(localPart: string): boolean;
  /** Finds what a person leaves who wrote there, by the subject; null where that does not say it. */
  read(subject: string): Subscription | null;
}

/** Makes and reads them: the address is signed, and what is left is sealed in the subject, where there is room. */
export function createUnsubscribeMailbox(secrets: Secrets, links: Links): UnsubscribeMailbox {
  const signatures = createShortMarks(secrets, 'unsubscribe address');
  return {
    mailto(job, { address, messageStream, caller }, domain) {
      const named = job.slice(ID_PREFIX.length + 1);
      const token = links.unsubscribeToken({ address, messageStream, caller });
      return `mailto:unsubscribe+${named}-${signatures.mark(named)}@${domain}?subject=unsubscribe%20${token}`;
    },
    isOurs(localPart) {
      const [, named = '', signature = ''] = SHAPE.exec(localPart.toLowerCase()) ?? [];
      const id = named.slice(0, -signature.length - 1);
      return idPrefixOf(`${ID_PREFIX}_${id}`) !== null && signatures.isMarked(id, signature);
    },
    read(subject) {
      // Mail programs put "Re:" before a subject, and some a sign of theirs; long ones are folded between words.
      const words = subject.split(/\s+/, MOST_WORDS).filter((word) => word.length > 20);
      for (const word of words) {
        const subscription = links.readUnsubscribe(word);
        if (subscription) return subscription;
      }
      return null;
    },
  };
}
