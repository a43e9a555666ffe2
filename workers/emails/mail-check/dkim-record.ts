import { createPublicKey } from 'node:crypto';
import type { DkimKey } from '../source/dkim.ts';
import { askTexts, type Finding, type MailResolver, readTags } from './finding.ts';

const dkim = (level: Finding['level'], text: string, fix?: string): Finding => ({
  ...{ check: 'dkim', level, text },
  ...(fix === undefined ? {} : { fix }),
});

/** A key as its record has it: RSA as SubjectPublicKeyInfo, Ed25519 as its 32 bytes (RFC 8463, 4.2). */
function publicText({ key }: DkimKey): { type: 'rsa' | 'ed25519'; text: string } {
  const der = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return key.asymmetricKeyType === 'ed25519'
    ? { type: 'ed25519', text: der.subarray(-32).toString('base64') }
    : { type: 'rsa', text: der.toString('base64') };
}

/** Whether a signature of one domain counts for mails of the other in DMARC: one is the other's or below it. */
const isAligned = (domain: string, signing: string): boolean =>
  domain === signing || domain.endsWith(`.${signing}`) || signing.endsWith(`.${domain}`);

/** Lists the records of a name that are of keys, by their tags; others that stand there too are none of ours. */
async function askKeys(name: string, resolver: MailResolver): Promise<Map<string, string>[]> {
  const records = (await askTexts(resolver, name)).map(readTags);
  return records.filter((tags) => (tags.has('v') ? tags.get('v') === 'DKIM1' : tags.has('p')));
}

/** Says why receivers do not take a key for mails that are signed as ours are (RFC 6376, 3.6.1). */
function findUnfit(tags: Map<string, string>, types: readonly string[]): string | undefined {
  const lists = (tag: string, ...wanted: string[]) =>
    tags
      .get(tag)
      ?.split(':')
      .some((one) => wanted.includes(one.toLowerCase())) ?? true;
  const type = tags.get('k') ?? 'rsa';
  if (!types.includes(type.toLowerCase())) return `k=${type}, where the key is for ${types.join(' or ')}`;
  if (!lists('h', 'sha256')) return `h=${tags.get('h')}, where mails are signed with sha256`;
  return lists('s', '*', 'email') ? undefined : `s=${tags.get('s')}, which is not for mails`;
}

/** Says what receivers may mind at a key that fits. */
function findDoubt(records: readonly Map<string, string>[], tags: Map<string, string>): [string, string] | undefined {
  if (records.length > 1) return [`${records.length} keys; receivers may look at another one`, 'Remove all but one.'];
  const isTest = tags.get('t')?.toLowerCase().split(':').includes('y');
  return isTest ? ['t=y: receivers take its mails for unsigned ones', 'Remove t=y.'] : undefined;
}

/** Checks that DNS has the key that mails are signed with. Throws DnsError. */
export async function checkKey(domain: string, own: DkimKey, resolver: MailResolver): Promise<Finding> {
  const name = `${own.selector}._domainkey.${own.domain}`;
  const { type, text } = publicText(own);
  const publish = `Add a TXT record at ${name}: v=DKIM1; k=${type}; p=${text}`;
  const records = await askKeys(name, resolver);
  const tags = records.find((one) => one.get('p') === text) ?? records[0];
  if (!tags) return dkim('bad', `${name} is not there: signatures can not be verified.`, publish);
  const found = tags.get('p');
  if (found === undefined || found === '') return dkim('bad', `${name} has no key, or one that was revoked.`, publish);
  if (found !== text) return dkim('bad', `${name} has another key than EMAILS_DKIM_KEY_FILE.`, publish);
  const unfit = findUnfit(tags, [type]);
  if (unfit !== undefined) return dkim('bad', `${name} has ${unfit}.`, publish);
  const [doubt, remedy] = findDoubt(records, tags) ?? [];
  if (doubt !== undefined) return dkim('doubtful', `${name} has ${doubt}.`, remedy);
  return judgeKey(domain, own, name);
}

function judgeKey(domain: string, own: DkimKey, name: string): Finding {
  if (!isAligned(domain, own.domain)) {
    const why = `Mails of ${domain} are signed for ${own.domain}, which counts for nothing in DMARC.`;
    return dkim('doubtful', why, `Sign as ${domain} (EMAILS_DKIM_DOMAIN).`);
  }
  if (own.key.asymmetricKeyType === 'ed25519')
    return dkim('doubtful', `${name} has the key; some receivers verify RSA alone.`, 'Use an RSA key.');
  const bits = own.key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < 2048) return dkim('doubtful', `The key has ${bits} bits.`, 'Make one of 2048 bits.');
  return dkim('good', `${name} has the key that mails are signed with.`);
}

/** Checks that a relay that signs by itself has a key at a selector. Throws DnsError. */
export async function checkSelector(domain: string, selector: string, resolver: MailResolver): Promise<Finding> {
  const name = `${selector}._domainkey.${domain}`;
  const records = await askKeys(name, resolver);
  const tags = records.find((one) => one.get('p'));
  if (!tags) return dkim('bad', `${name} has no key.`, 'Add the record that your relay tells.');
  const unfit = findUnfit(tags, ['rsa', 'ed25519']);
  if (unfit !== undefined) return dkim('bad', `${name} has ${unfit}.`, 'Add the record that your relay tells.');
  const [doubt, remedy] = findDoubt(records, tags) ?? [];
  if (doubt !== undefined) return dkim('doubtful', `${name} has ${doubt}.`, remedy);
  return dkim('good', `${name} has a key.`);
}

/** What is to be said where nobody told who signs. */
export const unsigned: Finding = dkim(
  'unknown',
  'Mails are not signed here.',
  'Let the relay sign, and ask again with --selector; or set EMAILS_DKIM_DOMAIN, EMAILS_DKIM_SELECTOR and EMAILS_DKIM_KEY_FILE.',
);
