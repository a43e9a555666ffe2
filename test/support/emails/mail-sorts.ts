const base64 = (text: string) => Buffer.from(text).toString('base64');
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const file = (filename: string, text = 'x', more: object = {}) => ({ filename, content: base64(text), ...more });
const ids = (count: number) => Array.from({ length: count }, (_, at) => `<message-${at}@mail.example.test>`).join(' ');
const invitation = [
  ...[
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Firma//Booking//EN',
    'METHOD:REQUEST',
    'BEGIN:VEVENT',
    'UID:7@example.test',
  ],
  ...['DTSTAMP:20261128T080000Z', 'DTSTART:20261201T080000Z', 'DTEND:20261201T090000Z', 'SUMMARY:Møte om blåbær'],
  ...[
    'ORGANIZER:mailto:post@example.test',
    'ATTENDEE;RSVP=TRUE:mailto:kari@example.test',
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ],
].join('\r\n');

/** Sorts of mails, by what is hard about each: what a caller posts, beside `to` and what it leaves out. */
export const MAIL_SORTS: Readonly<Record<string, Record<string, unknown>>> = {
  'the smallest': {},
  'letters without a line end': { subject: 'blåbær', text: 'æøå' },
  'a subject of 998 characters in one word': { subject: 'x'.repeat(998) },
  'a subject of 190 words': { subject: `${'word '.repeat(190)}end` },
  'a subject of Japanese': { subject: '日本語の件名テスト'.repeat(80) },
  'a subject of emoji': { subject: '👩‍👩‍👧‍👦 Hei 🇳🇴 '.repeat(20).trim(), text: '👩‍👩‍👧‍👦 Hei 🇳🇴' },
  'a subject with spaces in a row': { subject: `a  b${' '.repeat(200)}c` },
  'a subject that looks encoded': { subject: 'see =?utf-8?q?x?= here' },
  'a sender and readers with signs in their names': {
    from: { name: 'Dr. "X" \\ <y>', address: 'post@example.test' },
    cc: [
      { name: 'Nordmann, Ola', address: 'ola@example.test' },
      { name: '日本 太郎 (社長)', address: 'taro@example.test' },
      { name: "O'Neil; a: b", address: 'neil@example.test' },
      { name: 'very long name '.repeat(13).trim(), address: 'long@example.test' },
      { name: 'boss@evil.example', address: 'boss@example.test' },
    ],
  },
  'an answer to somebody with letters': { replyTo: 'Støtte <stotte@example.test>' },
  'blind copies alone': { to: undefined, bcc: 'kari@example.test' },
  'a thread of 20': { headers: { 'In-Reply-To': '<a@b.test>', References: ids(20) } },
  'a thread of 2000': { headers: { References: ids(2000) } },
  'one id of 890 characters': { headers: { References: `<${'a'.repeat(880)}@x.test>` } },
  'headers with letters': {
    headers: {
      'List-Id': 'Nytt Æ <n.example.test>',
      Keywords: 'a, b c, æ',
      Organization: 'Blåbær AS',
      'List-Help': '<https://a.example.test/>',
    },
  },
  'a header of one long word': { headers: { 'X-Token': 't'.repeat(900) } },
  'a line of 5000': { text: `${'a'.repeat(5000)}\nb` },
  'a line of HTML of 10,000': { text: undefined, html: `<p>${'word '.repeat(2000)}</p>` },
  'line ends of every sort': { text: 'a\rb\nc\r\nd\n\re\r\r\nf', html: '<p>a\rb\r\r\n</p>\r' },
  'lines of dots': { text: '.\n..\n.a\n\n.\r\n.\r.\n', html: '<p>\n.\n..\n</p>' },
  'pictures alone': { text: undefined, html: '<p><img src="https://example.test/a.png"></p>' },
  'pictures with words': { text: undefined, html: '<table><tr><td><img alt="Tilbud"></td><td>49 kr</td></tr></table>' },
  'white space at ends of lines': { text: 'a  \nb\t\n-- \nsig\n' },
  'from right to left': { subject: 'שלום עולם 123 مرحبا', text: 'שלום עולם', html: '<p dir="rtl">שלום</p>' },
  'a picture in the HTML and a file': {
    html: '<img src="cid:logo">',
    attachments: [{ filename: 'logo.png', content: png, cid: 'logo' }, file('rapport oktober.pdf', '%PDF-1.4')],
  },
  'names of files': {
    attachments: [
      ...['årsrapport 2026 – æøå.pdf', '"quoted" name.txt', `${'日本語の長いファイル名'.repeat(8)}.pdf`, 'a;b=c.txt'],
      ...[
        `${'x'.repeat(200)}.txt`,
        'emoji 😀.png',
        'percent%20.txt',
        "it's.txt",
        'no-ext',
        'résumé (1).docx',
        '.hidden',
      ],
    ].map((name) => file(name)),
  },
  'types of files': {
    attachments: [
      ...[file('m.eml', 'From: a@b.test\nSubject: inner\n\nhei\n'), file('n.eml', 'Subject: inner\n\nblåbær\n')],
      ...[file('t.txt', 'linje 1\nlinje 2 æ\n'), file('c.csv', 'a;b\r\n1;2\r\n', { type: 'text/csv' })],
      ...[file('a.avif'), file('h.heic'), file('m.md', '# x'), file('e.bin', ''), file('q.json', '{}')],
      file('i.ics', invitation, { type: 'text/calendar; charset=utf-8; method=REQUEST' }),
    ],
  },
  'two files of one name': { attachments: [file('f.txt', '1'), file('f.txt', '2')] },
  'an invitation': { html: '<p>Hei!</p>', calendar: { method: 'REQUEST', content: invitation } },
  'an invitation and files': { calendar: { method: 'REQUEST', content: invitation }, attachments: [file('a.pdf')] },
  notification: {
    ...{ subject: undefined, text: undefined, template: 'notification', messageStream: 'newsletter' },
    variables: {
      ...{
        title: 'Payment received',
        name: 'Kari',
        message: 'Thank you for your order.\nWe pack it today.',
        level: 'success',
      },
      facts: [{ label: 'Amount', value: '499 kr' }],
      ...{ url: 'https://example.test/orders/7', button: 'See the order' },
    },
  },
  'report-ready': {
    ...{ subject: undefined, text: undefined, template: 'report-ready' },
    variables: { title: 'Rapport oktober', name: 'Kari', period: 'Oktober 2026', url: 'https://example.test/r/1' },
  },
  markdown: {
    text: undefined,
    markdown: '# Hei\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n* [lenke](https://example.test)',
  },
  'a link of one’s own for unsubscribing': {
    messageStream: 'newsletter',
    unsubscribeUrl: `https://example.test/u?x=${'a'.repeat(850)}`,
  },
};
