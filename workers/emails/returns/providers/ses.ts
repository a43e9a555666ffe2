import {
  asList,
  asObject,
  asText,
  type Loose,
  notUnderstood,
  type Provider,
  type ProviderReport,
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

/** Amazon SES by SNS: one event in a message that SNS has signed. */
export const ses: Provider = {
  key: null,
  async read({ body }, _key, fetchText) {
    const message = readJson(body, 'a message of Amazon SNS (raw message delivery must be off)');
    await assertSignedBySns(message, fetchText);
    if (message['Type'] === 'SubscriptionConfirmation') {
      const url = asText(message['SubscribeURL']);
      if (!isSnsUrl(url)) throw notUnderstood('a message of Amazon SNS with an address of SNS to confirm it at');
      await fetchText(url);
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
  if (!known) return [];
  const [said, part, list] = known;
  const about = asObject(event[part]);
  if (said === 'complained' && about['complaintFeedbackType'] === 'not-spam') return [];
  const given = about[list];
  const recipients = Array.isArray(given)
    ? asList(given.map((one) => (typeof one === 'string' ? { emailAddress: one } : one)))
    : [];
  const names = namesOf(asObject(event['mail']));
  return recipients.map((recipient) => {
    const address = asText(recipient['emailAddress']);
    return {
      ...{ id: `${asText(message['MessageId'])} ${address}`, event: said, address, names },
      status: statusIn(asText(recipient['status'])) ?? (about['bounceSubType'] === 'NoEmail' ? '5.1.1' : null),
      diagnostic:
        asText(recipient['diagnosticCode']).replace(/^smtp;\s*/i, '') || asText(about['smtpResponse']) || null,
      isRemembered: ['Suppressed', 'OnAccountSuppressionList'].includes(asText(about['bounceSubType'])),
    };
  });
}

/** SES gives each mail a Message-ID of its own; ours stands in the headers that it repeats, and our return path in `source`. */
const namesOf = (mail: Loose): string[] => [
  asText(mail['source']),
  asText(asObject(mail['commonHeaders'])['messageId']),
  ...asList(mail['headers'])
    .filter((header) => asText(header['name']).toLowerCase() === 'message-id')
    .map((header) => asText(header['value'])),
];
