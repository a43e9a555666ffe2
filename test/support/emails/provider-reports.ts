import { createHmac, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';

/** Signs as SendGrid does; `key` is what it shows its customers. */
export function makeSendgridSigner() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    key: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    sign(body: string, time = '1764400000'): Record<string, string> {
      return {
        'x-twilio-email-event-webhook-timestamp': time,
        'x-twilio-email-event-webhook-signature': createSign('sha256')
          .update(time)
          .update(body)
          .sign(privateKey, 'base64'),
      };
    },
  };
}

/** A body as Mailgun posts it, signed with that key. */
export function writeMailgun(
  key: string,
  event: object,
  { timestamp = Math.floor(Date.now() / 1000), token = randomBytes(25).toString('hex') } = {},
): string {
  const signature = createHmac('sha256', key).update(`${timestamp}${token}`).digest('hex');
  return JSON.stringify({ signature: { timestamp: String(timestamp), token, signature }, 'event-data': event });
}

const FIELDS = ['Message', 'MessageId', 'Subject', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];

/** A message as SNS posts it, signed with that key. */
export function writeSns(key: KeyObject, given: Record<string, string>, version: '1' | '2' = '1'): string {
  const message: Record<string, string> = {
    Type: 'Notification',
    MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
    TopicArn: 'arn:aws:sns:eu-west-1:123456789012:mails',
    Timestamp: new Date().toISOString(),
    SigningCertURL:
      'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem',
    ...given,
  };
  const text = FIELDS.flatMap((name) => (message[name] === undefined ? [] : [`${name}\n${message[name]}\n`])).join('');
  const Signature = createSign(version === '1' ? 'sha1' : 'sha256')
    .update(text)
    .sign(key, 'base64');
  return JSON.stringify({ ...message, SignatureVersion: version, Signature });
}
