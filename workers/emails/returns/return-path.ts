import { idPrefixOf } from '../../../src/jobs/id.ts';
import { openSecrets, type Secrets } from '../../../src/signing/secret.ts';
import { createShortMarks } from '../../../src/signing/short-marks.ts';
import type { EmailsConfig } from '../settings.ts';

/** How much of a recipient's mark stands in an address: a mail has 50 recipients at most. */
const RECIPIENT_LENGTH = 8;
const ID_PREFIX = 'eml';
/** `b-<26 of the job's id>[-<8 of the recipient's mark>]-<20 of the signature>`: 58 of the 64 characters there are. */
const SHAPE = /^b-([0-9a-hjkmnp-tv-z]{26})(?:-([0-9a-f]{8}))?-([0-9a-f]{20})$/;

/** The mail that bounces come back for. */
export interface ReturnedMail {
  job: string;
  /** Whether the mail went to one alone: the return path of a mail to several is known to each of them. */
  isOfOne: boolean;
  /** Whether an address is the recipient that the mail went to alone; of a mail to several, each may be. */
  isRecipient(address: string): boolean;
}

/** Return paths (VERP): each mail's own address for bounces, which nobody else can make. */
export interface ReturnPaths {
  /** The envelope's sender of a mail that goes to these recipients. */
  write(job: string, to: readonly string[], domain: string): string;
  /** Reads the local part of such an address; null for any that was not written here. */
  read(localPart: string): ReturnedMail | null;
}

/** Makes and reads return paths, signed with the deployment's secrets. */
export function createReturnPaths(secrets: Secrets): ReturnPaths {
  const signatures = createShortMarks(secrets, 'return path');
  const recipients = createShortMarks(secrets, 'return path recipient');
  const nameOf = (address: string) => address.toLowerCase();
  return {
    write(job, to, domain) {
      const [only] = to;
      const recipient = to.length === 1 && only ? `-${recipients.mark(nameOf(only)).slice(0, RECIPIENT_LENGTH)}` : '';
      const named = `b-${job.slice(ID_PREFIX.length + 1)}${recipient}`;
      return `${named}-${signatures.mark(named)}@${domain}`;
    },
    read(localPart) {
      const text = localPart.toLowerCase();
      const [, id = '', recipient, signature = ''] = SHAPE.exec(text) ?? [];
      const job = `${ID_PREFIX}_${id}`;
      if (idPrefixOf(job) === null) return null;
      if (!signatures.isMarked(text.slice(0, -signature.length - 1), signature)) return null;
      return {
        job,
        isOfOne: recipient !== undefined,
        isRecipient: (address) => recipient === undefined || recipients.isMarked(nameOf(address), recipient),
      };
    },
  };
}

/** Makes the envelope's sender of a mail to these recipients. */
export type WriteReturnPath = (job: string, to: readonly string[], from: string) => string;

/** Makes what writes the envelope's sender: a return path below EMAILS_BOUNCE_DOMAIN, else the mail's own sender. */
export function createReturnPathWriter(config: EmailsConfig): WriteReturnPath {
  const { EMAILS_BOUNCE_DOMAIN: domain } = config;
  if (domain === undefined) return (_job, _to, from) => from;
  const paths = createReturnPaths(openSecrets(config));
  return (job, to) => paths.write(job, to, domain);
}
