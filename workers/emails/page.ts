import type { Config } from '../../src/config/platform.ts';
import type { MailRecipient } from '../../src/delivery/mail-recipient.ts';
import type { Mailbox } from '../../src/fields/mail-address.ts';
import type { JobView } from '../../src/jobs/job-view.ts';
import type { StoredJob } from '../../src/jobs/stored-job.ts';
import type { CardParts, KindPage } from '../../src/kinds/page.ts';
import { KEPT } from './inbox/kept.ts';
import type { EmailInput } from './input/mail.ts';
import type { EmailResult } from './job.ts';
import { previewPath, templatePage } from './preview/template-page.ts';
import { type EmailsConfig, hasRelay } from './settings.ts';

/** The page of mails that may or may not have arrived. */
const UNKNOWN_PATH = '/unknown-mails';

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
    { path: UNKNOWN_PATH, name: 'Unknown mails' },
  ],
  templates: templatePage,
  note: (settings) => (isInbox(settings) ? `${KEPT}.` : null),
  assets: { styles: ['emails/inbox', 'emails/preview', 'emails/unsubscribe'] },
  describe: describeMailJob,
};

/** Reads addresses as people type them, with commas between; a name in quotes may hold one. */
const splitAddresses = (text: string): string[] =>
  (text.match(/(?:"[^"]*"|[^,;])+/g) ?? []).map((part) => part.trim()).filter(Boolean);

const writeAddress = ({ name, address }: Mailbox): string =>
  name ? `"${name.replaceAll(/["\\]/g, '\\$&')}" <${address}>` : address;

/** Whether mails are kept here, in the place of being sent. */
function isInbox(settings: Config): boolean {
  return !hasRelay(settings as EmailsConfig);
}

/** The lists of recipients, by their states; an empty one is not shown. */
const LISTS: readonly { title: string; states: readonly MailRecipient['state'][] }[] = [
  { title: 'Delivered', states: ['delivered'] },
  { title: 'Accepted', states: ['accepted'] },
  { title: 'Bounced', states: ['bounced'] },
  { title: 'Reported as spam', states: ['complained'] },
  { title: 'Refused', states: ['refused', 'suppressed'] },
  { title: 'Not taken in time', states: ['deferred'] },
  { title: 'Not known', states: ['unknown'] },
];

/** What a refusal was about, for people. */
const ABOUT: Readonly<Record<NonNullable<MailRecipient['class']>, string>> = {
  recipient: 'the recipient',
  sender: 'the sender',
  content: 'the message',
  relay: 'the mail relay',
  rate: 'how much was sent',
};

/**
 * Lists the recipients of a mail with what the mail server said of each, or leads an operator to the mail, where it was
 * kept.
 */
function describeMailJob(_job: StoredJob, { id, caller, result, error, lastError }: JobView): CardParts {
  const { suppressed = [], delivery, state, ...rest } = (result ?? {}) as Partial<EmailResult>;
  const recipients = rest.recipients ?? error?.recipients ?? lastError?.recipients ?? [];
  const isOver = lastError?.recipients === undefined;
  const reasons = new Map(suppressed.map(({ address, reason }) => [address, ` (${reason})`]));
  const textOf = ({ address, state: is, response, class: about }: MailRecipient): string => {
    if (is === 'suppressed') return `Left out: it is on the suppression list${reasons.get(address) ?? ''}.`;
    if (is === 'unknown') return 'No answer came to the whole mail.';
    return `${response ?? ''}${about ? ` (about ${ABOUT[about]})` : ''}`;
  };
  // Only operators are told the caller, and they alone may read mails.
  const link = caller === null ? {} : { href: `/inbox?job=${id}` };
  const mayArrive = caller !== null && recipients.some(({ state: is }) => is === 'unknown');
  return {
    facts: [
      ...(mayArrive && isOver
        ? [{ label: 'Not known', text: 'Send it again, or say that it arrived', isWide: true, href: UNKNOWN_PATH }]
        : []),
      ...(delivery === 'inbox' ? [{ label: 'Delivery', text: KEPT, isWide: true, ...link }] : []),
      ...(state === 'preview'
        ? [{ label: 'Preview', text: 'At 600 and 320 pixels, light and dark', isWide: true, href: previewPath(id) }]
        : []),
    ],
    // They were kept, so the page does not say "sent".
    shown: delivery === 'inbox' && state === 'sent' ? ['delivery', 'state'] : ['delivery'],
    lists: LISTS.map(({ title, states }) => ({
      title: states.includes('deferred') && !isOver ? 'Put off' : title,
      entries: recipients
        .filter((one) => states.includes(one.state))
        .map((one) => ({ name: one.address, text: textOf(one) })),
    })),
  };
}
