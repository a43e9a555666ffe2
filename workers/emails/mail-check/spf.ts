import { askTexts, type Finding, type MailResolver } from './finding.ts';

/** RFC 7208, 4.6.4: a receiver that has to ask oftener takes the record for broken. */
const MAX_LOOKUPS = 10;
const ASKS = /^[+?~-]?(include:|a(?:[:/]|$)|mx(?:[:/]|$)|ptr(?::|$)|exists:)|^redirect=/i;

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
  const lookups = await countLookups(record, { resolver, seen: new Set([domain]), left: MAX_LOOKUPS + 1 });
  if (lookups > MAX_LOOKUPS) {
    return spf(
      'bad',
      `The SPF record needs more than ${MAX_LOOKUPS} lookups, so receivers ignore it.`,
      'Remove some `include:`.',
    );
  }
  return judgeEnd(domain, record, lookups);
}

function judgeEnd(domain: string, record: string, lookups: number): Finding {
  const terms = record.split(/ +/);
  const all = terms.find((term) => /^[+?~-]?all$/i.test(term));
  const end = 'End it with `~all` or `-all`.';
  if (all === 'all' || all === '+all') return spf('bad', `The SPF record lets everybody send for ${domain}.`, end);
  if (all === '?all' || (!all && !terms.some((term) => /^redirect=/i.test(term)))) {
    return spf('doubtful', 'The SPF record says nothing of servers that it does not name.', end);
  }
  return spf('good', `The SPF record is there and needs ${lookups} of ${MAX_LOOKUPS} lookups: ${record.slice(0, 300)}`);
}

/** Counts the lookups that a record needs with all that it includes, as far as they are allowed. */
async function countLookups(
  record: string,
  walk: { resolver: MailResolver; seen: Set<string>; left: number },
): Promise<number> {
  let count = 0;
  for (const term of record.split(/ +/).slice(1)) {
    if (!ASKS.test(term) || walk.left <= 0) continue;
    count += 1;
    walk.left -= 1;
    const [, name] = /^(?:[+?~-]?include:|redirect=)(.+)$/i.exec(term) ?? [];
    if (name === undefined || name.includes('%') || walk.seen.has(name)) continue;
    walk.seen.add(name);
    const [included] = (await askTexts(walk.resolver, name)).filter(isSpf);
    if (included !== undefined) count += await countLookups(included, walk);
  }
  return count;
}
