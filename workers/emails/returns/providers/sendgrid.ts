import { createPublicKey, createVerify, type KeyObject } from 'node:crypto';
import {
  asList,
  asText,
  notSigned,
  type Provider,
  type ProviderReport,
  REMEMBERED_STATUS,
  readJson,
  statusIn,
} from './provider.ts';

const EVENTS: Readonly<Record<string, ProviderReport['event']>> = {
  delivered: 'delivered',
  deferred: 'deferred',
  bounce: 'bounced',
  dropped: 'bounced',
  spamreport: 'complained',
};

/** Why it drops a mail to an address that it remembers; other reasons are about the mail or the account. */
const REMEMBERED = /^(?:bounced address|spam reporting address|invalid)$/i;

/** SendGrid's Event Webhook: a list of events, signed by ECDSA over the time and the body. */
export const sendgrid: Provider = {
  key: 'the verification key of its Signed Event Webhook',
  findKeyFault: (key) => (openKey(key) ? null : 'must be a public key of ECDSA: base64, as SendGrid shows it'),
  read({ body, header }, key) {
    const signature = header('x-twilio-email-event-webhook-signature') ?? '';
    const time = header('x-twilio-email-event-webhook-timestamp') ?? '';
    const verifier = createVerify('sha256').update(time).update(body);
    const publicKey = openKey(key);
    if (!publicKey || signature === '' || !verifier.verify(publicKey, signature, 'base64')) throw notSigned();
    return asList(readJson(body, 'a list of events, as the Event Webhook sends it')).flatMap((event) => {
      const said = EVENTS[asText(event['event'])];
      if (said === undefined) return [];
      const isDropped = event['event'] === 'dropped';
      const reason = asText(event['reason']) || asText(event['response']);
      return [
        {
          id: asText(event['sg_event_id']) || [said, asText(event['sg_message_id']), asText(event['email'])].join(' '),
          event: said,
          address: asText(event['email']),
          names: [asText(event['smtp-id'])],
          status:
            statusIn(asText(event['status'])) ?? (isDropped && REMEMBERED.test(reason) ? REMEMBERED_STATUS : null),
          diagnostic: reason || null,
          isRemembered: isDropped,
        },
      ];
    });
  },
};

function openKey(key: string): KeyObject | null {
  try {
    const opened = createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' });
    return opened.asymmetricKeyType === 'ec' ? opened : null;
  } catch {
    return null;
  }
}
