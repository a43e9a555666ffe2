import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { judgeReport } from '../../../../workers/emails/returns/judge-report.ts';
import { PROVIDER_BY_NAME } from '../../../../workers/emails/returns/providers/index.ts';
import type { ProviderName, ProviderReport } from '../../../../workers/emails/returns/providers/provider.ts';
import { isSnsUrl } from '../../../../workers/emails/returns/providers/sns.ts';
import { reportHeaders } from '../../../../workers/emails/returns/report-headers.ts';
import { makeSendgridSigner, writeMailgun, writeSns } from '../../../support/provider-reports.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';
import { makeCertificate } from '../../../support/tls-smtp-server.ts';

const JOB = 'eml_0123456789abcdefghjkmnpqrs';
const signer = makeSendgridSigner();
const MAILGUN_KEY = 'key-0123456789abcdef';
let dir: ReturnType<typeof makeTempDir>;
let snsKey: ReturnType<typeof createPrivateKey>;
let certificate: string;
const fetched: string[] = [];
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
  return PROVIDER_BY_NAME[name].read(request, key, fetchText);
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
    ['Mailgun, two days old', 'mailgun', () => ({ body: writeMailgun(MAILGUN_KEY, {}, Date.now() / 1000 - 180_000) })],
    ['Mailgun, none', 'mailgun', () => ({ body: '{"event-data":{}}' })],
    ['SNS, of another message', 'ses', () => ({ body: tampered(writeSns(snsKey, { Message: 'kari@' })) })],
    [
      'SNS, none',
      'ses',
      () => ({
        body: JSON.stringify({
          Type: 'Notification',
          SignatureVersion: '1',
          SigningCertURL: 'https://sns.eu-west-1.amazonaws.com/a.pem',
        }),
      }),
    ],
    [
      'SNS, a certificate from elsewhere',
      'ses',
      () => ({ body: writeSns(snsKey, { SigningCertURL: 'https://sns.eu-west-1.amazonaws.com.evil.example/a.pem' }) }),
    ],
    ['SNS, of another sort', 'ses', () => ({ body: writeSns(snsKey, { Type: 'Other' }) })],
  ])('%s: refused', async (_what, name, write) => {
    await expect(read(name, write())).rejects.toMatchObject({ code: 'forbidden' });
  });

  it.each(['', 'no JSON', 'null', '7'])('%j: no report', async (body) => {
    await expect(read('postmark', { body })).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('the certificate is fetched once, from Amazon alone', () => {
    const certificates = fetched.filter((url) => url.endsWith('.pem'));
    expect(certificates).toEqual([
      'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0.pem',
      'https://sns.eu-west-1.amazonaws.com/a.pem',
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
