import { isIPv4, isIPv6 } from 'node:net';
import { askTexts, type Finding, type MailResolver } from './finding.ts';

/** RFC 7208, 4.6.4: a receiver that has to ask oftener takes the record for broken. */
const MAX_LOOKUPS = 10;
/** What a receiver asks DNS for. */
const ASKS = new Set(['include', 'a', 'mx', 'ptr', 'exists', 'redirect']);
const TERM = /^(?<sign>[+?~-]?)(?<name>[a-z][\w.-]*)(?<mark>[:=/]?)(?<value>.*)$/i;
const DOMAIN = /^(?=.{1,253}$)(?:[\w-]{1,63}\.)+[a-z\d-]{1,63}\.?$/i;
const PREFIXES = /^(?:\/(?:\d|[12]\d|3[0-2]))?(?:\/\/(?:\d|[1-9]\d|1[01]\d|12[0-8]))?$/;

/** What a record says of servers that it does not name; `everybody` where it names them all. */
type End = 'everybody' | 'unsaid' | 'refused';
interface Term {
  text: string;
  sign: string;
  name: string;
  /** Behind `:` or `=`; with the prefix of an address, which may also stand alone. */
  value: string;
}
interface Walk {
  resolver: MailResolver;
  lookups: number;
}

/** Thrown for what makes receivers take the record for broken (permerror). */
class BrokenRecord extends Error {
  readonly fix: string;
  constructor(message: string, fix: string) {
    super(message);
    this.fix = fix;
  }
}

const isSpf = (text: string): boolean => /^v=spf1(?: |$)/i.test(text);
const spf = (level: Finding['level'], text: string, fix?: string): Finding => ({
  ...{ check: 'spf', level, text },
  ...(fix === undefined ? {} : { fix }),
});

/** Checks which servers may send for a domain (RFC 7208). Throws DnsError. */
export async function checkSpf(domain: string, resolver: MailResolver): Promise<Finding> {
  const records = (await askTexts(resolver, domain)).filter(isSpf);
  const [record] = records;
  if (record === undefined) {
    const fix = `Add a TXT record at ${domain} that names your relay, like "v=spf1 include:spf.relay.example ~all".`;
    return spf('bad', `${domain} has no SPF record: it does not say who may send for it.`, fix);
  }
  if (records.length > 1)
    return spf('bad', `${domain} has ${records.length} SPF records; one is allowed.`, 'Join them.');
  const walk = { resolver, lookups: 0 };
  try {
    return judge(domain, record, { end: await follow(record, domain, walk), lookups: walk.lookups });
  } catch (error) {
    if (!(error instanceof BrokenRecord)) throw error;
    return spf('bad', `${error.message}, so receivers ignore it.`, error.fix);
  }
}

function judge(domain: string, record: string, { end, lookups }: { end: End; lookups: number }): Finding {
  const fix = 'End it with `~all` or `-all`.';
  if (end === 'everybody') return spf('bad', `The SPF record lets everybody send for ${domain}.`, fix);
  if (end === 'unsaid') return spf('doubtful', 'The SPF record says nothing of servers that it does not name.', fix);
  const terms = readTerms(record, domain).filter(({ name }) => name !== 'exp' && name !== 'redirect');
  const all = terms.findIndex(({ name }) => name === 'all');
  const unread = all < 0 ? undefined : terms[all + 1];
  if (unread) {
    const why = `The SPF record has \`${unread.text}\` behind \`${terms[all]?.text}\`, where receivers do not read it.`;
    return spf('doubtful', why, 'Write `all` last.');
  }
  return spf('good', `The SPF record is there and needs ${lookups} of ${MAX_LOOKUPS} lookups: ${record.slice(0, 300)}`);
}

/** Reads a record with all that it includes, as far as lookups are allowed. Throws BrokenRecord, DnsError. */
async function follow(record: string, domain: string, walk: Walk): Promise<End> {
  const terms = readTerms(record, domain);
  for (const { sign, name, value } of terms) {
    if (name === 'redirect') continue;
    if (name === 'all') return sign === '+' ? 'everybody' : sign === '?' ? 'unsaid' : 'refused';
    if (ASKS.has(name)) countLookup(walk);
    if (sign === '+' && /^(?:ip[46]|a|mx)$/.test(name) && /\/0+(?:$|\/)/.test(value)) return 'everybody';
    if (name !== 'include' || value.includes('%')) continue;
    const included = await follow(await findRecord(value, `include:${value}`, walk), value, walk);
    if (included === 'everybody' && sign === '+') return 'everybody';
  }
  const next = terms.find(({ name }) => name === 'redirect')?.value;
  if (next === undefined) return 'unsaid';
  countLookup(walk);
  // Where a macro leads depends on the mail.
  return next.includes('%') ? 'refused' : follow(await findRecord(next, `redirect=${next}`, walk), next, walk);
}

function countLookup(walk: Walk): void {
  walk.lookups += 1;
  if (walk.lookups <= MAX_LOOKUPS) return;
  throw new BrokenRecord(`The SPF record needs more than ${MAX_LOOKUPS} lookups`, 'Remove some `include:`.');
}

async function findRecord(domain: string, term: string, { resolver }: Walk): Promise<string> {
  const [record, ...others] = (await askTexts(resolver, domain)).filter(isSpf);
  if (record !== undefined && others.length === 0) return record;
  const has = record === undefined ? 'no SPF record' : `${others.length + 1} SPF records`;
  throw new BrokenRecord(`The SPF record has \`${term}\`, and ${domain} has ${has}`, `Mend or remove \`${term}\`.`);
}

function readTerms(record: string, domain: string): Term[] {
  const terms = record
    .split(/ +/)
    .slice(1)
    .filter(Boolean)
    .map((text) => readTerm(text, domain));
  const twice = ['redirect', 'exp'].find((name) => terms.filter((term) => term.name === name).length > 1);
  if (twice === undefined) return terms;
  throw new BrokenRecord(`The SPF record of ${domain} has \`${twice}=\` more than once`, 'Leave one.');
}

function readTerm(text: string, domain: string): Term {
  const { sign = '', name = '', mark = '', value = '' } = TERM.exec(text)?.groups ?? {};
  const term = { text, sign: sign || '+', name: name.toLowerCase(), value: mark === '/' ? `/${value}` : value };
  const isWell = mark === '=' ? sign === '' && isModifier(term) : isMechanism(term, mark);
  if (isWell) return term;
  const shown = text.slice(0, 100);
  throw new BrokenRecord(`The SPF record of ${domain} has \`${shown}\`, which SPF does not know`, `Mend \`${shown}\`.`);
}

const isDomain = (text: string): boolean => DOMAIN.test(text) || (text.includes('%') && /^[!-~]+$/.test(text));

/** Other modifiers are allowed and ignored; a mechanism that was written with `=` is a slip. */
function isModifier({ name, value }: Term): boolean {
  if (name === 'redirect' || name === 'exp') return isDomain(value);
  return !/^(?:all|include|a|mx|ptr|ip4|ip6|exists)$/.test(name);
}

function isMechanism({ name, value }: Term, mark: string): boolean {
  if (name === 'all') return mark === '';
  if (name === 'include' || name === 'exists') return mark === ':' && isDomain(value);
  if (name === 'ptr') return mark === '' || (mark === ':' && isDomain(value));
  if (name === 'ip4' || name === 'ip6') return mark === ':' && isNetwork(name, value);
  if (name !== 'a' && name !== 'mx') return false;
  const [, host = '', prefixes = ''] = /^([^/]*)(.*)$/.exec(value) ?? [];
  return PREFIXES.test(prefixes) && (mark === ':' ? isDomain(host) : host === '');
}

function isNetwork(name: 'ip4' | 'ip6', value: string): boolean {
  const [address = '', prefix = '0', ...rest] = value.split('/');
  const isAddress = name === 'ip4' ? isIPv4(address) : isIPv6(address);
  return isAddress && rest.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= (name === 'ip4' ? 32 : 128);
}
