import type { Config } from '../../src/config/platform.ts';
import type { Mailbox } from '../../src/fields/mail-address.ts';
import type { JobView } from '../../src/jobs/job-view.ts';
import type { StoredJob } from '../../src/jobs/stored-job.ts';
import type { CardParts, KindPage } from '../../src/kinds/page.ts';
import { KEPT } from './inbox/kept.ts';
import type { EmailInput } from './input/mail.ts';
import type { EmailResult } from './job.ts';
import type { EmailsConfig } from './settings.ts';

/** What pages show of the emails kind. */
export const page: KindPage = {
  name: 'Mail',
  forms: [
    {
      path: '/emails',
      view: '@emails/form',
      fields: { to: '', subject: 'A test mail', text: 'Hello!\n\nThis mail was sent by a Heavylift worker.\n' },
      data: (settings) => ({ lead: isInbox(settings) ? `${KEPT}.` : 'A test mail, through the relay that is set up.' }),
      refill(input) {
        const { to = [], subject = '', text = '' } = input as EmailInput;
        return { to: to.map(writeAddress).join(', '), subject, text };
      },
      toBody: ({ fields }) => ({
        to: splitAddresses(fields.get('to')?.[0] ?? ''),
        subject: fields.get('subject')?.[0],
        text: fields.get('text')?.[0],
      }),
    },
  ],
  adminPages: [
    { path: '/inbox', name: 'Inbox', isUseful: isInbox },
    { path: '/suppressions', name: 'Suppressions' },
  ],
  note: (settings) => (isInbox(settings) ? `${KEPT}.` : null),
  assets: { styles: ['emails/inbox'] },
  describe: describeMailJob,
};

/** Reads addresses as people type them, with commas between; a name in quotes may hold one. */
const splitAddresses = (text: string): string[] =>
  (text.match(/(?:"[^"]*"|[^,;])+/g) ?? []).map((part) => part.trim()).filter(Boolean);

const writeAddress = ({ name, address }: Mailbox): string =>
  name ? `"${name.replaceAll(/["\\]/g, '\\$&')}" <${address}>` : address;

/** Whether mails are kept here, in the place of being sent. */
function isInbox(settings: Config): boolean {
  return (settings as EmailsConfig).SMTP_URL === undefined;
}

/**
 * Lists the recipients of a mail with what the mail server said of each, or leads an operator to the mail, where it was
 * kept.
 */
function describeMailJob(_job: StoredJob, { id, caller, result }: JobView): CardParts {
  const { accepted = [], rejected = [], suppressed = [], delivery, state } = (result ?? {}) as Partial<EmailResult>;
  const toEntry = ({ address, response }: { address: string; response: string }) => ({ name: address, text: response });
  const leftOut = suppressed.map(({ address, reason }) => ({
    name: address,
    text: `Left out: it is on the suppression list (${reason}).`,
  }));
  // Only operators are told the caller, and they alone may read mails.
  const link = caller === null ? {} : { href: `/inbox?job=${id}` };
  return {
    facts: delivery === 'inbox' ? [{ label: 'Delivery', text: KEPT, isWide: true, ...link }] : [],
    // They were kept, so the page does not say "sent".
    shown: delivery === 'inbox' && state === 'sent' ? ['delivery', 'state'] : ['delivery'],
    lists: [
      { title: 'Accepted', entries: accepted.map(toEntry) },
      { title: 'Refused', entries: [...rejected.map(toEntry), ...leftOut] },
    ],
  };
}
