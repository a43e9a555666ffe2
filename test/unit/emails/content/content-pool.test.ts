import { afterAll, describe, expect, it } from '@jest/globals';
import { AppError } from '../../../../src/errors.ts';
import { openContentPool } from '../../../../workers/emails/content/content-pool.ts';
import type { ContentSource } from '../../../../workers/emails/content/render-content.ts';

const FOREVER_MS = 3_600_000;
const pool = openContentPool(2000, FOREVER_MS);
const never = new AbortController().signal;
afterAll(() => pool.close());

const render = (source: Partial<ContentSource>, caller = 'alice', signal = never, by = pool) =>
  by.render({ subject: 'S', unsubscribeUrl: null, links: [], ...source }, caller, signal);
/** Many times as long as a mail may be: a fast machine takes five times the limit for it. */
const ENDLESS = { markdown: '![['.repeat(2_000_000) };
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'made',
    (error) => (error instanceof AppError ? error.code : error),
  );

describe('the threads that make contents', () => {
  it('a content that takes too long: ended, its error names the limit, and those behind it are made', async () => {
    const slow = render(ENDLESS).catch(({ code, message }: AppError) => `${code}: ${message}`);
    const others = await Promise.all(['a', 'b', 'c'].map((markdown) => render({ markdown })));
    expect(await slow).toBe(
      "template_failed: Making the mail's content took too much time (the limit is 2 s). Send less of it.",
    );
    expect(others.map(({ text }) => text)).toEqual(['a\n', 'b\n', 'c\n']);
  });

  it('styles: in the elements too where that is wanted, and nothing is fetched', async () => {
    const html =
      '<head><link rel="stylesheet" href="http://127.0.0.1:1/a.css"><style>p.a{color:red}@media (max-width:9px){p{color:blue}}</style></head>' +
      '<body><!--[if mso]>x<![endif]--><![if !mso]><p>c<![endif]><p class="a" style="margin:0">&amp; <img src="cid:x"></p></body>';
    const { html: made = '', text } = await render({ html, text: 'T', inlineCss: true });
    expect(made).toContain('<p class="a" style="color: red;margin: 0">&amp; <img src="cid:x"></p>');
    expect(made).toContain('<!--[if !mso]><!--><p>c<!--<![endif]--></p>');
    for (const kept of ['<!--[if mso]>x<![endif]-->', '@media (max-width:9px){p{color:blue}}', 'a.css']) {
      expect(made).toContain(kept);
    }
    expect(text).toBe('T');
    expect((await render({ html, text: 'T' })).html).toBe(html);
    expect((await render({ html: '<p>a', text: 'T', inlineCss: true })).html).toBe('<p>a');
    expect((await render({ markdown: 'a', inlineCss: true })).html).toContain('<p style="margin: 0 0 16px;">a</p>');
  });

  it.each([
    ['too deep', `<style>div{color:red}</style>${'<div>'.repeat(5000)}`, /nested too deeply|too much time/],
    [
      'too many',
      `<style>${'p b i.c~u{color:red}'.repeat(30_000)}</style>${'<p><b><i></i><u></u></b></p>'.repeat(30_000)}`,
      /too much time/,
    ],
    [
      'too long',
      `<style>p{background:url(data:${'a'.repeat(200_000)})}</style>${'<p>x</p>'.repeat(5000)}`,
      /takes too much memory/,
    ],
  ])('styles %s for their elements: refused, and the next is made', async (_what, html, said) => {
    await expect(render({ html, text: 'T', inlineCss: true })).rejects.toThrow(said);
    expect((await render({ html: '<style>p{color:red}</style><p>a', text: 'T', inlineCss: true })).html).toContain(
      '<p style="color: red;">',
    );
  });

  it('a content that takes too much memory: ended, and its error names the limit', async () => {
    const sentence = "Making the mail's content took too much memory (the limit is 128 MB).";
    const patient = openContentPool(60_000, FOREVER_MS);
    await expect(render({ html: '<ul><li>'.repeat(4_000_000) }, 'alice', never, patient)).rejects.toThrow(sentence);
    expect((await render({ markdown: 'next' }, 'alice', never, patient)).text).toBe('next\n');
    await patient.close();
  });

  it("a caller's slow contents: another caller's is made meanwhile, however many wait", async () => {
    const patient = openContentPool(FOREVER_MS, FOREVER_MS);
    const stop = new AbortController();
    const slow = Array.from({ length: 3 }, () => codeOf(render(ENDLESS, 'alice', stop.signal, patient)));
    expect((await render({ markdown: 'a' }, 'bob', never, patient)).text).toBe('a\n');
    stop.abort(new AppError('interrupted', 'The worker is shutting down.'));
    expect(await Promise.all(slow)).toEqual(['interrupted', 'interrupted', 'interrupted']);
    await patient.close();
  });

  it('mails that wait too long behind others of their caller: make room, and come back without an attempt', async () => {
    const hurried = openContentPool(60_000, 100);
    const stop = new AbortController();
    const slow = codeOf(render(ENDLESS, 'alice', stop.signal, hurried));
    const waiting = await render({ markdown: 'a' }, 'alice', never, hurried).catch((error: unknown) => error);
    expect(waiting).toMatchObject({ code: 'mail_snoozed', waitingOn: 'slot', retryAfterSeconds: expect.any(Number) });
    stop.abort(new AppError('interrupted', 'The worker is shutting down.'));
    expect(await slow).toBe('interrupted');
    await hurried.close();
  });

  it('a run that is stopped, waiting or being rendered: rejects with the reason, and the next goes on', async () => {
    const stops = [new AbortController(), new AbortController()];
    const reason = new AppError('interrupted', 'The worker is shutting down.');
    const [running, waiting] = stops.map(({ signal }) => codeOf(render(ENDLESS, 'alice', signal)));
    const next = render({ markdown: 'next' });
    stops[1]?.abort(reason);
    expect(await waiting).toBe('interrupted');
    stops[0]?.abort(reason);
    expect(await running).toBe('interrupted');
    expect((await next).text).toBe('next\n');
    expect(await codeOf(render({ markdown: 'x' }, 'alice', AbortSignal.abort(reason)))).toBe('interrupted');
  });

  it('a template that fails: its sentence comes out of the thread', async () => {
    const error = await render({ template: 'notification', variables: {} }).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'template_failed' });
    expect(String(error)).toMatch(/The template notification \(html, line \d+\) failed: undefined variable/);
  });

  it('text alone, or text and HTML: as they were posted', async () => {
    expect(await render({ text: 'a' })).toEqual({ subject: 'S', text: 'a', html: undefined });
    expect(await render({ text: 'a', html: '<p>b' })).toEqual({ subject: 'S', text: 'a', html: '<p>b' });
  });
});
