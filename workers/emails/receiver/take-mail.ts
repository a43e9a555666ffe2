import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../../src/errors.ts';
import type { Log } from '../../../src/log.ts';
import type { MailTaker, ReceivedMail, Reply } from './mail-server.ts';

/** Who hands a mail over waits no longer for it to be kept, and tries again later. */
const KEEP_WITHIN_MS = 10_000;
/** While Redis is away, so many mails may wait to be kept; further ones are not read. */
const MOST_PENDING = 40;

/** A sort of addresses that mail is taken for. */
export interface Mailbox {
  /** Whether the local part of an address is one of it. */
  isOurs(localPart: string): boolean;
  /** Does what a mail to it asks for; resolves with its answer, once that is kept. */
  take(mail: ReceivedMail, localPart: string): Promise<Reply>;
}

/** What takes mails is made of. */
export interface TakerDeps {
  mailboxes: readonly Mailbox[];
  /** The domain of their addresses. */
  domain: string;
  log: Log;
}

/** What a mailbox answers where the mail is kept. */
export const KEPT: Reply = { code: 250, text: '2.0.0 Kept' };
const UNKNOWN: Reply = { code: 550, text: '5.1.1 No such address here' };
const UNREADABLE: Reply = { code: 550, text: '5.6.0 The mail can not be read' };
const LATER: Reply = { code: 451, text: '4.3.0 It can not be kept now. Try again later' };

/** Makes what takes mails to these mailboxes, and to nobody else. */
export function createMailTaker({ mailboxes, domain, log }: TakerDeps): MailTaker {
  let pending = 0;
  const find = (address: string): { mailbox: Mailbox; localPart: string } | null => {
    const at = address.lastIndexOf('@');
    if (address.slice(at + 1).toLowerCase() !== domain) return null;
    const localPart = address.slice(0, at);
    const mailbox = mailboxes.find((one) => one.isOurs(localPart));
    return mailbox ? { mailbox, localPart } : null;
  };

  const takeOne = async (mail: ReceivedMail, address: string): Promise<Reply> => {
    const found = find(address);
    if (!found) return UNKNOWN;
    pending += 1;
    const over = new AbortController();
    const kept = found.mailbox.take(mail, found.localPart).finally(() => {
      pending -= 1;
      over.abort();
    });
    const late = delay(KEEP_WITHIN_MS, LATER, { signal: over.signal, ref: false }).catch(() => LATER);
    try {
      return await Promise.race([kept, late]);
    } catch (err) {
      // Sent again, it would be as unreadable.
      if (err instanceof AppError && err.code === 'payload_too_large') return UNREADABLE;
      log.warn({ err }, 'a mail that came back was not kept, and is sent again');
      return LATER;
    }
  };

  return {
    know(address) {
      if (!find(address)) return UNKNOWN;
      return pending < MOST_PENDING ? KEPT : LATER;
    },
    async take(mail) {
      const replies: Reply[] = [];
      for (const address of mail.to) replies.push(await takeOne(mail, address));
      return replies;
    },
  };
}
