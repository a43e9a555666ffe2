/** What the opening of an element ends of what is open, as far as none of the others was opened since. */
interface Implied {
  ends: readonly string[];
  unless: readonly string[];
}

const CELLS = ['td', 'th', 'caption'];
const SECTIONS = ['tbody', 'thead', 'tfoot'];
const TABLE = ['table', 'template'];
const SCOPES = [...TABLE, ...CELLS, 'object'];
const PARAGRAPH: Implied = { ends: ['p'], unless: [...SCOPES, 'button'] };
const ITEM: Implied = { ends: ['li'], unless: [...SCOPES, 'ul', 'ol', 'menu', 'blockquote', 'section', 'article'] };
const TERM: Implied = { ends: ['dd', 'dt'], unless: [...SCOPES, 'dl', 'ul', 'ol', 'blockquote', 'section', 'article'] };
const BLOCKS = [
  ...['address', 'article', 'aside', 'blockquote', 'center', 'details', 'div', 'dl', 'fieldset', 'figcaption'],
  ...['figure', 'footer', 'form', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'header', 'hr', 'main', 'menu', 'nav', 'ol', 'p'],
  ...['pre', 'section', 'summary', 'table', 'ul'],
];

/** The end tags that HTML lets its writers leave out (HTML, 13.1.2.4), by the elements whose opening stands for them. */
const IMPLIED = new Map<string, readonly Implied[]>([
  ...BLOCKS.map((name) => [name, [PARAGRAPH]] as const),
  ['li', [ITEM, PARAGRAPH]],
  ...['dd', 'dt'].map((name) => [name, [TERM, PARAGRAPH]] as const),
  ...CELLS.map((name) => [name, [{ ends: CELLS, unless: TABLE }]] as const),
  ['tr', [{ ends: ['tr', ...CELLS], unless: TABLE }]],
  ...SECTIONS.map((name) => [name, [{ ends: [...SECTIONS, 'tr', ...CELLS], unless: TABLE }]] as const),
  ['option', [{ ends: ['option'], unless: ['select', 'template'] }]],
  ['optgroup', [{ ends: ['option', 'optgroup'], unless: ['select', 'template'] }]],
]);
/** Elements whose end is the end of all that was opened in them. Those within a line may cross each other. */
const HOLDERS = new Set([...IMPLIED.keys(), 'button', 'math', 'object', 'select', 'svg', 'template']);
HOLDERS.delete('hr');
const OF_TABLES = new Set(['table', 'template', 'tr', ...CELLS, ...SECTIONS]);

/** The elements of a document that are open, by HTML's rules. Each call takes the same time, whatever is open. */
export class OpenElements {
  readonly #names: string[] = [];
  /** Where each name stands in the list. */
  readonly #places = new Map<string, number[]>();

  /** How many are open. */
  get depth(): number {
    return this.#names.length;
  }

  /** Ends what the opening of an element ends. */
  endBefore(name: string): void {
    for (const { ends, unless } of IMPLIED.get(name) ?? []) {
      for (const ended of ends) this.#endLast(ended, unless);
    }
  }

  /** Notes an element as open; one within a line only where it is `always` to be noted. */
  open(name: string, always: boolean): void {
    if (!always && !HOLDERS.has(name)) return;
    const places = this.#places.get(name);
    if (places) places.push(this.#names.length);
    else this.#places.set(name, [this.#names.length]);
    this.#names.push(name);
  }

  /** Ends the last element of a name with all in it; none where a cell or a table stands between. */
  close(name: string): void {
    this.#endLast(name, OF_TABLES.has(name) ? TABLE : SCOPES);
  }

  #endLast(name: string, unless: readonly string[]): void {
    const place = this.#lastOf(name);
    if (place < 0 || unless.some((other) => this.#lastOf(other) > place)) return;
    while (this.#names.length > place) this.#places.get(this.#names.pop() ?? '')?.pop();
  }

  #lastOf(name: string): number {
    return this.#places.get(name)?.at(-1) ?? -1;
  }
}
