import { describe, expect, it } from '@jest/globals';
import { defaultConfig } from '../../../src/config.ts';
import { backoffMs } from '../../../src/queue/backoff.ts';
import { emails } from '../../../workers/emails/job.ts';

const mail = { to: 'kari@example.no', subject: 'Hei', text: 'Hei!' };
const jobId = `rep_${'0'.repeat(26)}`;

/** `pointer: sentence` of each fault in the mail; [] when it is taken. */
function faultsOf(input: unknown): string[] {
  const parsed = emails.input.safeParse(input);
  return (parsed.error?.issues ?? []).map(({ path, message }) => `/${path.join('/')}: ${message}`);
}
const withField = (field: string, value: unknown) => faultsOf({ ...mail, [field]: value });

describe('a mail at POST', () => {
  it('the example of the contract: taken, with its addresses read and its lists filled in', () => {
    expect(emails.input.parse(emails.example)).toMatchObject({
      to: [{ name: 'Kari Nordmann', address: 'kari@example.no' }],
      attachments: [],
      headers: {},
    });
  });

  it('an accepted mail parsed a second time: comes out the same', () => {
    const once = emails.input.parse({ ...mail, cc: ['"Nordmann, Ola" <ola@blåbær.no>'], replyTo: 'svar@example.no' });
    expect(emails.input.parse(once)).toEqual(once);
    expect(once.cc).toEqual([{ name: 'Nordmann, Ola', address: 'ola@xn--blbr-roah.no' }]);
  });

  it.each([
    ['to', 'kari@example.no\r\nRCPT TO:<x@evil.example>'],
    ['to', 'Kari\nBcc: x@evil.example <kari@example.no>'],
    ['cc', 'kari@example.no\0'],
    ['replyTo', '"Kari\r\nX-Evil: 1" <kari@example.no>'],
    ['from', { name: 'Kari\r\nBcc: x@evil.example', address: 'kari@example.no' }],
    ['from', 'Kari\u2028 <kari@example.no>'],
    ['subject', 'Hei\r\nBcc: x@evil.example'],
    ['subject', 'Hei\u0085'],
  ])('a control character in %s (%j): refused at that field', (field, value) => {
    expect(withField(field, value)).toEqual([`/${field}: must not contain line breaks or other control characters`]);
  });

  it('a control character in a list, a file name, a header and a media type: refused at the entry', () => {
    const sentence = 'must not contain line breaks or other control characters';
    expect(withField('bcc', ['ola@example.no', 'kari@example.no\n'])).toEqual([`/bcc/1: ${sentence}`]);
    expect(withField('headers', { 'X-Order': '7\r\nBcc: x@evil.example' })).toEqual([`/headers/X-Order: ${sentence}`]);
    const attachment = { filename: 'a\r\nX-Evil: 1.txt', content: 'aGVp' };
    expect(withField('attachments', [attachment])).toEqual([`/attachments/0/filename: ${sentence}`]);
    const type = { filename: 'a.txt', content: 'aGVp', type: 'text/plain\r\nX-Evil: 1' };
    expect(withField('attachments', [type])).toContain(`/attachments/0/type: ${sentence}`);
  });

  it.each([
    'kari',
    'kari@',
    '@example.no',
    'kari@example..no',
    'kari@-example.no',
    'kari@127.0.0.1',
    'kari@[127.0.0.1]',
    'kari@0x7f.1',
    'kari@ex%61mple.no',
    '"a b"@example.no',
    'kari@example.no, ola@example.no',
    'Nordmann, Kari <kari@example.no>',
    'ola@example.no <kari@example.no>',
    'Friends: kari@example.no, ola@example.no;',
    '<kari@example.no> <ola@example.no>',
    `${'a'.repeat(65)}@example.no`,
    `kari@${'a'.repeat(64)}.no`,
    `kari@${'abcdefgh.'.repeat(30)}no`,
    `${'a '.repeat(300)}<kari@example.no>`,
    '',
  ])('%j is not one address: refused at /to', (text) => {
    expect(withField('to', text).map((fault) => fault.slice(0, 8))).toEqual(['/to: mus']);
  });

  it('an address that is neither text nor an object: refused with a sentence that shows how it is written', () => {
    expect(withField('to', 5)[0]).toMatch(/^\/to: must be an address like kari@example.no .*, or a list of such$/);
    expect(withField('from', ['kari@example.no'])[0]).toMatch(/^\/from: must be an address like/);
  });

  it('no recipient, and neither text nor html: both are said', () => {
    expect(faultsOf({ subject: 'Hei' })).toEqual([
      '/to: must have at least one recipient (in to, cc or bcc)',
      '/text: must be given, or `html`, `markdown` or `template`',
    ]);
    expect(faultsOf({ ...mail, to: [] })).toEqual(['/to: must have at least one recipient (in to, cc or bcc)']);
    expect(faultsOf({ ...mail, to: undefined, bcc: 'kari@example.no' })).toEqual([]);
  });

  it('51 recipients: refused, in one list and over all three; 50 are taken', () => {
    const people = (count: number) => Array.from({ length: count }, (_, index) => `p${index}@example.no`);
    expect(faultsOf({ ...mail, to: people(51) })).toEqual(['/to: must have at most 50 addresses; there are 51']);
    expect(faultsOf({ ...mail, to: people(20), cc: people(20), bcc: people(11) })).toEqual([
      '/cc: must have at most 50 recipients over to, cc and bcc; there are 51',
    ]);
    expect(faultsOf({ ...mail, to: people(50) })).toEqual([]);
  });

  it('an unknown field: refused by its name, at every level', () => {
    expect(withField('sendAt', 'now')).toEqual(['/: Unrecognized key: "sendAt"']);
    expect(withField('attachments', [{ filename: 'a', content: '', path: '/etc/passwd' }])).toEqual([
      '/attachments/0: Unrecognized key: "path"',
    ]);
  });

  it.each(['Bcc', 'From', 'Sender', 'Return-Path', 'Content-Type', 'DKIM-Signature', 'Received', 'X-A: b', 'X-', ''])(
    'the header %j: is not one that can be set',
    (name) =>
      expect(withField('headers', { [name]: 'x' })[0]).toMatch(/is not a header that can be set: X-\.\.\. and /),
  );

  it('headers of the list: taken; too many and too long ones: refused with the limit', () => {
    const headers = { 'X-Order': '7', 'list-id': '<a.example.no>', 'Auto-Submitted': 'auto-generated' };
    expect(withField('headers', headers)).toEqual([]);
    const many = Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`X-${index}`, 'x']));
    expect(withField('headers', many)).toEqual(['/headers: must have at most 20 headers']);
    expect(withField('headers', { 'X-Long': 'x'.repeat(901) })).toEqual([
      '/headers/X-Long: must have at most 900 characters',
    ]);
  });
});

describe('attachments at POST', () => {
  const attach = (...attachments: unknown[]) => withField('attachments', attachments);

  it.each(['aGV', 'aGVp!A==', 'aGVp\naGVp', 'aGVpaG=='.repeat(2), '===='])('%j is not base64: refused', (content) => {
    expect(attach({ filename: 'a.txt', content })).toEqual([
      '/attachments/0/content: must be base64 with its padding and without line breaks',
    ]);
  });

  it('7 MB of inline content in all: taken; a byte more is refused with the size', () => {
    const base64 = (bytes: number) => Buffer.alloc(bytes, 7).toString('base64');
    const half = { filename: 'a.bin', content: base64(3_500_000) };
    expect(attach(half, half)).toEqual([]);
    expect(attach(half, { filename: 'b.bin', content: base64(3_500_001) })).toEqual([
      '/attachments: must have at most 7000000 bytes of content in all; there are 7000001',
    ]);
  });

  it('a path in a file name, a multipart type, a bad job id, 21 entries: refused', () => {
    expect(attach({ filename: '../a', content: '' })).toEqual([
      '/attachments/0/filename: must be a file name without / or \\',
    ]);
    expect(attach({ filename: 'a', content: '', type: 'multipart/mixed' })).toEqual([
      '/attachments/0/type: must not be a multipart type',
    ]);
    expect(attach({ filename: 'a', job: 'rep_1' })).toEqual([
      '/attachments/0/job: must be a job id like rep_ and 26 characters',
    ]);
    expect(attach(...Array.from({ length: 21 }, () => ({ filename: 'a', content: '' })))).toEqual([
      '/attachments: must have at most 20 attachments',
    ]);
  });

  it('neither content nor job, both, and fields of the other form: refused at the field', () => {
    expect(attach({ filename: 'a' })).toEqual([
      '/attachments/0/content: must be given (base64), or `job` with the id of a job to attach',
    ]);
    expect(attach({ filename: 'a', content: '', job: jobId })).toEqual([
      '/attachments/0/job: must not be given together with `content`',
    ]);
    expect(attach({ filename: 'a', content: '', file: 'x' })).toEqual(['/attachments/0/file: goes with `job` only']);
    expect(attach({ filename: 'a', job: jobId, type: 'text/plain' })[0]).toMatch(
      /^\/attachments\/0\/type: goes with `content` only/,
    );
  });

  it('two attachments from one job: the contract names the job once', () => {
    const attachments = [
      { filename: 'a', job: jobId, file: 'a' },
      { filename: 'b', job: jobId, file: 'b' },
      { filename: 'c', content: '' },
    ];
    expect(emails.references?.(emails.input.parse({ ...mail, attachments }))).toEqual([jobId]);
  });
});

it('attempts and backoff: reach over 48 hours, and not over 72', () => {
  const waits = Array.from({ length: emails.attempts - 1 }, (_, index) =>
    backoffMs(emails.backoff, index + 1, () => 1),
  );
  const hours = waits.reduce((sum, wait) => sum + wait, 0) / 3_600_000;
  expect(hours).toBeGreaterThan(48);
  expect(hours).toBeLessThan(72);
  expect(emails.timeoutMs(defaultConfig())).toBe(120_000);
});
