import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { now } from '../../../../src/clock.ts';
import {
  asObject,
  asText,
  type KeepFirst,
  type Loose,
  notSigned,
  type Provider,
  type ProviderReport,
  REMEMBERED_STATUS,
  readJson,
} from './provider.ts';

/** Mailgun tries for 8 hours; the signature does not cover the event, so an old one is worth nothing. */
const MAX_AGE_MS = 86_400_000;

/** Its own codes for what it remembers of an address: a bounce, a complaint. 606 is an unsubscribed one, no bounce. */
const REMEMBERED = new Set(['605', '607']);

/** Mailgun's webhooks: one event, with an HMAC over a time and a token. */
export const mailgun: Provider = {
  key: 'the HTTP webhook signing key',
  findKeyFault: (key) => (/^[\x21-\x7e]{8,200}$/.test(key) ? null : 'must be 8 to 200 printable characters'),
  async read({ body }, key, { keepFirst }) {
    const given = readJson(body, 'an event, as the webhooks of Mailgun send it');
    const signature = asObject(given['signature']);
    assertSigned(signature, key);
    const event = asObject(given['event-data']);
    const said = eventOf(event);
    if (said === null) return [];
    const status = asObject(event['delivery-status']);
    const refusal = asObject(event['reject']);
    const sentence = asText(status['message']) || status['description'] || refusal['description'] || refusal['reason'];
    const words = [status['code'], status['enhanced-code'], sentence];
    const messageId = asText(asObject(asObject(event['message'])['headers'])['message-id']);
    const isRemembered = asText(event['reason']).startsWith('suppress-') || REMEMBERED.has(asText(status['code']));
    const about = { id: asText(event['id']), event: said, address: asText(event['recipient']), names: [messageId] };
    await assertFirst(signature, JSON.stringify(about), keepFirst);
    return [
      {
        ...about,
        status: asText(status['enhanced-code']) || (REMEMBERED.has(asText(status['code'])) ? REMEMBERED_STATUS : null),
        diagnostic: words.map(asText).filter(Boolean).join(' ') || null,
        isRemembered,
      },
    ];
  },
};

function eventOf(event: Loose): ProviderReport['event'] | null {
  const said = event['event'];
  if (said === 'delivered' || said === 'complained') return said;
  // Mailgun took the mail by SMTP, and refuses it by itself.
  if (said === 'rejected') return 'bounced';
  if (said !== 'failed') return null;
  return event['severity'] === 'permanent' ? 'bounced' : 'deferred';
}

function assertSigned({ timestamp, token, signature }: Loose, key: string): void {
  const expected = createHmac('sha256', key).update(asText(timestamp)).update(asText(token)).digest();
  const given = Buffer.from(asText(signature), 'hex');
  const isFresh = Math.abs(now() - Number(timestamp) * 1000) < MAX_AGE_MS;
  if (given.length !== expected.length || !timingSafeEqual(given, expected) || !isFresh) throw notSigned();
}

/** A signature is good for one event: for the first that comes with it, however often that comes. */
async function assertFirst({ token }: Loose, about: string, keepFirst: KeepFirst): Promise<void> {
  const digest = createHash('sha256').update(about).digest('base64url');
  // It may be a day ahead.
  if ((await keepFirst(`signed ${asText(token)}`, digest, 2 * MAX_AGE_MS)) !== digest) throw notSigned();
}
