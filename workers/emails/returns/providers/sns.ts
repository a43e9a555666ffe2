import { createVerify, X509Certificate } from 'node:crypto';
import { now } from '../../../../src/clock.ts';
import { asText, type FetchText, type Loose, notSigned, type ProviderTools } from './provider.ts';

/** Amazon's own hosts of SNS, and no others: whoever chose the address could sign as they like. */
const SNS_HOST = /^sns\.[a-z]{2}(?:-[a-z]+)+-\d{1,2}\.amazonaws\.com(?:\.cn)?$/;
const CERTIFICATE_PATH = /^\/SimpleNotificationService-[0-9a-f]{32}\.pem$/;
/** Whom its certificates are of; those of China are its region's. */
const SUBJECT = /^CN=sns(?:\.[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?$/m;
/** SNS sends a message again for an hour at most. */
const MAX_AGE_MS = 75 * 60_000;
const MAX_CERTIFICATES = 20;

const SIGNED_FIELDS: Readonly<Record<string, readonly string[]>> = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
  UnsubscribeConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
};

/** Whether an address is one of SNS. */
export function isSnsUrl(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'https:' && url.port === '' && !url.username && !url.password && SNS_HOST.test(url.hostname);
}

/** Certificates by their addresses, as long as they hold. */
const certificates = new Map<string, X509Certificate>();

async function findCertificate(url: string, fetchText: FetchText): Promise<X509Certificate> {
  if (!isSnsUrl(url)) throw notSigned();
  const { pathname, search, hash } = new URL(url);
  if (!CERTIFICATE_PATH.test(pathname) || search !== '' || hash !== '') throw notSigned();
  const kept = certificates.get(url);
  if (kept && holds(kept)) return kept;
  const certificate = read(await fetchText(url));
  if (!certificate || !holds(certificate) || !SUBJECT.test(certificate.subject)) throw notSigned();
  if (certificates.size >= MAX_CERTIFICATES) certificates.clear();
  certificates.set(url, certificate);
  return certificate;
}

const holds = ({ validFromDate, validToDate }: X509Certificate): boolean =>
  validFromDate.getTime() <= now() && now() < validToDate.getTime();

function read(text: string): X509Certificate | null {
  try {
    return new X509Certificate(text);
  } catch {
    return null;
  }
}

/**
 * Passes for a message of SNS that Amazon signed within the hour, of the topic that the address heard of first: any account
 * at Amazon has topics. Throws forbidden; and what the fetch rejects with.
 */
export async function assertSignedBySns(message: Loose, { fetchText, keepFirst }: ProviderTools): Promise<void> {
  const fields = SIGNED_FIELDS[asText(message['Type'])];
  const version = message['SignatureVersion'];
  if (!fields || (version !== '1' && version !== '2')) throw notSigned();
  const text = fields.filter((name) => typeof message[name] === 'string').map((name) => `${name}\n${message[name]}\n`);
  const certificate = await findCertificate(asText(message['SigningCertURL']), fetchText);
  const verifier = createVerify(version === '1' ? 'sha1' : 'sha256').update(text.join(''));
  if (!verifier.verify(certificate.publicKey, asText(message['Signature']), 'base64')) throw notSigned();
  // A time that can not be read is NaN, and not fresh.
  const isFresh = Math.abs(now() - Date.parse(asText(message['Timestamp']))) < MAX_AGE_MS;
  const topic = asText(message['TopicArn']);
  if (!isFresh || topic === '' || (await keepFirst('topic', topic, null)) !== topic) throw notSigned();
}
