/** A place in a body: a key, below another place. */
export interface Place {
  above: Place | null;
  key: PropertyKey;
}

/** A place's way from the top. */
export function pathOf(place: Place | null): PropertyKey[] {
  const path: PropertyKey[] = [];
  for (let one = place; one; one = one.above) path.push(one.key);
  return path.reverse();
}

/** Where a value of a template stands in it, and in what is made of it; and the names that it may use. */
export interface Spot<Scope> {
  at: Place | null;
  out: Place | null;
  scope: Scope;
  /** Whether marks count in texts (`**bold**`): what is filled in must have none. */
  isMarked: boolean;
  /** The sort of the block that it is a field of, where it is one of some. */
  type?: unknown;
}

/** What is made of the parts of a template. */
export interface Visitor<Scope> {
  text(text: string, spot: Spot<Scope>): unknown;
  /** `{"data": "path"}`: a value as it is, but for marks in its texts where they count; with `raw` these too. */
  data(reference: Reference, spot: Spot<Scope>): unknown;
  /** `{"each": "path", "as": "name", "blocks": [...]}`: a scope for each time. */
  each(block: { each: string; as: string }, spot: Spot<Scope>): Iterable<Scope>;
  /** `{"if": "path", "blocks": [...], "else": [...]}`: which of them there is to be. */
  choose(path: string, spot: Spot<Scope>): readonly ('blocks' | 'else')[];
  /** Called for each value that is made. */
  count(spot: Spot<Scope>): void;
}

type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What stands for a value of the data. */
export interface Reference {
  data: string;
  raw?: true;
}

const isReference = (value: unknown): value is Reference & Fields =>
  isFields(value) && typeof value['data'] === 'string' && Object.keys(value).length === (value['raw'] === true ? 2 : 1);

/** What an entry of a list repeats or leaves out. */
type Control = { word: 'each' | 'if'; path: string; name: string; fields: Fields };

const DEFAULT_NAME = 'item';
/** The fields of what repeats and what leaves out. */
export const CONTROL_FIELDS = { each: ['each', 'as', 'blocks'], if: ['if', 'blocks', 'else'] } as const;

/** Reads an entry of a list as what repeats or leaves out others; undefined where it is none. */
export function readControl(entry: unknown): Control | undefined {
  if (!isFields(entry)) return undefined;
  for (const word of ['each', 'if'] as const) {
    const path = entry[word];
    if (typeof path !== 'string' || !Array.isArray(entry['blocks'])) continue;
    const name = typeof entry['as'] === 'string' ? entry['as'] : DEFAULT_NAME;
    return { word, path, name, fields: entry };
  }
  return undefined;
}

/** Blocks and their fields whose texts have marks. */
const MARKED: Readonly<Record<string, string>> = { text: 'text', list: 'items' };

const below = (place: Place | null, key: PropertyKey): Place => ({ above: place, key });

/** Makes what a template comes to, by what the visitor makes of its parts. */
export function walk<Scope>(visitor: Visitor<Scope>, template: unknown, scope: Scope): unknown {
  const visit = (node: unknown, spot: Spot<Scope>): unknown => {
    visitor.count(spot);
    if (typeof node === 'string') return visitor.text(node, spot);
    if (isReference(node)) return visitor.data(node, spot);
    if (Array.isArray(node)) {
      const made: unknown[] = [];
      addEntries(made, node, spot);
      return made;
    }
    return isFields(node) ? visitFields(node, spot) : node;
  };

  const visitFields = (node: Fields, spot: Spot<Scope>): Fields => {
    const marked = MARKED[String(node['type'])];
    const { at, out, scope: names, isMarked } = spot;
    const fields: [string, unknown][] = [];
    for (const [key, value] of Object.entries(node)) {
      const place = { at: below(at, key), out: below(out, key), type: node['type'] };
      const made = visit(value, { ...place, scope: names, isMarked: isMarked || key === marked });
      if (made !== undefined) fields.push([key, made]);
    }
    return Object.fromEntries(fields);
  };

  const addEntries = (made: unknown[], list: readonly unknown[], spot: Spot<Scope>): void => {
    for (const [index, entry] of list.entries()) {
      const { scope: names, isMarked } = spot;
      const here = { at: below(spot.at, index), out: below(spot.out, made.length), scope: names, isMarked };
      const control = readControl(entry);
      if (control) addControlled(made, control, here, spot.out);
      else made.push(visit(entry, here));
    }
  };

  const addControlled = (made: unknown[], control: Control, here: Spot<Scope>, list: Place | null): void => {
    const { word, path, name, fields } = control;
    visitor.count(here);
    const add = (field: 'blocks' | 'else', inner: Scope) => {
      const entries = fields[field];
      if (!Array.isArray(entries)) return;
      addEntries(made, entries, { ...here, scope: inner, at: below(here.at, field), out: list });
    };
    if (word === 'each') for (const inner of visitor.each({ each: path, as: name }, here)) add('blocks', inner);
    else for (const field of visitor.choose(path, here)) add(field, here.scope);
  };

  return visit(template, { at: null, out: null, scope, isMarked: false });
}
