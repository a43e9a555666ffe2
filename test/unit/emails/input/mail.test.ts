import { describe, expect, it } from '@jest/globals';
import { emails } from '../../../../workers/emails/job.ts';

const mail = { to: 'kari@example.no', subject: 'Hei', text: 'Hei!' };
const jobId = `rep_${'0'.repeat(26)}`;

/** `pointer: sentence` of each error in the mail; [] when it is taken. */
function issuesOf(input: unknown): string[] {
  const parsed = emails.input.safeParse(input);
  return (parsed.error?.issues ?? []).map(({ path, message }) => `/${path.join('/')}: ${message}`);
}
const withField = (field: string, value: unknown) => issuesOf({ ...mail, [field]: value });

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
    expect(withField('to', text).map((error) => error.slice(0, 8))).toEqual(['/to: mus']);
  });

  it('letters in front of the @: taken of recipients, composed, and refused of senders with the reason', () => {
    const once = emails.input.parse({ ...mail, to: 'ka\u030are@blåbær.no', bcc: [{ address: '用户@example.no' }] });
    expect([once.to, once.bcc]).toMatchObject([
      [{ address: 'kåre@xn--blbr-roah.no' }],
      [{ address: '用户@example.no' }],
    ]);
    const sentence = 'must have plain ASCII in front of the @, such as a to z: other letters are for recipients';
    expect(withField('from', 'kåre@example.no')).toEqual([`/from: ${sentence}`]);
    expect(withField('replyTo', 'Kåre <kåre@example.no>')).toEqual([`/replyTo: ${sentence}`]);
    expect(withField('to', `${'å'.repeat(33)}@example.no`)[0]).toContain('at most 64');
    expect(withField('to', 'å å@example.no')[0]).toContain('must be one address');
  });

  it('an address that is neither text nor an object: refused with a sentence that shows how it is written', () => {
    expect(withField('to', 5)[0]).toMatch(/^\/to: must be an address like kari@example.no .*, or a list of such$/);
    expect(withField('from', ['kari@example.no'])[0]).toMatch(/^\/from: must be an address like/);
  });

  it('no recipient, and neither text nor html: both are said', () => {
    expect(issuesOf({ subject: 'Hei' })).toEqual([
      '/to: must have at least one recipient (in to, cc or bcc)',
      '/text: must be given, or `html`, `markdown` or `template`',
    ]);
    expect(issuesOf({ ...mail, to: [] })).toEqual(['/to: must have at least one recipient (in to, cc or bcc)']);
    expect(issuesOf({ ...mail, to: undefined, bcc: 'kari@example.no' })).toEqual([]);
  });

  it('51 recipients: refused, in one list and over all three; 50 are taken', () => {
    const people = (count: number) => Array.from({ length: count }, (_, index) => `p${index}@example.no`);
    expect(issuesOf({ ...mail, to: people(51) })).toEqual(['/to: must have at most 50 addresses; there are 51']);
    expect(issuesOf({ ...mail, to: people(20), cc: people(20), bcc: people(11) })).toEqual([
      '/cc: must have at most 50 recipients over to, cc and bcc; there are 51',
    ]);
    expect(issuesOf({ ...mail, to: people(50) })).toEqual([]);
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
    for (const name of ['X-SMTPAPI', 'x-msys-api', 'X-SES-SOURCE-ARN', 'X-MC-BccAddress']) {
      expect(withField('headers', { [name]: '{}' })[0]).toMatch(/is not a header that can be set: mail providers act/);
    }
    expect(withField('headers', { References: '<a@b.no>', references: '<c@b.no>' })).toEqual([
      '/headers/references: must be given once, in whatever capitals',
    ]);
    expect(withField('headers', { 'List-Id': '   ' })[0]).toContain('must be an id in plain ASCII');
    expect(withField('headers', { 'X-Long': 'x'.repeat(901) })).toEqual([
      '/headers/X-Long: must have at most 900 characters',
    ]);
  });

  it('headers with a grammar of their own: of any length where they fold, and refused where they are none', () => {
    const References = Array.from({ length: 500 }, (_, at) => `<${at}@mail.example.no>`).join(' ');
    const taken = { References, 'In-Reply-To': 'a@b.no', 'List-Id': 'Nytt Æ <a.example.no>', Keywords: 'a, æ' };
    expect(withField('headers', taken)).toEqual([]);
    const ofLists = { 'List-Help': '<https://a.no/?b=c>, <mailto:help@a.no>', 'List-Owner': '<mailto:post@a.no>' };
    expect(withField('headers', { ...ofLists, 'List-Archive': '<http://a.no/>', Precedence: 'Bulk' })).toEqual([]);
    const refused = {
      'List-Help': 'https://a.no/',
      Precedence: 'first-class',
      References: `<${'a'.repeat(901)}@b.no>`,
      'In-Reply-To': '<blåbær@example.no>',
      'List-Id': 'Nytt <a.example.no> b',
      'Feedback-ID': 'blåbær',
    };
    expect(withField('headers', refused)).toEqual([
      '/headers/List-Help: must be addresses in angle brackets with https:, http: or mailto:, like <https://example.no/list>',
      '/headers/Precedence: must be bulk, list or junk',
      '/headers/References: must be ids of messages like <a1@example.no>, plain ASCII, each of at most 900 characters',
      '/headers/In-Reply-To: must be ids of messages like <a1@example.no>, plain ASCII, each of at most 900 characters',
      '/headers/List-Id: must be an id in plain ASCII like list.example.no, or Newsletter <list.example.no>',
      '/headers/Feedback-ID: must be plain ASCII, like october:customer:news:example',
    ]);
    expect(withField('headers', { References: '<a@b.no> '.repeat(20_000) })[0]).toContain('at most 100000 characters');
  });
});

describe('an invitation', () => {
  const event = [
    'UID:1@x',
    'DTSTAMP:20261128T000000Z',
    'DTSTART:20261201T080000Z',
    'ORGANIZER;CN="a, b":mailto:a@b.no',
  ];
  const calendar = (...lines: string[]) => ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:x', ...lines, 'END:VCALENDAR'];
  const whole = calendar('METHOD:REQUEST', 'BEGIN:VEVENT', ...event, 'SUMMARY:a', ' b', 'END:VEVENT');
  const issueOf = (lines: string[], method = 'REQUEST', end = '\n') =>
    withField('calendar', { method, content: lines.join(end) })[0] ?? '';

  it.each(['\n', '\r\n', '\r'])('with lines that end in %j: taken', (end) => {
    expect(issueOf([...whole, ''], 'REQUEST', end)).toBe('');
  });

  it.each([
    [whole, 'CANCEL', '/calendar/content: must have METHOD:CANCEL, like `method`'],
    [whole.slice(0, -1), 'REQUEST', '/calendar/content: must be iCalendar, from BEGIN:VCALENDAR to END:VCALENDAR'],
    [['x'], 'REQUEST', '/calendar/content: must be iCalendar: "x" is no line of it'],
    [[...whole, 'BEGIN:VCALENDAR'], 'REQUEST', 'must be iCalendar, from BEGIN:VCALENDAR to END:VCALENDAR'],
    [whole.filter((line) => line !== 'END:VEVENT'), 'REQUEST', 'must end what it begins: END:VCALENDAR does not'],
    [whole.filter((line) => line !== 'UID:1@x'), 'REQUEST', 'must have UID in its VEVENT'],
    [whole.filter((line) => !line.startsWith('ORG')), 'REQUEST', 'must have ORGANIZER in its VEVENT for REQUEST'],
    [whole.filter((line) => !line.startsWith('VER')), 'REQUEST', 'must have VERSION:2.0'],
    [calendar('METHOD:REQUEST'), 'REQUEST', 'must have a VEVENT, VTODO, VJOURNAL or VFREEBUSY'],
    [[...whole.slice(0, 5), 'X:\u0001'], 'REQUEST', 'must not contain control characters'],
    [whole, 'INVITE', '/calendar/method: must be PUBLISH, REQUEST,'],
  ])('%j as %s: refused', (lines, method, sentence) => {
    expect(issueOf(lines, method)).toContain(sentence);
  });

  it('200,000 characters of nothing but openings, colons or quotes: refused at once', () => {
    for (const text of ['BEGIN:A\n', ':', ';a="', ',', 'a;']) {
      expect(issueOf(['BEGIN:VCALENDAR', text.repeat(190_000 / text.length)])).toContain('/calendar/content: must');
    }
  });
});

describe('what a mail shows', () => {
  const bare = { to: 'kari@example.no' };

  it('one source: a template with its own subject, markdown, text or html', () => {
    expect(issuesOf({ ...bare, template: 'notification', variables: { title: 'T' } })).toEqual([]);
    expect(issuesOf({ ...bare, subject: 'S', markdown: '# Hei' })).toEqual([]);
    expect(issuesOf({ ...bare, markdown: '# Hei' })).toEqual(['/subject: must be given']);
    expect(issuesOf({ ...mail, template: 'notification' })).toEqual([
      '/text: must not be given together with `template`',
    ]);
    expect(issuesOf({ ...mail, markdown: 'x', html: '<p>x</p>' })).toEqual([
      '/html: must not be given together with `markdown`',
      '/text: must not be given together with `markdown`',
    ]);
    expect(issuesOf({ ...mail, variables: {} })).toEqual(['/variables: goes with `template` only']);
  });

  it.each(['no-such', '../../package', '_frame', '__proto__', ''])(
    'the template %j: refused, with the names there are',
    (template) => {
      expect(issuesOf({ ...bare, subject: 'S', template })).toContain(
        '/template: must be a template: notification, report-ready',
      );
    },
  );

  it('variables of more than 100,000 bytes, or nested without an end: refused', () => {
    const variables = (value: unknown) => issuesOf({ ...bare, template: 'notification', variables: { value } });
    expect(variables('x'.repeat(99_000))).toEqual([]);
    expect(variables('ø'.repeat(50_001))).toEqual(['/variables: must be a JSON object of at most 100,000 bytes']);
    const deep = JSON.parse(`${'['.repeat(49_000)}${']'.repeat(49_000)}`) as unknown;
    expect(variables(deep).length).toBeLessThanOrEqual(1);
    expect(issuesOf({ ...bare, template: 'notification', variables: [1] })[0]).toBe(
      '/variables: must be a JSON object of at most 100,000 bytes',
    );
  });

  it('a picture that no attachment brings, and a name that two have: refused', () => {
    const picture = { filename: 'a.png', content: '', cid: 'logo' };
    const html = '<img alt="a" src="cid:logo">';
    expect(issuesOf({ ...mail, html, attachments: [picture] })).toEqual([]);
    expect(issuesOf({ ...mail, html })).toEqual(['/html: shows cid:logo, which no attachment has']);
    expect(issuesOf({ ...mail, html, attachments: [picture, picture] })).toEqual([
      '/attachments: must have each cid once; "logo" is there twice',
    ]);
    expect(issuesOf({ ...mail, attachments: [{ ...picture, cid: 'a\r\nb' }] })[0]).toMatch(
      /^\/attachments\/0\/cid: must be/,
    );
  });
});

describe('streams and unsubscribing', () => {
  it('a link of our own is for one person: several recipients are refused, unless it is not wanted', () => {
    const several = { ...mail, to: ['a@example.no', 'b@example.no'], messageStream: 'news' };
    expect(issuesOf(several)[0]).toMatch(/^\/to: must be one recipient: the unsubscribe link of a mail is personal/);
    expect(issuesOf({ ...mail, bcc: 'b@example.no', unsubscribe: true })[0]).toMatch(/^\/to: must be one recipient/);
    for (const more of [
      { unsubscribe: false },
      { unsubscribeUrl: 'https://example.no/u' },
      { messageStream: 'transactional' },
    ]) {
      expect(issuesOf({ ...several, ...more })).toEqual([]);
    }
  });

  it.each(['http://example.no/u', 'javascript:alert(1)', 'example.no', `https://example.no/${'x'.repeat(900)}`, ''])(
    'unsubscribeUrl %j: refused',
    (unsubscribeUrl) => expect(withField('unsubscribeUrl', unsubscribeUrl)[0]).toMatch(/^\/unsubscribeUrl: must/),
  );

  it('unsubscribeUrl with line breaks or angle brackets: none of them is left', () => {
    const { unsubscribeUrl } = emails.input.parse({
      ...mail,
      unsubscribeUrl: 'https://example.no/a b>\r\nBcc: x@y.no?<æ',
    });
    expect(unsubscribeUrl).toMatch(/^https:\/\/example\.no\/[!-;=?-~]+$/);
  });

  it('unsubscribe beside unsubscribeUrl, and a stream that is no name: refused', () => {
    expect(issuesOf({ ...mail, unsubscribe: true, unsubscribeUrl: 'https://example.no' })).toEqual([
      '/unsubscribe: must not be given together with `unsubscribeUrl`',
    ]);
    expect(withField('messageStream', 'News letter')[0]).toMatch(/^\/messageStream: must be 1 to 64/);
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
    for (const type of ['message/partial; id="a"', 'message/external-body']) {
      expect(attach({ filename: 'a', content: '', type })[0]).toContain('must not be message/partial or');
    }
    expect(attach({ filename: 'a', content: '', type: 'text/calendar; charset=utf-8; method=REQUEST' })).toEqual([]);
    expect(attach({ filename: 'a', job: 'rep_1' })).toEqual([
      '/attachments/0/job: must be a job id like rep_ and 26 characters',
    ]);
    expect(attach(...Array.from({ length: 21 }, () => ({ filename: 'a', content: '' })))).toEqual([
      '/attachments: must be a list of at most 20 entries',
    ]);
  });

  it('neither content nor job, both, and fields of the other form: refused at the field', () => {
    expect(attach({ filename: 'a' })).toEqual([
      '/attachments/0/content: must be given (base64), or `job` with the id of a job to attach, or `upload`',
    ]);
    expect(attach({ filename: 'a', content: '', fallback: 'link', deadline: '2026-10-31T08:00:00Z' })).toEqual([
      '/attachments/0/fallback: goes with `job` only',
      '/attachments/0/deadline: goes with `job` only',
    ]);
    expect(attach({ filename: 'a', job: jobId, fallback: 'text', deadline: 'soon' })).toEqual([
      '/attachments/0/fallback: must be link',
      '/attachments/0/deadline: must be a date and time like 2026-10-31T08:00:00Z',
    ]);
    expect(attach({ filename: 'a', content: '', job: jobId })).toEqual([
      '/attachments/0/job: must not be given together with `content`',
    ]);
    expect(attach({ filename: 'a', content: '', file: 'x' })).toEqual(['/attachments/0/file: goes with `job` only']);
    expect(attach({ filename: 'a', job: jobId, type: 'text/plain' })[0]).toMatch(
      /^\/attachments\/0\/type: goes with `content` only/,
    );
  });

  it('attachments from jobs and uploads: the contract says which, and where each is named', () => {
    const attachments = [
      { filename: 'a', job: jobId, file: 'a' },
      { filename: 'b', upload: `upd_${'0'.repeat(26)}`, cid: 'b' },
      { filename: 'c', content: '' },
    ];
    expect(emails.references?.(emails.input.parse({ ...mail, attachments }))).toEqual([
      { id: jobId, pointer: '/attachments/0/job' },
      {
        id: `upd_${'0'.repeat(26)}`,
        pointer: '/attachments/1/upload',
        limit: { what: 'attached files', bytes: 20_000_000 },
      },
    ]);
  });
});
