import { posix } from 'node:path';
import { wordsOf } from '../../views/assets/docs/find.js';
import { excerptOf } from './excerpt.ts';
import type { ManualSection, ManualSite, RenderedPage } from './manual.ts';
import { createMarkdown, type Token, textOf } from './markdown.ts';
import type { FilePart, ManualFile } from './read-file.ts';

/** What a code block is called above its lines. */
const LANGUAGES: Readonly<Record<string, string>> = {
  sh: 'Shell',
  js: 'JavaScript',
  ts: 'TypeScript',
  py: 'Python',
  python: 'Python',
  php: 'PHP',
  rb: 'Ruby',
  ruby: 'Ruby',
  go: 'Go',
  html: 'HTML',
  json: 'JSON',
};

/** Renders one part of a file as a page. */
export type RenderPage = (file: ManualFile, part: FilePart) => RenderedPage;

/** What is known of the page that is being rendered. */
type Rendering = {
  file: ManualFile;
  part: FilePart;
  /** The heading that stands above, for the names of buttons. */
  heading: string;
};

/**
 * Makes what renders pages; `files` has them by where they lie in the repository. Links between files of the manual lead to each other's pages below `site.path`, and are followed
 * by a file's name where they lead elsewhere in the repository; addresses in shell lines are those of `site.url`.
 */
export function createPageRenderer(site: ManualSite, files: ReadonlyMap<string, ManualFile>): RenderPage {
  const markdown = createMarkdown();
  const { rules } = markdown.renderer;
  const state = (env: unknown): Rendering => env as Rendering;
  rules['heading_open'] = (tokens, index, _options, env) => {
    state(env).heading = textOf(tokens[index + 1]);
    return `<${headingTag(tokens[index], state(env))} id="${tokens[index]?.attrGet('id')}">`;
  };
  rules['heading_close'] = (tokens, index, _options, env) => `</${headingTag(tokens[index], state(env))}>\n`;
  rules['table_open'] = () => '<div class="wide-table" tabindex="0"><table>\n';
  rules['table_close'] = () => '</table></div>\n';
  // A column without a name has no heading cell.
  const headTag = (token: Token | undefined) => (textOf(token) === '' ? 'td' : 'th');
  rules['th_open'] = (tokens, index) => `<${headTag(tokens[index + 1])}>`;
  rules['th_close'] = (tokens, index) => `</${headTag(tokens[index - 1])}>\n`;
  // The one element that files of `docs` have: a cell of a table holds no lines otherwise.
  rules['text'] = (tokens, index) => escapeHtml(tokens[index]?.content ?? '').replaceAll('&lt;br&gt;', '<br>');
  rules['link_open'] = (tokens, index, _options, env) => openLink(tokens, index, state(env));
  rules['link_close'] = (tokens, index) => String(tokens[index]?.meta?.closing ?? '</a>');
  const block = (tokens: Token[], index: number, _options: unknown, env: unknown) =>
    figure(tokens[index], state(env).heading, site.url);
  rules['fence'] = block;
  rules['code_block'] = block;

  function openLink(tokens: Token[], index: number, rendering: Rendering): string {
    const href = String(tokens[index]?.attrGet('href') ?? '');
    const [open, close] = linkTags(href, rendering);
    const closing = tokens.find((token, at) => at > index && token.type === 'link_close');
    if (closing) closing.meta = { closing: close };
    return open;
  }

  function linkTags(href: string, { file, part }: Rendering): [open: string, close: string] {
    if (/^[a-z]+:/.test(href)) return [`<a href="${escapeHtml(href)}" rel="noreferrer">`, '</a>'];
    const [path = '', anchor] = href.split('#');
    const named = path === '' ? file.file : posix.join(posix.dirname(file.file), path);
    const target = files.get(named);
    if (!target) return ['', ` <span class="hint">(${escapeHtml(named)})</span>`];
    const page = (anchor === undefined ? undefined : target.pageOf.get(anchor)) ?? target.name;
    const hash = anchor === undefined ? '' : `#${anchor}`;
    const to = page === part.name && hash !== '' ? hash : `${site.path}/docs/${page}${hash}`;
    return [`<a href="${escapeHtml(to)}">`, '</a>'];
  }

  return (file, part) => {
    const [whole] = file.parts;
    const { name, title, tokens, headings } = part;
    const rendering: Rendering = { file, part, heading: title };
    const listed = headings.slice(1).filter(({ level }) => level === (part === whole ? 2 : 3));
    return {
      name,
      title,
      whole: whole && part !== whole ? { name: whole.name, title: whole.title } : null,
      parts: file.parts.slice(1).map((one) => ({ name: one.name, title: one.title })),
      headings: listed.map(({ anchor, title: text }) => ({ anchor, title: text })),
      html: markdown.renderer.render(tokens, markdown.options, rendering),
      sections: readSections(part),
    };
  };
}

/** A part of a file has headings one level higher than the file, so that each page has one of the first. */
function headingTag(token: Token | undefined, { file, part }: Rendering): string {
  const level = Number(token?.tag.slice(1) ?? 2);
  return `h${part === file.parts[0] ? level : level - 1}`;
}

/** The page in sections, each from a heading to the next one; deeper ones belong to that of the third level. */
function readSections({ tokens, headings }: FilePart): ManualSection[] {
  const heads = headings.filter(({ level }) => level <= 3);
  return heads.map(({ at, anchor, title }, index) => {
    const texts = tokens.slice(at + 3, heads[index + 1]?.at).map(textOf);
    const text = texts
      .filter((one) => one !== '')
      .join(' ')
      .replaceAll(/\s+/g, ' ');
    return { anchor: index === 0 ? '' : anchor, title, excerpt: excerptOf(text), words: wordsOf(text).join(' ') };
  });
}

function figure(token: Token | undefined, heading: string, url: string): string {
  const { info = '', content = '' } = token ?? {};
  const language = info.trim().split(/\s/)[0] ?? '';
  const isShell = language === 'sh' || (language === '' && content.includes('$URL'));
  const lines = isShell ? withAddress(content, url) : content;
  const label = LANGUAGES[language] ?? 'Text';
  const copy = `<button type="button" class="quiet" data-copy hidden>Copy<span class="unseen"> these lines of ${escapeHtml(heading)}</span></button>`;
  return `<figure class="sample"><figcaption><span>${label}</span>${copy}</figcaption><pre tabindex="0"><code>${escapeHtml(lines)}</code></pre></figure>\n`;
}

/** The lines with the address in the place of `$URL`, unless they set it themselves. */
const withAddress = (lines: string, url: string): string =>
  /\bURL=/.test(lines) ? lines : lines.replaceAll(/\$URL\b/g, () => url);

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
