import { MAX_RECIPIENTS } from '../report/mail-report.ts';
import {
  asList,
  asObject,
  asText,
  type Loose,
  notUnderstood,
  type Provider,
  type ProviderReport,
  REMEMBERED_STATUS,
  readJson,
  statusIn,
} from './provider.ts';
import { assertSignedBySns, isSnsUrl } from './sns.ts';

/** What an event is called, and where its recipients stand. */
const EVENTS: Readonly<Record<string, [event: ProviderReport['event'], part: string, recipients: string]>> = {
  Bounce: ['bounced', 'bounce', 'bouncedRecipients'],
  Complaint: ['complained', 'complaint', 'complainedRecipients'],
  Delivery: ['delivered', 'delivery', 'recipients'],
  DeliveryDelay: ['deferred', 'deliveryDelay', 'delayedRecipients'],
};

/** What kinds of bounces say of their recipient, where the bounce has no status. */
const STATUS_BY_SUBTYPE: Readonly<Record<string, string>> = {
  NoEmail: '5.1.1',
  MailboxFull: '5.2.2',
  MessageTooLarge: '5.3.4',
  ContentRejected: '5.6.0',
  AttachmentRejected: '5.6.0',
};

/** Amazon SES by SNS: one event in a message that SNS has signed. */
export const ses: Provider = {
  key: null,
  async read({ body }, _key, tools) {
    const message = readJson(body, 'a message of Amazon SNS (raw message delivery must be off)');
    await assertSignedBySns(message, tools);
    if (message['Type'] === 'SubscriptionConfirmation') {
      const url = asText(message['SubscribeURL']);
      if (!isSnsUrl(url)) throw notUnderstood('a message of Amazon SNS with an address of SNS to confirm it at');
      await tools.fetchText(url);
      return [];
    }
    return message['Type'] === 'Notification' ? readEvent(message) : [];
  },
};

function readEvent(message: Loose): ProviderReport[] {
  // SNS tries its subscriptions by a message that is no event.
  const text = typeof message['Message'] === 'string' ? message['Message'] : '';
  if (!text.startsWith('{')) return [];
  const event = readJson(Buffer.from(text), 'an event of Amazon SES');
  const known = EVENTS[asText(event['eventType']) || asText(event['notificationType'])];
  if (event['eventType'] === 'Reject') return readReject(event, asText(message['MessageId']));
  if (!known) return [];
  const [called, part, list] = known;
  const about = asObject(event[part]);
  const given = about[list];
  const recipients = Array.isArray(given)
    ? asList(given.map((one) => (typeof one === 'string' ? { emailAddress: one } : one)))
    : [];
  const said = called === 'complained' ? readComplaint(about, recipients.length) : called;
  if (said === null) return [];
  const names = namesOf(asObject(event['mail']));
  const subType = asText(about['bounceSubType']);
  const isTransient = said === 'bounced' && about['bounceType'] === 'Transient';
  const isRemembered = isSesMemory(subType) || (called === 'complained' && said === 'bounced');
  const statusOfType = isRemembered ? REMEMBERED_STATUS : (STATUS_BY_SUBTYPE[subType] ?? null);
  return recipients.flatMap((recipient) => {
    const address = asText(recipient['emailAddress']);
    const status = statusIn(asText(recipient['status'])) ?? statusOfType;
    const words = asText(recipient['diagnosticCode']).replace(/^smtp;\s*/i, '') || asText(about['smtpResponse']);
    // The answer of somebody's absence, which SES calls a bounce that passes.
    if (isTransient && status === null && words === '') return [];
    return {
      ...{ id: `${asText(message['MessageId'])} ${address}`, event: said, address, names },
      ...{ status, diagnostic: words || null, isRemembered: isRemembered || isTransient },
    };
  });
}

/** SES took the mail and found a virus in it: nobody gets it. */
function readReject(event: Loose, id: string): ProviderReport[] {
  const mail = asObject(event['mail']);
  const given = mail['destination'];
  const reason = asText(asObject(event['reject'])['reason']);
  return (Array.isArray(given) ? given.slice(0, MAX_RECIPIENTS) : []).map(asText).map((address) => ({
    ...{ id: `${id} ${address}`, event: 'bounced', address, names: namesOf(mail) },
    ...{ status: '5.6.0', diagnostic: `The content was rejected${reason && `: ${reason}`}` },
  }));
}

/**
 * What a complaint is: one, where it can be of a single recipient alone, since SES names all that may have complained; a
 * doubtful bounce, where SES sent nothing since it remembers one; null for what stops nobody.
 */
function readComplaint(about: Loose, recipients: number): 'complained' | 'bounced' | null {
  if (isSesMemory(asText(about['complaintSubType']))) return 'bounced';
  return about['complaintFeedbackType'] === 'not-spam' || recipients !== 1 ? null : 'complained';
}

const isSesMemory = (subType: string): boolean => subType === 'Suppressed' || subType === 'OnAccountSuppressionList';

/** SES gives each mail a Message-ID of its own; ours stands in the headers that it repeats, and our return path in `source`. */
const namesOf = (mail: Loose): string[] => [
  asText(mail['source']),
  asText(asObject(mail['commonHeaders'])['messageId']),
  ...asList(mail['headers'])
    .filter((header) => asText(header['name']).toLowerCase() === 'message-id')
    .map((header) => asText(header['value'])),
];
