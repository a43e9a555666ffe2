import { describe, expect, it } from '@jest/globals';
import { makeFrame, showsRemotePictures } from '../../../../workers/emails/inbox/parse/frame.ts';
import { createMailParser } from '../../../../workers/emails/inbox/parse/mail-parser.ts';
import { answer } from '../../../../workers/emails/inbox/parse/parse.ts';

const source = (...lines: string[]) => new Uint8Array(Buffer.from(lines.join('\r\n')));
const asked = async (mail: Uint8Array, number: number) => {
  const said = await answer({ source: mail, want: 'file', number });
  return 'file' in said ? said.file : said;
};
const withFile = (disposition: string, type = 'text/plain') =>
  source(
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    `Content-Type: ${type}`,
    disposition,
    '',
    'x',
    '--b--',
    '',
  );

describe('a file of a mail', () => {
  it.each([
    ['filename="../../etc/passwd"', 'passwd'],
    ['filename="C:\\\\x\\\\evil.exe"', 'evil.exe'],
    ['filename=".."', 'attachment-1'],
    ['filename=""', 'attachment-1'],
    ["filename*=utf-8''a%0D%0ASet-Cookie%3A%20x.txt", 'a  Set-Cookie: x.txt'],
    [`filename="${'a'.repeat(500)}"`, 'a'.repeat(200)],
  ])('its name: %s', async (given, expected) => {
    expect(await asked(withFile(`Content-Disposition: attachment; ${given}`), 1)).toMatchObject({ filename: expected });
  });

  it.each([
    ['TEXT/HTML', 'text/html'],
    ['text/html; charset=x', 'text/html'],
    ['text html', 'application/octet-stream'],
    ['text/x\u0007y', 'application/octet-stream'],
  ])('its type: %j', async (given, expected) => {
    expect(await asked(withFile('Content-Disposition: attachment; filename=a', given), 1)).toMatchObject({
      type: expected,
    });
  });

  it.each([0, 2, -1, 1.5])('number %s: there is none', async (number) => {
    expect(await asked(withFile('Content-Disposition: attachment; filename=a'), number)).toBeNull();
  });

  it('a mail in a mail is one file, not opened', async () => {
    const mail = withFile('Content-Disposition: inline', 'message/rfc822');
    const said = await answer({ source: mail, want: 'mail' });
    expect(said).toMatchObject({ mail: { attachmentCount: 1, attachments: [{ type: 'message/rfc822' }] } });
  });
});

describe('HTML for a frame', () => {
  const bodyOf = (html: string, pictures = new Map<string, string>()) =>
    makeFrame(html, pictures).split('<base target="_blank">')[1];

  it.each([
    ['<p>a</p>', '<p>a</p>'],
    ['a<script>b</script>c', 'ac'],
    ['a<SCRIPT src=x>b</SCRIPT >c', 'ac'],
    ['a<script>b', 'a'],
    ['a<link rel=preconnect href=//x>b', 'ab'],
    ['a<base href="//x/">b<meta http-equiv=refresh content="0;url=//x">c', 'abc'],
    ['a<iframe src=//x>b</iframe>c', 'ab</iframe>c'],
    ['a < b <b>c</b>', 'a < b <b>c</b>'],
  ])('%j is left as %j', (html, expected) => expect(bodyOf(html)).toBe(expected));

  it('pictures of the mail stand in it, wherever an attribute or a style names them', () => {
    const pictures = new Map([['logo@x', 'data:image/png;base64,AA==']]);
    expect(bodyOf('<img src="cid:logo@x"><p style="background:url(CID:logo%40x)">cid:logo@x', pictures)).toBe(
      '<img src="data:image/png;base64,AA=="><p style="background:url(data:image/png;base64,AA==)">cid:logo@x',
    );
    expect(bodyOf('<img src=cid:other><img src="cid:%">', pictures)).toBe('<img src=cid:other><img src="cid:%">');
  });

  it('one picture a thousand times: no more than 30 MB of it', () => {
    const pictures = new Map([['a', `data:image/png;base64,${'A'.repeat(1_000_000)}`]]);
    expect(bodyOf('<img src="cid:a">'.repeat(1000), pictures)?.length).toBeLessThan(31_000_000);
  });

  it.each([
    ['<img src="https://x/a.gif">', true],
    ['<img srcset="a.gif 1x, //x/b.gif 2x">', true],
    ['<td background=http://x/a.gif>', true],
    ['<p style="background:url(\'//x/a.gif\')">', true],
    ['<style>p { background: url(https://x/a.gif) }</style>', true],
    ['<a href="https://x/">https://x/a.gif</a>', false],
    ['<img src="cid:a"><img src="data:image/png;base64,//x">', false],
    ['<script src="https://x/a.js"></script>', false],
  ])('%s shows pictures of others: %s', (html, expected) => expect(showsRemotePictures(html)).toBe(expected));
});

describe('the thread', () => {
  it('a mail that takes too long is given up, and the next is read', async () => {
    const slow = createMailParser({ deadlineMs: 0 });
    // A short one may be read before the deadline is looked at.
    const mail = source('Subject: Hei', '', 'Hei '.repeat(2_000_000));
    await expect(slow.parse(async () => mail)).rejects.toMatchObject({ code: 'payload_too_large' });
    const parser = createMailParser();
    const all = [
      parser.parse(async () => source('Subject: Hei', '', 'Hei')),
      parser.frame(async () => source('', 'Hei')),
    ];
    expect(await Promise.all(all)).toMatchObject([{ subject: 'Hei', text: 'Hei\n', html: null }, null]);
  });

  it('more than may wait are refused, and once there is room, taken', async () => {
    const parser = createMailParser({ maxWaiting: 1 });
    const read = async () => source('Subject: Hei', '', 'Hei');
    const first = parser.parse(read);
    await expect(parser.parse(read)).rejects.toMatchObject({ code: 'queue_full' });
    expect([await first, await parser.parse(read)]).toMatchObject([{ subject: 'Hei' }, { subject: 'Hei' }]);
  });

  it('what can not be read from storage is said as it is', async () => {
    const parser = createMailParser();
    await expect(parser.parse(() => Promise.reject(new Error('no disk')))).rejects.toThrow('no disk');
  });
});
