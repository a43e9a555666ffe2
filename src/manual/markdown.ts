import MarkdownIt from 'markdown-it';

/** What reads files of `docs`: CommonMark with tables. HTML in them stays text. */
export const createMarkdown = () => new MarkdownIt({ html: false, linkify: false });

export type Markdown = ReturnType<typeof createMarkdown>;
export type Token = ReturnType<Markdown['parse']>[number];

/** What a token says, without its marks. */
export function textOf(token: Token | undefined): string {
  if (!token) return '';
  if (token.type === 'fence' || token.type === 'code_block') return token.content;
  const inner: Token[] = token.children ?? [];
  return inner
    .map(({ type, content }) => (type === 'softbreak' || type === 'hardbreak' ? ' ' : content))
    .join('')
    .trim();
}
