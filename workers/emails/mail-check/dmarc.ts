import { askTexts, type Finding, type MailResolver, readTags } from './finding.ts';

const dmarc = (level: Finding['level'], text: string, fix?: string): Finding => ({
  ...{ check: 'dmarc', level, text },
  ...(fix === undefined ? {} : { fix }),
});

/** The domain and those above it, down to two parts. */
const upwards = (domain: string): string[] => {
  const labels = domain.split('.');
  return labels.slice(0, Math.max(1, labels.length - 1)).map((_, index) => labels.slice(index).join('.'));
};

/** Checks what a domain tells receivers to do with mails that are not its own (RFC 7489). Throws DnsError. */
export async function checkDmarc(domain: string, resolver: MailResolver): Promise<Finding> {
  for (const name of upwards(domain)) {
    const found = (await askTexts(resolver, `_dmarc.${name}`)).filter((text) => /^v=DMARC1\s*(?:;|$)/i.test(text));
    if (found.length > 1)
      return dmarc('bad', `_dmarc.${name} has ${found.length} records; one is allowed.`, 'Remove all but one.');
    if (found[0] !== undefined) return judge(name, domain, readTags(found[0]));
  }
  const fix = `Add a TXT record at _dmarc.${domain}: v=DMARC1; p=none; rua=mailto:dmarc@${domain}`;
  return dmarc('bad', `${domain} has no DMARC record, which Gmail and Yahoo want of whoever sends many mails.`, fix);
}

function judge(name: string, domain: string, tags: Map<string, string>): Finding {
  const policy = (name === domain ? tags.get('p') : (tags.get('sp') ?? tags.get('p')))?.toLowerCase();
  const place = `_dmarc.${name}`;
  if (policy === 'none') {
    return dmarc(
      'doubtful',
      `${place} lets mails that pretend to be yours through (p=none).`,
      'Make it quarantine once all your mails pass.',
    );
  }
  if (policy !== 'quarantine' && policy !== 'reject') {
    return dmarc('bad', `${place} has no policy that is known.`, 'Say p=none, p=quarantine or p=reject.');
  }
  return dmarc('good', `${place} asks for ${policy} of mails that pretend to be yours.`);
}
