import { afterAll, describe, expect, it } from '@jest/globals';
import { AppError } from '../../../../src/errors.ts';
import { openContentPool } from '../../../../workers/emails/content/content-pool.ts';
import type { ContentSource } from '../../../../workers/emails/content/render-content.ts';

const pool = openContentPool(2500);
afterAll(() => pool.close());

const render = (source: Partial<ContentSource>, signal = new AbortController().signal) =>
  pool.render({ subject: 'S', unsubscribeUrl: null, links: [], ...source }, signal);
/** A million characters of open elements: the text of it takes longer than any mail may. */
const ENDLESS = { html: '<div>'.repeat(200_000) };
const codeOf = (work: Promise<unknown>) => work.catch((error) => (error instanceof AppError ? error.code : error));

describe('the thread that makes contents', () => {
  it('a content that takes too long: ended, and those behind it are made all the same', async () => {
    const slow = codeOf(render(ENDLESS));
    const others = await Promise.all(['a', 'b', 'c'].map((markdown) => render({ markdown })));
    expect(await slow).toBe('template_failed');
    expect(others.map(({ text }) => text)).toEqual(['a\n', 'b\n', 'c\n']);
  });

  it('a run that is stopped, waiting or being rendered: rejects with the reason, and the next goes on', async () => {
    const stops = [new AbortController(), new AbortController()];
    const reason = new AppError('interrupted', 'The worker is shutting down.');
    const [running, waiting] = stops.map(({ signal }) => codeOf(render(ENDLESS, signal)));
    const next = render({ markdown: 'next' });
    stops[1]?.abort(reason);
    expect(await waiting).toBe('interrupted');
    stops[0]?.abort(reason);
    expect(await running).toBe('interrupted');
    expect((await next).text).toBe('next\n');
    expect(await codeOf(render({ markdown: 'x' }, AbortSignal.abort(reason)))).toBe('interrupted');
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
