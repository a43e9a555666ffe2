import { CaptureTag, type Context, Drop, LayoutTag, Liquid, LiquidError, RenderTag, type TagToken } from 'liquidjs';

/** What liquidjs may use for one text; how long it may take is said as it is filled. */
const LIMITS = { parseLimit: 100_000, memoryLimit: 10_000_000 };
/** Nothing of a template reaches a file; another template only where some are given. */
const LEFT_OUT = ['include'];
const TAKING_IN = ['render', 'layout', 'block'];
/** Filters that leave what was made as it is, but for its spaces. */
const KEEPING = ['strip', 'lstrip', 'rstrip', 'strip_newlines'];
/** A text without a time zone is no moment: it is told as it was written. */
const ZONE = /(?:\d ?(?:Z|[+-]\d\d:?\d\d)|\b(?:UTC|GMT|[ECMP][SD]T))(?: ?\(.*\))?$/i;
const ISO_TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)$/;

/** Thrown by a filter for a value that it can't print; the message is a sentence of the value at `path`, where that is known. */
export class UnfitValue extends Error {
  readonly path: string | undefined;

  constructor(message: string, path: string | undefined) {
    super(message);
    this.path = path;
  }
}

/** Thrown where a text can't be read or filled; the message is the end of a public sentence. */
export class LiquidFault extends Error {
  /** The path of the value that is missing. */
  readonly missing: string | undefined;
  /** The path of the value that the message is a sentence of. */
  readonly unfit: string | undefined;

  constructor(message: string, paths: { missing?: string | undefined; unfit?: string | undefined }, cause: unknown) {
    super(message, { cause });
    this.missing = paths.missing;
    this.unfit = paths.unfit;
  }
}

/** What a template has made by itself of texts and values: the latter were escaped then. */
class Made extends Drop {
  readonly text: string;

  constructor(text: string) {
    super();
    this.text = text;
  }

  get length(): number {
    return this.text.length;
  }

  override valueOf(): string {
    return this.text;
  }

  override toString(): string {
    return this.text;
  }
}

/** What stands in a text for a value of the data. Throws for what is no text, number or flag. */
function toText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(toText).join('');
  const plain: unknown = value instanceof Drop ? value.valueOf() : value;
  if (typeof plain === 'object') throw new Error('what is to be filled in is an object: name one of its values');
  return String(plain);
}

/** How values stand in a text. */
export interface LiquidSetting {
  /** Writes a value so that none of it is markup; without it values stand as they are. */
  escapeValue?: (text: string) => string;
  /** Where the clock hangs that moments are told by. */
  timeZone?: string | undefined;
  /** The texts that others may take in by `render` and `layout`, by name; without it none has these tags. */
  parts?: Readonly<Record<string, string>>;
}

/** Makes the language that templates of callers are written in: values alone reach it, and the parts that are given; no file. */
export function createLiquid({ escapeValue = (text) => text, timeZone = 'UTC', parts }: LiquidSetting): Liquid {
  const engine = new Liquid({
    templates: Object.assign(Object.create(null), parts),
    outputEscape: (value) => (value instanceof Made ? value.text : escapeValue(toText(value))),
    timezoneOffset: timeZone,
    strictVariables: true,
    strictFilters: true,
    lenientIf: true,
    ownPropertyOnly: true,
    dynamicPartials: true,
    cache: parts !== undefined,
    ...LIMITS,
  });
  for (const tag of [...LEFT_OUT, ...(parts ? [] : TAKING_IN)]) delete engine.tags[tag];
  if (parts) nameParts(engine);
  keepMade(engine);
  tellWallClocks(engine);
  return engine;
}

class KeepingCapture extends CaptureTag {
  override *render(context: Context): Generator<unknown, void, string> {
    yield* super.render(context);
    const scope = context.bottom() as Record<string, unknown>;
    scope[this.variable] = new Made(String(scope[this.variable]));
  }
}

/** The name of a part, in quotes, as the first word of a tag. */
const PART_NAME = /^\s*(['"])[a-z0-9][\w@-]{0,80}\1(?=[\s,]|$)/;

/** Lets parts be named in quotes alone, so that a template shows which it takes in. */
function nameParts(engine: Liquid): void {
  const check = ({ name, args }: TagToken) => {
    if (!PART_NAME.test(args))
      throw new Error(`"${name}" must name a template in quotes, such as {% ${name} 'footer' %}`);
  };
  engine.registerTag(
    'render',
    class extends RenderTag {
      constructor(...given: ConstructorParameters<typeof RenderTag>) {
        check(given[0]);
        super(...given);
      }
    },
  );
  engine.registerTag(
    'layout',
    class extends LayoutTag {
      constructor(...given: ConstructorParameters<typeof LayoutTag>) {
        check(given[0]);
        super(...given);
      }
    },
  );
}

/** Lets what a template has captured stand as it was made: its values are escaped already. */
function keepMade(engine: Liquid): void {
  engine.registerTag('capture', KeepingCapture);
  for (const name of KEEPING) {
    const own = engine.filters[name];
    if (typeof own !== 'function') throw new Error(`liquidjs has no filter "${name}"`);
    engine.registerFilter(name, function (value, ...args) {
      const kept: unknown = own.call(this, value, ...args);
      return value instanceof Made ? new Made(String(kept)) : kept;
    });
  }
}

/** Tells days and times without a zone as they were written, wherever the process and the reader are. */
function tellWallClocks(engine: Liquid): void {
  const own = engine.filters['date'];
  if (typeof own !== 'function') throw new Error('liquidjs has no filter "date"');
  engine.registerFilter('date', function (value, format, zone) {
    const written = zone === undefined && typeof value === 'string' ? asUtc(value.trim()) : undefined;
    return own.call(this, written ?? value, format, written === undefined ? zone : 0);
  });
}

/** The text of a wall clock's time as one in UTC; undefined for what says its zone, or is no date. */
function asUtc(text: string): string | undefined {
  if (/^(?:now|today|\d*)$/.test(text) || ZONE.test(text)) return undefined;
  const [, day, time] = ISO_TIME.exec(text) ?? [];
  const utc = day ? `${day}T${time}Z` : /^\d{4}-\d\d-\d\d$/.test(text) ? text : `${text} UTC`;
  return Number.isNaN(Date.parse(utc)) ? undefined : utc;
}

/** Makes the fault of what liquidjs has thrown: it wraps the error of a limit, and of a filter, in one of its own. */
export function toFault(thrown: unknown): LiquidFault {
  const inner = thrown instanceof LiquidError ? (thrown.originalError ?? thrown) : (thrown as Error);
  const line = /, line:(\d+)/.exec(String((thrown as Error)?.message))?.[1];
  const reason = String(inner?.message ?? thrown)
    .replace(/, (?:file|line):.*$/s, '')
    .slice(0, 200);
  const unfit = inner instanceof UnfitValue ? inner.path : undefined;
  if (unfit !== undefined) return new LiquidFault(reason, { unfit }, thrown);
  const part = /^ENOENT: (?:Failed to lookup )?"?([\w@-]+)/.exec(reason)?.[1];
  if (part !== undefined) return new LiquidFault(`takes in "${part}", which is not there`, {}, thrown);
  const missing = /^undefined variable: (.+)$/.exec(reason)?.[1];
  return new LiquidFault(line === undefined || line === '1' ? reason : `${reason} (line ${line})`, { missing }, thrown);
}
