import { domainToASCII } from 'node:url';
import { parseMailbox } from '../../../src/fields/mail-address.ts';
import { greetingName } from '../delivery/relay-options.ts';
import type { EmailsConfig } from '../settings.ts';
import { readDkimKeys } from '../source/dkim-keys.ts';
import { checkDomain } from './check-domain.ts';
import type { Finding, MailResolver } from './finding.ts';

/** The domain that mails are sent from, in ASCII; `given` in its place where it is set. */
export function senderDomain({ EMAILS_FROM }: Pick<EmailsConfig, 'EMAILS_FROM'>, given?: string): string {
  const { address } = parseMailbox(EMAILS_FROM);
  return domainToASCII(given ?? address.slice(address.lastIndexOf('@') + 1)).replace(/\.$/, '');
}

/** How a sender's domain is looked at. */
export interface SenderCheck {
  domain: string;
  resolver: MailResolver;
  /** By which a relay signs in our place. */
  selector?: string | undefined;
}

/** Checks in DNS what receivers look at of a domain, with the keys and the greeting of these settings. Never rejects. */
export const checkSender = (config: EmailsConfig, { domain, resolver, selector }: SenderCheck): Promise<Finding[]> =>
  checkDomain(domain, { resolver, keys: readDkimKeys(config)(domain), selector, greeting: greetingName(config) });
