import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { judgeReport } from '../../../../workers/emails/returns/judge-report.ts';
import { PROVIDER_BY_NAME } from '../../../../workers/emails/returns/providers/index.ts';
import type { KeepFirst, ProviderName, ProviderReport } from '../../../../workers/emails/returns/providers/provider.ts';
import { isSnsUrl } from '../../../../workers/emails/returns/providers/sns.ts';
import { reportHeaders } from '../../../../workers/emails/returns/report-headers.ts';
import { makeSendgridSigner, writeMailgun, writeSns } from '../../../support/emails/provider-reports.ts';
import { makeCertificate } from '../../../support/emails/tls-smtp-server.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';

const JOB = 'eml_0123456789abcdefghjkmnpqrs';
const signer = makeSendgridSigner();
const MAILGUN_KEY = 'key-0123456789abcdef';
let dir: ReturnType<typeof makeTempDir>;
let snsKey: ReturnType<typeof createPrivateKey>;
let certificate: string;
const fetched: string[] = [];
const firsts = new Map<string, string>();
beforeAll(() => {
  dir = makeTempDir();
  const { certFile, keyFile } = makeCertificate(dir.path, 'sns.amazonaws.com', 'rsa:2048');
  snsKey = createPrivateKey(readFileSync(keyFile));
  certificate = readFileSync(certFile, 'utf8');
});
afterAll(() => dir.remove());

interface Posted {
  body: string;
  headers?: Record<string, string>;
}

async function read(name: ProviderName, { body, headers = {} }: Posted): Promise<ProviderReport[]> {
  const key = { sendgrid: signer.key, mailgun: MAILGUN_KEY, ses: '', postmark: '' }[name];
  const fetchText = async (url: string) => {
    fetched.push(url);
    return certificate;
  };
  const request = { body: Buffer.from(body), header: (one: string) => headers[one] };
  const keepFirst: KeepFirst = async (kept, text) => {
    if (!firsts.has(kept)) firsts.set(kept, text);
    return firsts.get(kept) as string;
  };
  return PROVIDER_BY_NAME[name].read(request, key, { fetchText, keepFirst });
}
const sendgrid = (...events: object[]): Posted => {
  const body = JSON.stringify(events);
  return { body, headers: signer.sign(body) };
};
const mail = { source: 'b-x@b.firma.no', headers: [{ name: 'Message-ID', value: `<${JOB}@firma.no>` }] };
const ses = (event: object, version?: '2'): Posted => ({
  body: writeSns(snsKey, { Message: JSON.stringify({ mail, ...event }) }, version),
});
const mailgunEvent = {
  id: 'G9',
  recipient: 'kari@example.no',
  message: { headers: { 'message-id': `${JOB}@firma.no` } },
};
const sesBounce = (about: object, recipient: object = {}): Posted =>
  ses({
    eventType: 'Bounce',
    bounce: { ...about, bouncedRecipients: [{ emailAddress: 'kari@example.no', ...recipient }] },
  });
const dropped = (reason: string): Posted =>
  sendgrid({ event: 'dropped', email: 'kari@example.no', reason, 'smtp-id': `<${JOB}@firma.no>` });
const mailgunFailed = (code: number, message: string): Posted => ({
  body: writeMailgun(MAILGUN_KEY, {
    ...{ ...mailgunEvent, event: 'failed', severity: 'permanent', 'delivery-status': { code, message } },
  }),
});
const CERTIFICATE_URL =
  'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem';
const GONE = '550 5.1.1 The email account that you tried to reach does not exist';

describe('what a provider reports', () => {
  it.each<[string, ProviderName, () => Posted, Partial<ProviderReport> & { suppresses?: unknown; class?: string }]>([
    [
      'SES, a bounce',
      'ses',
      () =>
        ses({
          notificationType: 'Bounce',
          bounce: {
            ...{ bounceType: 'Permanent', bounceSubType: 'General' },
            bouncedRecipients: [{ emailAddress: 'kari@example.no', status: '5.1.1', diagnosticCode: `smtp; ${GONE}` }],
          },
        }),
      { event: 'bounced', status: '5.1.1', diagnostic: GONE, isRemembered: false, suppresses: 'at once' },
    ],
    [
      'SES, one that it remembers, signed by SHA-256',
      'ses',
      () =>
        ses(
          {
            eventType: 'Bounce',
            bounce: {
              ...{ bounceType: 'Permanent', bounceSubType: 'OnAccountSuppressionList' },
              bouncedRecipients: [{ emailAddress: 'kari@example.no', status: '5.1.1' }],
            },
          },
          '2',
        ),
      { event: 'bounced', isRemembered: true },
    ],
    [
      'SES, a complaint',
      'ses',
      () => ses({ eventType: 'Complaint', complaint: { complainedRecipients: [{ emailAddress: 'kari@example.no' }] } }),
      { event: 'complained' },
    ],
    [
      'SES, delivered',
      'ses',
      () => ses({ eventType: 'Delivery', delivery: { recipients: ['kari@example.no'], smtpResponse: '250 ok' } }),
      { event: 'delivered', diagnostic: '250 ok' },
    ],
    [
      'SES, a full mailbox without a status',
      'ses',
      () => sesBounce({ bounceType: 'Transient', bounceSubType: 'MailboxFull' }),
      { event: 'bounced', status: '5.2.2', suppresses: null },
    ],
    [
      'SES, one that it takes for passing',
      'ses',
      () => sesBounce({ bounceType: 'Transient', bounceSubType: 'General' }, { diagnosticCode: `smtp; ${GONE}` }),
      { event: 'bounced', isRemembered: true },
    ],
    [
      'SES, a complaint that it remembers',
      'ses',
      () =>
        ses({
          eventType: 'Complaint',
          complaint: {
            complaintSubType: 'OnAccountSuppressionList',
            complainedRecipients: [{ emailAddress: 'kari@example.no' }],
          },
        }),
      { event: 'bounced', isRemembered: true, suppresses: 'on another day' },
    ],
    [
      'SES, a virus that it found itself',
      'ses',
      () =>
        ses({
          eventType: 'Reject',
          mail: { ...mail, destination: ['kari@example.no'] },
          reject: { reason: 'Bad content' },
        }),
      { event: 'bounced', address: 'kari@example.no', class: 'content', suppresses: null },
    ],
    [
      'Mailgun, what it refuses after it has taken it',
      'mailgun',
      () => ({
        body: writeMailgun(MAILGUN_KEY, {
          ...{ ...mailgunEvent, id: 'R1', event: 'rejected' },
          reject: { reason: 'Sandbox', description: 'The domain firma.no is not allowed to send: it is unverified' },
        }),
      }),
      { event: 'bounced', class: 'sender', suppresses: null },
    ],
    [
      'SendGrid, a bounce that it remembers',
      'sendgrid',
      () => dropped('Bounced Address'),
      { event: 'bounced', isRemembered: true, suppresses: 'on another day' },
    ],
    [
      'SendGrid, dropped for another reason',
      'sendgrid',
      () => dropped('Unsubscribed Address'),
      { event: 'bounced', isRemembered: true, suppresses: null },
    ],
    [
      'Mailgun, a bounce that it remembers',
      'mailgun',
      () => mailgunFailed(605, 'Not delivering to previously bounced address'),
      { event: 'bounced', isRemembered: true, suppresses: 'on another day' },
    ],
    [
      'Mailgun, a complaint that it remembers',
      'mailgun',
      () => mailgunFailed(607, 'Not delivering to a user who marked your messages as spam'),
      { event: 'bounced', isRemembered: true, suppresses: 'on another day' },
    ],
    [
      'Mailgun, unsubscribed there',
      'mailgun',
      () => mailgunFailed(606, 'Not delivering to unsubscribed address'),
      { event: 'bounced', suppresses: null },
    ],
    [
      'SendGrid, a bounce',
      'sendgrid',
      () =>
        sendgrid({
          ...{ event: 'bounce', email: 'kari@example.no', status: '5.1.1', reason: GONE, sg_event_id: 'e1' },
          'smtp-id': `<${JOB}@firma.no>`,
        }),
      { id: 'e1', event: 'bounced', suppresses: 'at once' },
    ],
    [
      'SendGrid, blocked as spam',
      'sendgrid',
      () =>
        sendgrid({
          ...{
            event: 'bounce',
            type: 'blocked',
            email: 'kari@example.no',
            reason: '550 5.7.1 Message rejected as spam',
          },
          'smtp-id': `<${JOB}@firma.no>`,
        }),
      { event: 'bounced', suppresses: null, class: 'content' },
    ],
    [
      'Mailgun, a bounce',
      'mailgun',
      () => ({
        body: writeMailgun(MAILGUN_KEY, {
          ...{ ...mailgunEvent, event: 'failed', severity: 'permanent', reason: 'bounce' },
          'delivery-status': { code: 550, 'enhanced-code': '5.1.1', message: 'No such user here' },
        }),
      }),
      { id: 'G9', event: 'bounced', diagnostic: '550 5.1.1 No such user here', suppresses: 'at once' },
    ],
    [
      'Mailgun, still trying',
      'mailgun',
      () => ({ body: writeMailgun(MAILGUN_KEY, { ...mailgunEvent, event: 'failed', severity: 'temporary' }) }),
      { event: 'deferred' },
    ],
    [
      'Postmark, a bounce',
      'postmark',
      () => ({
        body: JSON.stringify({
          ...{ RecordType: 'Bounce', ID: 42, Type: 'HardBounce', Email: 'kari@example.no', MessageID: 'm' },
          ...{ Details: `smtp;${GONE}`, Metadata: { 'heavylift-job': JOB } },
        }),
      }),
      { event: 'bounced', status: '5.1.1', suppresses: 'at once' },
    ],
    [
      'Postmark, an address that it stopped',
      'postmark',
      () => ({
        body: JSON.stringify({
          ...{ RecordType: 'Bounce', ID: 43, Type: 'ManuallyDeactivated', Email: 'kari@example.no', MessageID: 'm' },
          ...{ Description: 'The email was manually deactivated.', Metadata: { 'heavylift-job': JOB } },
        }),
      }),
      { event: 'bounced', isRemembered: true, suppresses: 'on another day' },
    ],
    [
      'Postmark, a complaint',
      'postmark',
      () => ({
        body: JSON.stringify({
          ...{ RecordType: 'SpamComplaint', Email: 'kari@example.no', Metadata: { 'heavylift-job': JOB } },
        }),
      }),
      { event: 'complained' },
    ],
  ])('%s', async (_what, name, write, { suppresses, class: about, ...expected }) => {
    const reports = await read(name, write());
    expect(reports).toEqual([expect.objectContaining({ address: 'kari@example.no', ...expected })]);
    const [report] = reports as [ProviderReport];
    expect(report.names.join(' ')).toContain(JOB);
    expect(report.id).not.toBe('');
    if (suppresses !== undefined) expect(judgeReport(report).suppresses).toBe(suppresses);
    if (about) expect(judgeReport(report).class).toBe(about);
  });

  it.each<[string, ProviderName, () => Posted]>([
    [
      'what is no news',
      'sendgrid',
      () => sendgrid({ event: 'open', email: 'kari@example.no' }, { event: 'processed' }),
    ],
    ['a click', 'mailgun', () => ({ body: writeMailgun(MAILGUN_KEY, { event: 'clicked' }) })],
    ['an answer of a person', 'postmark', () => ({ body: '{"RecordType":"Bounce","Type":"AutoResponder"}' })],
    ['a message that is no event', 'ses', () => ({ body: writeSns(snsKey, { Message: 'Successfully validated' }) })],
    ['an answer of absence', 'ses', () => sesBounce({ bounceType: 'Transient', bounceSubType: 'General' })],
    [
      'a complaint of one of several',
      'ses',
      () =>
        ses({
          eventType: 'Complaint',
          complaint: { complainedRecipients: ['kari', 'ola'].map((one) => ({ emailAddress: `${one}@example.no` })) },
        }),
    ],
    [
      'members of another shape',
      'ses',
      () => ses({ eventType: 'Bounce', bounce: { bouncedRecipients: { length: 9 } } }),
    ],
  ])('%s: nothing', async (_what, name, write) => expect(await read(name, write())).toEqual([]));

  it('SNS asks whether its messages are wanted: yes, at its own address alone', async () => {
    const url = 'https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription';
    const confirm = (SubscribeURL: string) => ({
      body: writeSns(snsKey, { Type: 'SubscriptionConfirmation', Message: 'm', Token: 't', SubscribeURL }),
    });
    expect(await read('ses', confirm(url))).toEqual([]);
    expect(fetched.at(-1)).toBe(url);
    await expect(read('ses', confirm('https://evil.example/'))).rejects.toMatchObject({ code: 'invalid_request' });
    expect(fetched.at(-1)).toBe(url);
  });
});

describe('a report that nobody has signed', () => {
  const noted = JSON.stringify([{ event: 'bounce', email: 'kari@example.no' }]);
  const tampered = (body: string) => body.replace('kari@', 'ola@');
  it.each<[string, ProviderName, () => Posted]>([
    ['SendGrid, none', 'sendgrid', () => ({ body: noted })],
    ['SendGrid, of another body', 'sendgrid', () => ({ body: tampered(noted), headers: signer.sign(noted) })],
    ['SendGrid, of another key', 'sendgrid', () => ({ body: noted, headers: makeSendgridSigner().sign(noted) })],
    [
      'SendGrid, no base64',
      'sendgrid',
      () => ({ body: noted, headers: { ...signer.sign(noted), 'x-twilio-email-event-webhook-signature': '\u0000' } }),
    ],
    ['Mailgun, of another key', 'mailgun', () => ({ body: writeMailgun('another-key', { event: 'delivered' }) })],
    [
      'Mailgun, two days old',
      'mailgun',
      () => ({ body: writeMailgun(MAILGUN_KEY, {}, { timestamp: Date.now() / 1000 - 180_000 }) }),
    ],
    ['Mailgun, none', 'mailgun', () => ({ body: '{"event-data":{}}' })],
    ['SNS, of another message', 'ses', () => ({ body: tampered(writeSns(snsKey, { Message: 'kari@' })) })],
    [
      'SNS, none',
      'ses',
      () => ({
        body: JSON.stringify({
          Type: 'Notification',
          SignatureVersion: '1',
          SigningCertURL: `https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-${'a'.repeat(32)}.pem`,
        }),
      }),
    ],
    [
      'SNS, a certificate from elsewhere',
      'ses',
      () => ({ body: writeSns(snsKey, { SigningCertURL: 'https://sns.eu-west-1.amazonaws.com.evil.example/a.pem' }) }),
    ],
    [
      'SNS, a certificate of another name',
      'ses',
      () => ({ body: writeSns(snsKey, { SigningCertURL: CERTIFICATE_URL.replace('-01', '-0') }) }),
    ],
    ['SNS, a query', 'ses', () => ({ body: writeSns(snsKey, { SigningCertURL: `${CERTIFICATE_URL}?a` }) })],
    [
      'SNS, of another topic',
      'ses',
      () => ({ body: writeSns(snsKey, { TopicArn: 'arn:aws:sns:eu-west-1:666:mails' }) }),
    ],
    [
      'SNS, two hours old',
      'ses',
      () => ({ body: writeSns(snsKey, { Timestamp: new Date(Date.now() - 7_200_000).toISOString() }) }),
    ],
    ['SNS, without a time', 'ses', () => ({ body: writeSns(snsKey, { Timestamp: '' }) })],
    ['SNS, of another sort', 'ses', () => ({ body: writeSns(snsKey, { Type: 'Other' }) })],
  ])('%s: refused', async (_what, name, write) => {
    await expect(read(name, write())).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('a signature of Mailgun is good for one event, however often that comes', async () => {
    const token = 'f'.repeat(50);
    const write = (event: object) => ({ body: writeMailgun(MAILGUN_KEY, { ...mailgunEvent, ...event }, { token }) });
    expect(await read('mailgun', write({ event: 'delivered' }))).toHaveLength(1);
    expect(await read('mailgun', write({ event: 'delivered' }))).toHaveLength(1);
    for (const other of [{ event: 'complained' }, { event: 'delivered', id: 'G8' }]) {
      await expect(read('mailgun', write(other))).rejects.toMatchObject({ code: 'forbidden' });
    }
  });

  it('a certificate that is not of SNS signs nothing', async () => {
    const { certFile, keyFile } = makeCertificate(dir.path, 'evil.amazonaws.com', 'rsa:2048');
    const before = certificate;
    certificate = readFileSync(certFile, 'utf8');
    const key = createPrivateKey(readFileSync(keyFile));
    const SigningCertURL = CERTIFICATE_URL.replace('eu-west-1', 'eu-west-2');
    await expect(read('ses', { body: writeSns(key, { SigningCertURL }) })).rejects.toMatchObject({ code: 'forbidden' });
    certificate = before;
  });

  it('more events than any provider sends are refused, none is left out', async () => {
    const many = (count: number) => sendgrid(...Array.from({ length: count }, () => ({ event: 'delivered' })));
    expect(await read('sendgrid', many(10_000))).toHaveLength(10_000);
    await expect(read('sendgrid', many(10_001))).rejects.toMatchObject({ code: 'payload_too_large' });
  });

  it.each(['', 'no JSON', 'null', '7'])('%j: no report', async (body) => {
    await expect(read('postmark', { body })).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('the certificate is fetched once, from Amazon alone', () => {
    const certificates = fetched.filter((url) => url.endsWith('.pem'));
    expect(certificates).toEqual([
      CERTIFICATE_URL,
      CERTIFICATE_URL.replace(/[0-9a-f]{32}/, 'a'.repeat(32)),
      CERTIFICATE_URL.replace('west-1', 'west-2'),
    ]);
    const wrong = [
      'http://sns.eu-west-1.amazonaws.com/',
      'https://sns.eu-west-1.amazonaws.com:8443/',
      'https://a@sns.eu-west-1.amazonaws.com/',
      'https://s3.eu-west-1.amazonaws.com/',
      'https://x-sns.eu-west-1.amazonaws.com/',
      'sns',
    ];
    for (const url of wrong) expect([url, isSnsUrl(url)]).toEqual([url, false]);
    expect(isSnsUrl('https://sns.us-gov-west-1.amazonaws.com/x.pem')).toBe(true);
  });
});

it('a mail by Postmark tells it which mail it is; by another relay nothing', () => {
  expect(reportHeaders('smtp-broadcasts.postmarkapp.com:587', JOB)).toEqual({ 'X-PM-Metadata-heavylift-job': JOB });
  expect(reportHeaders('smtp.postmarkapp.com.evil.example:587', JOB)).toEqual({});
  expect(reportHeaders('', JOB)).toEqual({});
});

it('keys that can not be used are told', () => {
  const { sendgrid: one, mailgun: two } = PROVIDER_BY_NAME;
  expect([one.findKeyFault?.(signer.key), one.findKeyFault?.('x'), two.findKeyFault?.(MAILGUN_KEY)]).toEqual([
    null,
    expect.stringMatching(/^must be/),
    null,
  ]);
});
