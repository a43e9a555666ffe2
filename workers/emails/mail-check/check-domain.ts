import type { DkimKey } from '../source/dkim.ts';
import { checkKey, checkSelector, unsigned } from './dkim-record.ts';
import { checkDmarc } from './dmarc.ts';
import { DnsError, type Finding, type MailResolver } from './finding.ts';
import { checkGreeting, checkMx } from './hosts.ts';
import { checkSpf } from './spf.ts';

/** What a check needs to know of the deployment. */
export interface MailCheck {
  resolver: MailResolver;
  /** What mails are signed with here. */
  keys: readonly DkimKey[];
  /** By which a relay signs in our place. */
  selector?: string | undefined;
  /** The name that relays are greeted with; null for none. */
  greeting: string | null;
}

/**
 * Checks what receivers look at in DNS before they take mails of a domain: SPF, DKIM, DMARC, MX, our greeting and the
 * names of its addresses. Never rejects: what DNS did not answer is `unknown`.
 */
export async function checkDomain(
  domain: string,
  { resolver, keys, selector, greeting }: MailCheck,
): Promise<Finding[]> {
  const signatures = keys.map((key) => () => checkKey(domain, key, resolver));
  if (selector !== undefined) signatures.push(() => checkSelector(domain, selector, resolver));
  if (signatures.length === 0) signatures.push(async () => unsigned);
  const found = await Promise.all([
    settle('spf', () => checkSpf(domain, resolver)),
    ...signatures.map((check) => settle('dkim', check)),
    settle('dmarc', () => checkDmarc(domain, resolver)),
    settle('mx', () => checkMx(domain, resolver)),
    settle('greeting', () => checkGreeting(greeting, resolver)),
  ]);
  return found.flat();
}

async function settle(check: Finding['check'], work: () => Promise<Finding | Finding[]>): Promise<Finding | Finding[]> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
    return { check, level: 'unknown', text: `${error.message}.` };
  }
}
