import { describe, expect, it } from '@jest/globals';
import type { MailRecipient } from '../../../../src/delivery/mail-recipient.ts';
import { answer } from '../../../../workers/emails/inbox/parse/parse.ts';
import { judgeReport } from '../../../../workers/emails/returns/judge-report.ts';
import type { MailReport } from '../../../../workers/emails/returns/report/mail-report.ts';
import { mayName } from '../../../../workers/emails/returns/report/names.ts';
import { readAddress, readFieldGroups } from '../../../../workers/emails/returns/report/report-fields.ts';
import { createReturnPaths } from '../../../../workers/emails/returns/return-path.ts';
import { addReturn, addReturns, type Returned } from '../../../../workers/emails/returns/returns.ts';
import { BOUNCE_SAMPLES, complaint, plainBounce } from '../../../support/emails/bounces.ts';

const JOB = 'eml_0123456789abcdefghjkmnpqrs';
const paths = createReturnPaths(['a secret of the tests that is long enough']);
const facts = {
  returnPath: paths.write(JOB, ['kari@example.no'], 'b.firma.no'),
  messageId: `${JOB}@firma.no`,
  to: 'kari@example.no',
};

const answerOf = (from: string, text: readonly string[]) =>
  plainBounce(facts, from, text, ['Auto-Submitted: auto-replied']);

async function read(mail: string): Promise<MailReport> {
  const said = await answer({ source: new Uint8Array(Buffer.from(mail)), want: 'report' });
  if (!('report' in said)) throw new Error('no report');
  return said.report;
}

describe('a report of a mail server', () => {
  it.each(BOUNCE_SAMPLES)('$server: its recipient, what it is about, and whether it suppresses', async (sample) => {
    const report = await read(sample.write(facts));
    expect(report.localParts.some((one) => paths.read(one)?.job === JOB)).toBe(true);
    expect(report.jobs).toEqual([JOB]);
    const [one] = report.recipients;
    expect(report.recipients).toHaveLength(1);
    if (sample.event === 'complained') {
      expect(report.sort).toBe('complaint');
      return;
    }
    // Whom a report names otherwise is the one that the mail's return path names.
    expect([one?.original ?? one?.final ?? facts.to, one?.action]).toEqual([
      facts.to,
      { bounced: 'failed', deferred: 'delayed', delivered: 'delivered' }[sample.event],
    ]);
    const judged = judgeReport(one as NonNullable<typeof one>);
    if (sample.class) expect(judged.class).toBe(sample.class);
    if (sample.status !== undefined) expect(judged.status).toBe(sample.status);
    expect(judged.suppresses).toBe(sample.suppresses);
  });

  it.each([
    ['an answer of a person', plainBounce(facts, 'kari@example.no', [`<${facts.to}>:`, '550 5.1.1 is what I got'])],
    ['an automatic one', plainBounce(facts, 'postmaster@example.no', ['I am away until Monday.'])],
    [
      'one that names who is away',
      answerOf('postmaster@example.no', ['We are closed.', '', facts.to, '', 'is back soon.']),
    ],
    ['one of a new address', answerOf(facts.to, ['Please use', '', 'kari@new.example', '', 'as user unknown.'])],
    ['a challenge', answerOf('noreply-postmaster@boxbe.com', ['It waits, not delivered, for', '', facts.to])],
    ['a ticket', answerOf('bounce-desk@example.no', ['Request 550 of', '', facts.to, '550 5.1.1 was received.'])],
    [
      'one of Exchange',
      plainBounce(facts, 'postmaster@example.no', [facts.to, 'has left.'], ['X-Auto-Response-Suppress: All']),
    ],
    [
      'a receipt of its reading',
      plainBounce(
        facts,
        facts.to,
        ['--m', 'Content-Type: message/disposition-notification', '', 'Disposition: x', '--m--'],
        ['Content-Type: multipart/report; report-type=disposition-notification; boundary=m'],
      ),
    ],
    ['"not spam" of a feedback loop', complaint(facts, 'not-spam')],
    ['a failed signature of a feedback loop', complaint(facts, 'auth-failure')],
  ])('%s: none', async (_what, mail) => {
    expect(await read(mail)).toMatchObject({ sort: 'other', recipients: [] });
  });

  it.each([
    ['a return path', facts.returnPath, true],
    ['a Message-ID', facts.messageId, true],
    ['one over a soft line break', `${JOB.slice(0, 9)}=\r\n${JOB.slice(9)}`, true],
    ['what is encoded, and may', 'Content-Transfer-Encoding: base64', true],
    ['none', 'From: kari@example.no\r\n\r\nb-0123 eml_0123', false],
  ])('names a mail: %s', (_what, text, expected) => expect(mayName(Buffer.from(text))).toBe(expected));

  it('nested deeper than any is not read', async () => {
    const part = (at: number) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`;
    const mail = Array.from({ length: 12 }, (_, at) => part(at)).join('');
    const said = await answer({ source: new Uint8Array(Buffer.from(mail)), want: 'report' });
    expect(said).toMatchObject({ refused: expect.stringContaining('nesting') });
  });

  it.each([
    [
      { status: null, diagnostic: null },
      { class: 'recipient', suppresses: null, code: null },
    ],
    [
      { status: '5.1.1', diagnostic: null },
      { class: 'recipient', suppresses: 'at once' },
    ],
    [{ status: '4.1.1', diagnostic: 'smtp 450 4.1.1 unverified' }, { suppresses: null }],
    [
      { status: '5.7.1', diagnostic: '550 5.7.1 Relay access denied' },
      { class: 'relay', suppresses: null },
    ],
    [{ status: '5.4.7', diagnostic: 'delivery time expired' }, { suppresses: null }],
    [
      { status: '5.3.4', diagnostic: '552 5.3.4 Message too big for system' },
      { class: 'content', suppresses: null },
    ],
    [{ status: '5.7.26', diagnostic: '550-5.7.26 Unauthenticated email from firma.no' }, { class: 'sender' }],
  ])('%j: judged as %j', (given, expected) => expect(judgeReport(given)).toMatchObject(expected));
});

describe('the fields of a report', () => {
  it.each([
    ['A: 1\r\n 2\r\n\tthree\r\n\r\nB : x;y\nA: z', [{ a: '1 2 three' }, { b: 'x;y', a: 'z' }]],
    ['no field\n: no name\nA: first\nA: second\n more\n', [{ a: 'first' }]],
    ['\n\n \n', []],
    [`A: ${'x'.repeat(5000)}`, [{ a: 'x'.repeat(4000) }]],
  ])('%j', (text, groups) => expect(readFieldGroups(text).map((group) => Object.fromEntries(group))).toEqual(groups));

  it.each([
    ['rfc822; kari@example.no', 'kari@example.no'],
    ['RFC822;<kari@example.no>', 'kari@example.no'],
    ['rfc822; kari+2Bnyheter@example.no', 'kari+nyheter@example.no'],
    ['utf-8; kåre@example.no', 'kåre@example.no'],
    ['kari@example.no (Kari)', 'kari@example.no'],
    ['x400; /C=NO/', null],
    ['rfc822; a@b, c@d', null],
    ['', null],
  ])('the address in %j', (value, address) => expect(readAddress(value)).toBe(address));
});

describe('a return path', () => {
  it('names its mail and recipient, within what a local part may have, in capitals too', () => {
    const local = facts.returnPath.slice(0, facts.returnPath.indexOf('@'));
    expect(local.length).toBeLessThanOrEqual(64);
    const read = paths.read(local.toUpperCase());
    expect(read?.job).toBe(JOB);
    expect([read?.isRecipient('KARI@example.no'), read?.isRecipient('ola@example.no')]).toEqual([true, false]);
    const both = paths.write(JOB, ['kari@example.no', 'ola@example.no'], 'b.firma.no');
    expect(paths.read(both.slice(0, both.indexOf('@')))?.isRecipient('ola@example.no')).toBe(true);
  });

  it('changed, cut, of another secret or another mail: none', () => {
    const local = facts.returnPath.slice(0, facts.returnPath.indexOf('@'));
    const foreign = createReturnPaths(['another secret, as long as it needs']);
    const other = createReturnPaths([
      'a new secret, as long as it needs it',
      'a secret of the tests that is long enough',
    ]);
    expect(other.read(local)?.job).toBe(JOB);
    expect(foreign.read(local)).toBeNull();
    const wrong = [
      `${local}0`,
      local.slice(0, -1),
      local.replace('b-0', 'b-1'),
      local.replace(/-[0-9a-f]{8}-/, '-'),
      'b-',
      '',
    ];
    for (const text of wrong) expect([text, paths.read(text)]).toEqual([text, null]);
  });
});

describe('what came back of a recipient', () => {
  const returned = (state: Returned['state'], at = '2026-11-29T08:00:00.000Z'): Returned => ({
    ...{ state, at, code: 550, status: '5.1.1', response: 'no', class: 'recipient' },
  });
  const accepted: MailRecipient = {
    address: 'kari@example.no',
    state: 'accepted',
    stage: 'dot',
    command: '.',
    code: 250,
    status: '2.0.0',
    response: 'queued',
    class: null,
    at: '2026-11-29T07:00:00.000Z',
  };

  it('a stronger word replaces a weaker one, and no other', () => {
    const delivered = addReturn({}, 'a@b.no', returned('delivered')) ?? {};
    const bounced = addReturn(delivered, 'a@b.no', returned('bounced')) ?? {};
    expect([delivered['a@b.no']?.state, bounced['a@b.no']?.state]).toEqual(['delivered', 'bounced']);
    expect(addReturn(bounced, 'a@b.no', returned('bounced'))).toBeNull();
    expect(addReturn(bounced, 'a@b.no', returned('delivered'))).toBeNull();
    expect(addReturn(bounced, 'a@b.no', returned('complained'))).not.toBeNull();
    const weighing = (weight: number) => ({ ...returned('bounced'), weight });
    expect(addReturn(bounced, 'a@b.no', weighing(3))).toEqual({ 'a@b.no': weighing(3) });
    expect(addReturn({ 'a@b.no': weighing(3) }, 'a@b.no', weighing(2))).toBeNull();
    expect(addReturns([accepted], { [accepted.address]: weighing(3) })[0]).not.toHaveProperty('weight');
  });

  it('is shown in the place of what the relay said, unless the mail was sent again since', () => {
    const shown = (at: string) => addReturns([accepted], { 'kari@example.no': returned('bounced', at) });
    expect(shown('2026-11-29T08:00:00.000Z')).toEqual([
      { ...accepted, ...returned('bounced'), stage: null, command: null },
    ]);
    expect(shown('2026-11-29T06:00:00.000Z')).toEqual([accepted]);
  });
});
