import { ask, askAddresses, type Finding, type MailResolver } from './finding.ts';

/** Checks that bounces and answers to a domain arrive somewhere (RFC 5321, RFC 7505). Throws DnsError. */
export async function checkMx(domain: string, resolver: MailResolver): Promise<Finding> {
  const found = (await ask(domain, () => resolver.resolveMx(domain))).toSorted((a, b) => a.priority - b.priority);
  if (found.some(({ exchange }) => exchange === '' || exchange === '.')) {
    const text = `${domain} says that it takes no mail (null MX), so many receivers take none from it.`;
    return {
      check: 'mx',
      level: 'bad',
      text,
      fix: 'Send from a domain that takes mail, or give this one an MX record.',
    };
  }
  if (found.length === 0) {
    const text = `${domain} has no MX record: bounces and answers may arrive nowhere.`;
    return { check: 'mx', level: 'doubtful', text, fix: 'Add an MX record.' };
  }
  const hosts = await Promise.all(
    found.slice(0, 10).map(async ({ exchange }) => ({ exchange, addresses: await askAddresses(resolver, exchange) })),
  );
  const lost = hosts.filter(({ addresses }) => addresses.length === 0).map(({ exchange }) => exchange);
  if (lost.length > 0) {
    const text = `MX of ${domain} names what has no address: ${lost.join(', ')}.`;
    return {
      check: 'mx',
      level: lost.length === hosts.length ? 'bad' : 'doubtful',
      text,
      fix: 'Correct the MX records.',
    };
  }
  return {
    check: 'mx',
    level: 'good',
    text: `Mail to ${domain} goes to ${hosts.map(({ exchange }) => exchange).join(', ')}.`,
  };
}

/** Checks the name that we greet relays with, and whether its addresses lead back to it. Throws DnsError. */
export async function checkGreeting(name: string | null, resolver: MailResolver): Promise<Finding[]> {
  if (name === null) {
    const text = 'We greet relays by an address, and some take no mail then.';
    return [{ check: 'greeting', level: 'bad', text, fix: 'Set PUBLIC_URL, or `?name=` in SMTP_URL.' }];
  }
  const addresses = await askAddresses(resolver, name);
  if (addresses.length === 0) {
    const text = `We greet relays as ${name}, which has no address.`;
    return [{ check: 'greeting', level: 'doubtful', text, fix: `Give ${name} an A or AAAA record.` }];
  }
  const greeting: Finding = {
    check: 'greeting',
    level: 'good',
    text: `We greet relays as ${name} (${addresses.join(', ')}).`,
  };
  return [greeting, await checkReverse(name, addresses, resolver)];
}

async function checkReverse(name: string, addresses: readonly string[], resolver: MailResolver): Promise<Finding> {
  const lost: string[] = [];
  for (const address of addresses) {
    const names = await ask(address, () => resolver.reverse(address));
    const back = await Promise.all(names.slice(0, 5).map((one) => askAddresses(resolver, one)));
    if (!back.flat().includes(address)) lost.push(address);
  }
  if (lost.length === 0)
    return { check: 'ptr', level: 'good', text: `The addresses of ${name} have names that lead back.` };
  const text = `No name leads to ${lost.join(', ')} and back, which matters where this machine delivers to receivers itself.`;
  return { check: 'ptr', level: 'doubtful', text, fix: `Let whoever gave you the address name it ${name} (PTR).` };
}
