import { describe, expect, it } from '@jest/globals';
import { type ContentSource, renderContent } from '../../../../workers/emails/content/render-content.ts';
import { findTemplates, readTemplates } from '../../../../workers/emails/content/template-files.ts';
import { createTemplates, TemplateError } from '../../../../workers/emails/content/templates.ts';
import { WORDS } from '../../../../workers/emails/words/languages.ts';
import { LANGUAGE_NAMES } from '../../../../workers/reports/locales/index.ts';

const shipped = createTemplates(readTemplates());
const render = (source: Partial<ContentSource>, templates = shipped) =>
  renderContent({ unsubscribeUrl: null, links: [], ...source }, templates);
/** Templates of the test's own; `a` is the one that is rendered. */
const renderOwn = (sources: Record<string, string>, variables: Record<string, unknown> = {}) =>
  render({ template: 'a', subject: 'S', variables }, createTemplates(sources));
const errorOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
  throw new Error('expected a TemplateError');
};

it.each([
  ['ar', 'rtl'],
  ['fa-IR', 'rtl'],
  ['nb', 'ltr'],
  ['art', 'ltr'],
])('a template in %s: its text runs %s, and the values of facts follow', (lang, direction) => {
  const variables = { title: 'T', message: 'M', lang, facts: [{ label: 'A', value: '499 kr' }] };
  const html = render({ template: 'notification', variables }).html ?? '';
  expect(html).toMatch(new RegExp(`^<html lang="${lang}" dir="${direction}">$`, 'm'));
  expect(html).toContain(`<td class="card" dir="${direction}"`);
  expect(html).toContain(`align="${direction === 'rtl' ? 'left' : 'right'}"`);
});

describe('what mails say by themselves', () => {
  const variables = { title: 'Oktober', name: 'Kari', url: 'https://a.no/', message: 'M' };

  it('is there in every language of reports, with its places', () => {
    for (const [language, words] of Object.entries(WORDS)) {
      expect([language, words.hello]).toEqual([language, expect.stringMatching(/\{name\}./)]);
      expect([language, words.isReady]).toEqual([language, expect.stringContaining('{title}')]);
    }
    const missing = LANGUAGE_NAMES.filter((name) => !Object.hasOwn(WORDS, name) && !name.startsWith('de-'));
    expect(missing).toEqual([]);
  });

  it.each([
    ['nb', 'Oktober er klar', 'Hei Kari,\n', 'Åpne rapporten: https', 'Meld deg av: https'],
    ['pt-PT', 'Oktober: disponível', 'Olá, Kari,\n', 'Abrir o relatório', 'Cancelar a subscrição'],
    ['zh-TW', 'Oktober已備妥', 'Kari，您好：\n', '開啟報告', '取消訂閱'],
    ['fa', 'Oktober is ready', 'Hello Kari,\n', 'Open the report', 'Unsubscribe'],
  ])('%s', (lang, subject, ...texts) => {
    const mail = render({ template: 'report-ready', variables, lang, unsubscribeUrl: 'https://b.no/' });
    expect(mail.subject).toBe(subject);
    for (const text of texts) expect(mail.text).toContain(text);
    const markdown = render({ subject: 'S', markdown: 'a', lang, unsubscribeUrl: 'https://b.no/' });
    expect(markdown.text).toContain(texts.at(-1)?.replace(': https', ' <https'));
  });

  it('gives way to what the variables say', () => {
    const own = { ...variables, lang: 'nb', greeting: 'Kjære', button: 'Les', unsubscribeText: 'Slutt' };
    const { text, html } = render({ template: 'notification', variables: own, unsubscribeUrl: 'https://b.no/' });
    expect(text).toBe('Oktober\n\nKjære Kari,\n\nM\n\nLes: https://a.no/\n\n-- \nSlutt: https://b.no/\n');
    expect(html).toContain('<p>Kjære <bdi>Kari</bdi>,</p>');
  });
});

describe('html without a text', () => {
  it('its words, with links where they stand; pictures by their words, no styles and preheaders', () => {
    const html =
      '<style>p{}</style><h1>Tittel</h1><div class="preheader">skjult</div><p>Hei <b>Kari</b> &amp; co, ' +
      '<a href="https://example.no/a?b=1&amp;c=2">les mer</a> <a href="https://example.no">https://example.no</a></p>' +
      '<img src="cid:logo" alt="Logo"><ul><li>en</li><li>to</li></ul>';
    expect(render({ subject: 'S', html }).text).toBe(
      'Tittel\n\nHei Kari & co, les mer <https://example.no/a?b=1&c=2> https://example.no\n\nLogo\n\n * en\n * to\n',
    );
  });

  it('that shows nothing in words: the subject, as an empty text is taken for spam', () => {
    expect(render({ subject: 'Tilbud', html: '<img src="https://a.no/b.png"><p>\u200b</p>' }).text).toBe('Tilbud\n');
  });

  it('20,000 nested elements: cut, and no stack overflows', () => {
    const text = render({ subject: 'S', html: `${'<div>'.repeat(20_000)}dypt` }).text;
    expect(text?.length).toBeLessThan(1000);
  });

  it('a text beside it: kept as it was written', () => {
    expect(render({ subject: 'S', html: '<p>a</p>', text: 'b' })).toEqual({
      subject: 'S',
      html: '<p>a</p>',
      text: 'b',
    });
  });
});

describe('markdown', () => {
  it('becomes HTML in the layout, and a text', () => {
    const { html, text } = render({
      subject: 'S',
      markdown: '# Hei\n\nMed **fet** og [lenke](https://example.no).\n\n| a | b |\n|---|---|\n| 1 | 2 |',
    });
    expect(html).toContain('<p>Med <strong>fet</strong> og <a href="https://example.no">lenke</a>.</p>');
    expect(html).toMatch(/^<!doctype html>[\s\S]*prefers-color-scheme: dark[\s\S]*<\/html>\s*$/);
    expect(text).toBe('Hei\n\nMed fet og lenke <https://example.no>.\n\na   b\n1   2\n');
  });

  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '[x](javascript:alert(1))',
    '[x](data:text/html,y)',
  ])('%s: shown as text', (markdown) => {
    const { html = '' } = render({ subject: 'S', markdown });
    const body = html.slice(html.indexOf('<div class="content">'));
    expect(body).not.toMatch(/<script|<img|href="(?:javascript|data)/);
  });
});

describe('the templates that come along', () => {
  const everything = {
    title: 'Rapport <oktober>',
    name: 'Kari "K" & Ola',
    period: 'oktober',
    summary: 'Opp 12 %.\n<b>Bra</b>',
    message: 'Første linje.\nAndre linje.',
    facts: [{ label: 'Ordre', value: '312' }],
    url: 'https://example.no/r?a=1&b=2',
    button: 'Åpne',
    level: 'warning',
  };

  it('are found by their names; layouts and parts are none', () => {
    expect([...findTemplates().keys()].toSorted()).toEqual(['notification', 'report-ready']);
  });

  it.each([...findTemplates().keys()])(
    '%s: escaped in HTML and plain in text, with button and unsubscribe link',
    (template) => {
      const unsubscribeUrl = 'https://example.no/u/abc';
      const { subject, html = '', text = '' } = render({ template, variables: everything, unsubscribeUrl });
      expect(subject).toContain('Rapport <oktober>');
      expect(html).toContain('Rapport &lt;oktober&gt;');
      expect(html).toContain('Kari &#34;K&#34; &amp; Ola');
      expect(html).not.toContain('<b>Bra</b>');
      expect(html).toContain('href="https://example.no/r?a=1&amp;b=2"');
      expect(html).toContain(`href="${unsubscribeUrl}"`);
      expect(html).toMatch(/<div class="preheader"[^>]*display:none/);
      expect(html).not.toMatch(/<(?:link|script|img)|url\(|@import|https?:\/\/(?!example\.no)/);
      expect(text).toContain('Kari "K" & Ola,');
      expect(text).toContain('Ordre: 312');
      expect(text).toContain('Åpne: https://example.no/r?a=1&b=2');
      expect(text).toContain(`Unsubscribe: ${unsubscribeUrl}`);
    },
  );

  it.each([...findTemplates().keys()])('%s: needs no more than its title and message', (template) => {
    const { html = '', text } = render({ template, variables: { title: 'T', message: 'M' } });
    expect(html).not.toMatch(/undefined|<a |\{\{|\{%/);
    expect(text).not.toMatch(/undefined|\{\{|\{%|\n\n\n\n/);
  });

  it('a subject that was posted: goes before the template’s own', () => {
    expect(render({ template: 'notification', subject: 'Mitt', variables: { title: 'T', message: 'M' } }).subject).toBe(
      'Mitt',
    );
  });
});

describe('a template that can not be rendered', () => {
  it('says template, part, line and why', () => {
    expect(errorOf(() => renderOwn({ 'a.html': '<p>\n\n{{ missing }}</p>' }))).toBe(
      'The template a (html, line 3) failed: undefined variable: missing.',
    );
    expect(errorOf(() => renderOwn({ 'a.text': '{{ "x" | nofilter }}' }))).toBe(
      'The template a (text, line 1) failed: undefined filter: nofilter.',
    );
    expect(errorOf(() => renderOwn({ 'a.text': 'x\n{% if y %}' }))).toMatch(
      /^The template a \(text, line 2\) failed: tag /,
    );
    expect(errorOf(() => render({ template: 'notification', variables: {} }))).toBe(
      'The template notification (subject, line 1) failed: undefined variable: title.',
    );
  });

  it.each(['javascript:alert(1)', 'data:text/html,x', '/relative', '', 7])('a link to %j: refused', (url) => {
    const variables = { title: 'T', message: 'M', url };
    expect(errorOf(() => render({ template: 'notification', variables }))).toMatch(
      /a link must be an absolute address/,
    );
  });

  it.each(['a\r\nBcc: x@evil.example', 'a\u2028b', 'x'.repeat(999), '  '])(
    '%# a subject that is no subject: refused',
    (title) => {
      const sources = { 'a.subject': '{{ title }}', 'a.text': 'x' };
      const work = () => render({ template: 'a', variables: { title } }, createTemplates(sources));
      expect(errorOf(work)).toMatch(/^The template a \(subject\) failed: what it makes (is empty|has )/);
    },
  );

  it('a loop without an end, and one that fills the memory: stopped', () => {
    const loop = '{% for i in (1..1000000) %}{% for j in (1..1000000) %}{% endfor %}{% endfor %}';
    expect(errorOf(() => renderOwn({ 'a.text': loop }))).toMatch(/limit exceeded/);
    const grow = '{% assign s = "xxxxxxxxxx" %}{% for i in (1..40) %}{% assign s = s | append: s %}{% endfor %}{{ s }}';
    expect(errorOf(() => renderOwn({ 'a.text': grow }))).toMatch(/limit exceeded/);
  });

  it.each(['../../package', '/etc/passwd', 'constructor', '__proto__'])('a part named %s: there is none', (name) => {
    expect(errorOf(() => renderOwn({ 'a.text': `{% render ${name} %}` }))).toMatch(/failed: ENOENT/);
  });

  it('variables can reach nothing but themselves: no prototype, no function, no other template', () => {
    const read = (path: string) => errorOf(() => renderOwn({ 'a.text': `{{ ${path} }}` }, { x: { y: 1 } }));
    for (const path of ['x.constructor', 'x.__proto__', 'x.toString', 'constructor']) {
      expect(read(path)).toMatch(/undefined variable/);
    }
    const inert = renderOwn({ 'a.text': '{{ x }}' }, { x: '{% render b %}{{ y }}' });
    expect(inert.text).toBe('{% render b %}{{ y }}');
  });
});

describe('links in the place of attachments', () => {
  it('stand inside the layout of templates and markdown, once', () => {
    const links = [{ filename: 'a & b.pdf', url: 'https://example.no/r/abc' }];
    for (const made of [{ markdown: 'Hei' }, { template: 'notification', variables: { title: 'T', message: 'M' } }]) {
      const { html = '', text = '' } = render({ subject: 'S', ...made, links });
      expect(html).toContain('<p><a href="https://example.no/r/abc">a &amp; b.pdf</a></p>');
      expect([html, text].map((part) => part.split('https://example.no/r/abc').length)).toEqual([2, 2]);
    }
  });

  it('stand at the end of text and HTML, escaped', () => {
    const links = [{ filename: 'a "b" <c>.pdf', url: 'https://example.no/r/abc' }];
    const { html, text } = render({ subject: 'S', text: 'Hei', html: '<body><p>Hei</p></BODY></html>', links });
    expect(text).toBe('Hei\na "b" <c>.pdf: https://example.no/r/abc\n');
    expect(html).toMatch(
      /<p>Hei<\/p><p [^>]*><a href="https:\/\/example.no\/r\/abc">a &#34;b&#34; &#60;c&#62;.pdf<\/a><\/p><\/BODY>/,
    );
  });
});
