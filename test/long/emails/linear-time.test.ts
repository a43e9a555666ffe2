import { setImmediate } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { suppressedAddress, suppressionInput } from '../../../src/suppressions/input.ts';
import { renderContent } from '../../../workers/emails/content/render-content.ts';
import { findTemplates } from '../../../workers/emails/content/template-files.ts';
import { createTemplates } from '../../../workers/emails/content/templates.ts';
import { htmlToText } from '../../../workers/emails/content/text/html-to-text.ts';
import { findBounces } from '../../../workers/emails/delivery/answers/bounces.ts';
import { readReply } from '../../../workers/emails/delivery/answers/reply.ts';
import { classifySmtpError, toLine } from '../../../workers/emails/delivery/answers/smtp-error.ts';
import { judge } from '../../../workers/emails/delivery/answers/verdict.ts';
import { requiresTls } from '../../../workers/emails/delivery/relay-options.ts';
import { findBodyEnd, findPictureNames } from '../../../workers/emails/html.ts';
import { makeFrame, showsRemotePictures } from '../../../workers/emails/inbox/parse/frame.ts';
import { emails } from '../../../workers/emails/job.ts';

/** One million characters. */
const million = (unit: string): string => unit.repeat(Math.ceil(1_000_000 / unit.length)).slice(0, 1_000_000);

const post = (fields: Record<string, unknown>) =>
  emails.input.safeParse({ to: 'kari@example.no', subject: 'Hei', text: 'Hei!', ...fields });
const attach = (fields: Record<string, unknown>) => post({ attachments: [{ filename: 'a', ...fields }] });
const refusal = (response: string) => ({ state: 'refused', code: 550, response, suppresses: 'at once' }) as const;
const verdict = (text: string) => judge(readReply('rcpt', `550 ${text}`, { from: 'a@example.no' }));
const renderOwn = (sources: Record<string, string>) => () =>
  renderContent({ template: 'a', subject: 'S', unsubscribeUrl: null, links: [] }, createTemplates(sources));
const frame = (html: string) => [showsRemotePictures(html), makeFrame(html, new Map())];
const renderHtml = (html: string) =>
  renderContent(
    { subject: 'S', text: 'a', html, unsubscribeUrl: null, links: [{ filename: 'a', url: 'https://example.no/a' }] },
    createTemplates({}),
  );

/**
 * Each pattern that meets a caller's or a server's text, with the worst text for it: one on which a pattern that can
 * match the same text in two ways takes the square of its length, minutes for a million characters.
 */
const WORST: [what: string, work: () => unknown][] = [
  ['control characters', () => post({ subject: million('a') })],
  ['local part', () => post({ to: { address: `${million('a.')}@example.no` } })],
  ['domain', () => post({ to: `a@${million('a.')}no` })],
  ['group', () => post({ to: million(':') })],
  ['quoted name', () => post({ to: `"${million('\\"')} <a@example.no>` })],
  ['suppressed address', () => suppressedAddress.safeParse(million('a.'))],
  ['suppression note', () => suppressionInput.safeParse({ note: million(' ') })],
  ['stream', () => post({ messageStream: million('a-') })],
  ['unsubscribe URL', () => post({ unsubscribeUrl: `https://example.no/${million(' <')}` })],
  ['header name', () => post({ headers: { [`x-${million('a-')}`]: 'x' } })],
  ['header value', () => post({ headers: { 'x-a': million(' ') } })],
  ['file name', () => attach({ content: '', filename: million('a ') })],
  ['base64', () => attach({ content: `${million('A')}!` })],
  ['base64 padding', () => attach({ content: million('=') })],
  ['media type', () => attach({ content: '', type: `${million('a')}/${million('a')}; charset=` })],
  ['cid', () => attach({ content: '', cid: `${million('a')}!` })],
  ['job id', () => attach({ job: `rep_${million('0')}` })],
  ['pictures: open attributes', () => findPictureNames(`${million('<img src=')}cid`)],
  ['pictures: spaces', () => findPictureNames(`<img src${million(' ')}cid`)],
  ['pictures: entities', () => findPictureNames(`<img src="${million('&amp')}cid`)],
  ['pictures: elements', () => findPictureNames(`${million('<div>')}cid`)],
  ['pictures: comments', () => findPictureNames(`${million('<!--')}cid`)],
  ['body end: closing tags', () => findBodyEnd(million('</body'))],
  ['body end: spaces', () => findBodyEnd(`</body${million(' ')}>`)],
  ['body end: pairs', () => findBodyEnd(million('</body>'))],
  ['frame: open elements', () => frame(million('<b>'))],
  ['frame: scripts', () => frame(million('<script>'))],
  ['frame: closed scripts', () => frame(million('</script'))],
  ['frame: what is cut', () => frame(million('<link '))],
  ['frame: content ids', () => frame(million('="cid:'))],
  ['frame: spaces', () => frame(`<p style="url(${million(' ')}`)],
  ['frame: sources', () => frame(`<img srcset="${million('a, ')}">`)],
  ['links below HTML', () => renderHtml(million('</BODY>'))],
  ['text of flat HTML', () => htmlToText(million('<p>a</p>'))],
  ['text of elements in elements', () => htmlToText(million('<div>'))],
  ['text of what is hidden', () => htmlToText(million('<p hidden><ul><li hidden><td hidden><span hidden></b></td>'))],
  ['text of what is in what is hidden', () => htmlToText(`<div hidden>${million('<div><p></ul></td><ul><li>')}`)],
  ['text of lists in lists', () => htmlToText(million('<ul><li>a'))],
  ['text of quotations', () => htmlToText(million('<blockquote>a'))],
  ['text of tables in tables', () => htmlToText(million('<table class=data><tr><td>'))],
  ['text of wide cells', () => htmlToText(`<table class=data>${million('<tr><td colspan=1000 rowspan=1000>x')}`)],
  ['text of long cells', () => htmlToText(`<table class=data><td>${million('x')}${million('<tr><td>a<td>b')}`)],
  ['text of links', () => htmlToText(million('<a href="https://example.no">x'))],
  ['text of a long address', () => htmlToText(`<a href="${million('&amp;')}">${million('&amp;')}`)],
  ['text of classes', () => htmlToText(`<p class="${million(' a')}">`)],
  ['text of line ends', () => htmlToText(million('<br>'))],
  ['text as it is', () => htmlToText(`<pre>${million('\n')}`)],
  ['text of white space', () => htmlToText(million(' \n'))],
  ['template error', renderOwn({ 'a.text': `{{ ${million('a').slice(0, 400_000)} }}` })],
  ['template file name', () => findTemplates([`${million('a-')}.html.liquid`])],
  ['response: white space', () => toLine(million(' \r\n'))],
  ...['user is ', ' ', '5.1.', '1', '<', 'a@', 'said: 5', 'host a said ', 'exceeded the ', 'too many ', 'https:'].map(
    (unit): [string, () => unknown] => [`response: ${unit}`, () => verdict(`user ${million(unit)}`)],
  ),
  ['bounces', () => findBounces({ 'a@example.no': refusal(million('no such ')), b: refusal(million('no such ')) })],
  ['code of TLS', () => classifySmtpError({ code: 'ESOCKET', originalCode: million('UNABLE_TO') }, [])],
  ['relay host', () => requiresTls({ SMTP_URL: `smtp://a:b@${million('a').slice(0, 250)}`, SMTP_STARTTLS: 'auto' })],
];

/** The slowest takes 3 s on a busy machine; a quadratic one 26 s and more. */
const LIMIT_MS = 10_000;

// A refusal is an answer too; a pattern that overflows the stack is not. The limit can't end a test that never pauses: it
// is looked at in the next turn of the event loop, so the test waits for that.
it.each(WORST)(
  '%s: a million characters of the worst are read',
  async (_what, work) => {
    expect(work).not.toThrow(RangeError);
    await setImmediate();
  },
  LIMIT_MS,
);
