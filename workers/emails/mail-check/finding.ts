import type { Resolver } from 'node:dns/promises';

/** What is asked of DNS. */
export type MailResolver = Pick<Resolver, 'resolveTxt' | 'resolveMx' | 'resolve4' | 'resolve6' | 'reverse'>;

/** `good`: as receivers want it; `doubtful`: some will mind; `bad`: mails will be refused or filed as spam. */
export type Level = 'good' | 'doubtful' | 'bad' | 'unknown';

/** What was found of one thing that receivers look at. */
export interface Finding {
  check: 'spf' | 'dkim' | 'dmarc' | 'mx' | 'greeting' | 'ptr';
  level: Level;
  text: string;
  /** What to change, where there is something. */
  fix?: string;
}

/** Thrown where DNS did not answer, so that nothing is known. */
export class DnsError extends Error {
  override readonly name = 'DnsError';
}

const NOTHING = new Set(['ENOTFOUND', 'ENODATA']);

/** Asks DNS; resolves with nothing where there is nothing. Throws DnsError. */
export async function ask<Record>(what: string, question: () => Promise<Record[]>): Promise<Record[]> {
  try {
    return await question();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    if (NOTHING.has(code)) return [];
    throw new DnsError(`DNS did not answer for ${what} (${code})`, { cause });
  }
}

/** Lists the texts of a name, each put together of its parts. Throws DnsError. */
export const askTexts = async (resolver: MailResolver, name: string): Promise<string[]> =>
  (await ask(name, () => resolver.resolveTxt(name))).map((parts) => parts.join(''));

/** Lists the addresses of a name. Throws DnsError. */
export async function askAddresses(resolver: MailResolver, name: string): Promise<string[]> {
  const [v4, v6] = await Promise.all([
    ask(name, () => resolver.resolve4(name)),
    ask(name, () => resolver.resolve6(name)),
  ]);
  return [...v4, ...v6];
}

/** Reads the tags of a record such as `v=DKIM1; p=...`, with their names in lower case. */
export function readTags(text: string): Map<string, string> {
  const entries = text.split(';').map((tag): [string, string] => {
    const [name = '', ...value] = tag.split('=');
    return [name.trim().toLowerCase(), value.join('=').replace(/\s+/g, '')];
  });
  return new Map(entries.filter(([name]) => name !== ''));
}
