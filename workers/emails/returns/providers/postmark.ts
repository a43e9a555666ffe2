import { readTyped } from '../report/report-fields.ts';
import { POSTMARK_METADATA } from '../report-headers.ts';
import {
  asObject,
  asText,
  type Loose,
  type Provider,
  type ProviderReport,
  REMEMBERED_STATUS,
  readJson,
  statusIn,
} from './provider.ts';

/** Bounces that are none: answers of people and their programs. */
const NO_BOUNCES = new Set([
  'AutoResponder',
  'AddressChange',
  'ChallengeVerification',
  'OpenRelayTest',
  'Subscribe',
  'Unsubscribe',
  'VirusNotification',
]);

/** Postmark's webhooks: one event; its address is all that it is known by. */
export const postmark: Provider = {
  key: null,
  read({ body }) {
    const event = readJson(body, 'an event, as the webhooks of Postmark send it');
    const said = eventOf(event);
    if (said === null) return [];
    const isRemembered = event['Type'] === 'ManuallyDeactivated';
    const address = asText(event['Recipient']) || asText(event['Email']);
    const { text } = readTyped(asText(event['Details']) || asText(event['Description']));
    return [
      {
        id: [said, asText(event['MessageID']), address, asText(event['ID'])].join(' '),
        ...{ event: said, address, names: [asText(asObject(event['Metadata'])[POSTMARK_METADATA])] },
        status: statusIn(text.replace(/^\d{3}[ -]/, '')) ?? (isRemembered ? REMEMBERED_STATUS : null),
        diagnostic: text || null,
        isRemembered,
      },
    ];
  },
};

function eventOf(event: Loose): ProviderReport['event'] | null {
  const [record, type] = [event['RecordType'], asText(event['Type'])];
  if (record === 'Delivery') return 'delivered';
  if (record === 'SpamComplaint' || (record === 'Bounce' && type === 'SpamComplaint')) return 'complained';
  if (record !== 'Bounce' || NO_BOUNCES.has(type)) return null;
  return type === 'Transient' ? 'deferred' : 'bounced';
}
