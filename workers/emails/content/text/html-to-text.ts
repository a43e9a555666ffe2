import { tokenize } from '../../html.ts';
import { OpenElements } from './open-elements.ts';
import { TableText } from './table-text.ts';
import { TextWriter } from './text-writer.ts';

/** How many lines below what stands before them elements begin, and what follows them: 2 leave one empty. */
const BLOCKS = new Map([
  ...['article', 'aside', 'body', 'dd', 'div', 'dl', 'dt', 'figure', 'footer'].map((name) => [name, 1] as const),
  ...['form', 'header', 'main', 'nav', 'section', 'tr'].map((name) => [name, 1] as const),
  ...['blockquote', 'h4', 'h5', 'h6', 'hr', 'ol', 'p', 'pre', 'table', 'ul'].map((name) => [name, 2] as const),
  ...['h1', 'h2', 'h3'].map((name) => [name, 3] as const),
]);
const HEADING = /^h[1-6]$/;
/** Elements that no reader of a mail sees. What else stands in a head begins the body, as in browsers. */
const HIDDEN = new Set(['script', 'style', 'template', 'title']);
const VOID = new Set(['area', 'base', 'br', 'col', 'embed', 'hr', 'img', 'input', 'link', 'meta', 'source', 'wbr']);
const RULE = '-'.repeat(40);
const QUOTE = '> ';
const ATTRIBUTES = new Set(['alt', 'class', 'colspan', 'hidden', 'href', 'rowspan', 'start', 'style']);
const MAX_STYLE_LENGTH = 2000;
/** Styles by which mails hide what mail programs show of them beside the subject. */
const HIDING_STYLE =
  /(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden|max-height\s*:\s*0(?:px)?|opacity\s*:\s*0)(?![.\d])/i;

type Attributes = Partial<Record<string, string>>;

const hasClass = ({ class: names = '' }: Attributes, name: string): boolean => names.split(/\s+/).includes(name);
const isHidden = (name: string, attributes: Attributes): boolean =>
  HIDDEN.has(name) ||
  hasClass(attributes, 'preheader') ||
  attributes.hidden !== undefined ||
  HIDING_STYLE.test(attributes.style?.slice(0, MAX_STYLE_LENGTH) ?? '');
const readCount = (text = '', otherwise = 1): number => (/^\d{1,6}$/.test(text.trim()) ? Number(text) : otherwise);

/** A link that is open: its address, and what was written of it as far as that may be the same. */
interface Link {
  href: string;
  text: string;
}

/** What is known of a document while its tokens come. A closing tag that closes nothing changes nothing. */
class Conversion {
  readonly #writer = new TextWriter();
  readonly #elements = new OpenElements();
  /** The element that is left out with all in it, and how many are open around it. */
  #hidden: { name: string; depth: number } | undefined;
  /** The lists that are open; of a numbered one the number of its next item. */
  readonly #lists: { next: number | undefined; inItem: boolean }[] = [];
  #link: Link | undefined;
  #isParagraph = false;
  #preDepth = 0;
  #quotes = 0;
  /** The table of data that is open, and how many tables are open from there on. */
  #table: { text: TableText; depth: number } | undefined;

  open(name: string, attributes: Attributes): void {
    this.#elements.endBefore(name);
    this.#endHiding();
    if (this.#hidden) {
      if (!VOID.has(name)) this.#elements.open(name, name === this.#hidden.name);
      return;
    }
    const hides = isHidden(name, attributes);
    const { depth } = this.#elements;
    if (!VOID.has(name)) this.#elements.open(name, hides);
    if (hides) {
      if (!VOID.has(name)) this.#hidden = { name, depth };
    } else if (name === 'img') this.text(attributes.alt?.trim() ? ` ${attributes.alt} ` : '');
    else if (name === 'a') this.#openLink(attributes);
    else if (this.#table) this.#openInTable(name, attributes, this.#table);
    else this.#openBlock(name, attributes);
  }

  close(name: string): void {
    const hidden = this.#hidden;
    this.#elements.close(name);
    this.#endHiding();
    // What ended is the hidden element itself, or one around it, whose end is written.
    if (this.#hidden || name === hidden?.name) return;
    if (name === 'a') this.#closeLink();
    else if (this.#table) this.#closeInTable(name, this.#table);
    else this.#closeBlock(name);
  }

  text(text: string): void {
    if (this.#hidden) return;
    if (this.#link && this.#link.text.length <= this.#link.href.length) this.#link.text += text;
    if (this.#table) this.#table.text.words(text);
    else if (this.#preDepth > 0) this.#writer.lines(text);
    else this.#writer.words(text);
  }

  finish(): string {
    this.#closeLink();
    if (this.#table) this.#writeTable(this.#table.text);
    return this.#writer.toString();
  }

  #endHiding(): void {
    if (this.#hidden && this.#elements.depth <= this.#hidden.depth) this.#hidden = undefined;
  }

  #openBlock(name: string, attributes: Attributes): void {
    const distance = BLOCKS.get(name);
    // A paragraph ends where another block begins.
    if (distance !== undefined && this.#isParagraph) this.#writer.startBlock(2);
    if (distance !== undefined) this.#isParagraph = name === 'p';
    if (name === 'br') this.#writer.endLine();
    else if (name === 'td' || name === 'th') this.#writer.words(' ');
    else if (name === 'li') this.#openItem();
    else if (name === 'ol' || name === 'ul') this.#openList(name === 'ol' ? readCount(attributes['start']) : undefined);
    else if (distance !== undefined) this.#writer.startBlock(distance);
    if (name === 'hr') this.#writer.words(RULE);
    if (name === 'hr') this.#writer.startBlock(2);
    if (name === 'pre') this.#preDepth += 1;
    if (name === 'blockquote') {
      this.#quotes += 1;
      this.#writer.openMargin(QUOTE);
    }
    if (name === 'table' && hasClass(attributes, 'data')) this.#table = { text: new TableText(), depth: 1 };
  }

  #closeBlock(name: string): void {
    const distance = BLOCKS.get(name);
    if (distance !== undefined) this.#isParagraph = false;
    if (name === 'ol' || name === 'ul') this.#closeList();
    else if (name === 'li') this.#closeItem();
    else if (distance !== undefined) this.#writer.startBlock(HEADING.test(name) ? 2 : distance);
    if (name === 'pre' && this.#preDepth > 0) this.#preDepth -= 1;
    if (name === 'blockquote' && this.#quotes > 0) {
      this.#quotes -= 1;
      this.#writer.closeMargin();
    }
  }

  #openList(next: number | undefined): void {
    this.#writer.startBlock(this.#lists.length > 0 ? 1 : 2);
    this.#lists.push({ next, inItem: false });
  }

  #closeList(): void {
    this.#closeItem();
    this.#lists.pop();
    this.#writer.startBlock(this.#lists.length > 0 ? 1 : 2);
  }

  #openItem(): void {
    this.#closeItem();
    const list = this.#lists.at(-1);
    this.#writer.startBlock(1);
    if (!list) return;
    const bullet = list.next === undefined ? ' * ' : ` ${list.next}. `;
    if (list.next !== undefined) list.next += 1;
    list.inItem = true;
    this.#writer.openMargin(' '.repeat(bullet.length), bullet);
  }

  #closeItem(): void {
    const list = this.#lists.at(-1);
    this.#writer.startBlock(1);
    if (!list?.inItem) return;
    list.inItem = false;
    this.#writer.closeMargin();
  }

  #openLink({ href = '' }: Attributes): void {
    this.#closeLink();
    const address = href.trim().replace(/^mailto:/, '');
    if (address !== '' && !address.startsWith('#')) this.#link = { href: address, text: '' };
  }

  #closeLink(): void {
    if (!this.#link) return;
    const { href, text } = this.#link;
    this.#link = undefined;
    if (text.trim() === href) return;
    this.text(text.trim() === '' ? href : ` <${href}>`);
  }

  #openInTable(name: string, { colspan, rowspan }: Attributes, table: { text: TableText; depth: number }): void {
    if (name === 'table') table.depth += 1;
    if (table.depth > 1) table.text.words(' ');
    else if (name === 'tr') table.text.startRow();
    else if (name === 'td' || name === 'th') table.text.startCell(readCount(colspan), readCount(rowspan));
    else if (name === 'br' || BLOCKS.has(name) || name === 'li') table.text.words(' ');
  }

  #closeInTable(name: string, table: { text: TableText; depth: number }): void {
    if (BLOCKS.has(name) || name === 'li') table.text.words(' ');
    if (name !== 'table') return;
    table.depth -= 1;
    if (table.depth > 0) return;
    this.#table = undefined;
    this.#writeTable(table.text);
  }

  #writeTable(table: TableText): void {
    this.#writer.startBlock(2);
    for (const line of table.lines()) {
      this.#writer.lines(line);
      this.#writer.endLine();
    }
    this.#writer.startBlock(2);
  }
}

/**
 * Makes the text part of a mail that was given as HTML: what it shows, pictures by their `alt`, links as `text
 * <https://...>`. The tokens are taken as they come and no tree is made of them, so that no HTML takes longer than its length allows.
 */
export function htmlToText(html: string): string {
  const conversion = new Conversion();
  let name = '';
  let attributes: Attributes = {};
  let current = '';
  let value: string[] | undefined;
  const open = () => conversion.open(name, attributes);
  tokenize(html, {
    onopentagname(start, end) {
      name = html.slice(start, end).toLowerCase();
      attributes = {};
    },
    onattribname(start, end) {
      const attribute = html.slice(start, end).toLowerCase();
      value = ATTRIBUTES.has(attribute) && attributes[attribute] === undefined ? [] : undefined;
      if (value) attributes[attribute] = '';
      current = attribute;
    },
    onattribdata: (start, end) => void value?.push(html.slice(start, end)),
    onattribentity: (codePoint) => void value?.push(String.fromCodePoint(codePoint)),
    onattribend() {
      if (value) attributes[current] = value.join('');
      value = undefined;
    },
    onopentagend: open,
    onselfclosingtag: open,
    onclosetag: (start, end) => conversion.close(html.slice(start, end).toLowerCase()),
    ontext: (start, end) => conversion.text(html.slice(start, end)),
    ontextentity: (codePoint) => conversion.text(String.fromCodePoint(codePoint)),
  });
  return `${conversion.finish().trimEnd()}\n`;
}
