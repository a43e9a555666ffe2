import { Resolver } from 'node:dns/promises';
import { VERDICT_CODES } from '../../src/verdict/codes.ts';
import { type RelayConfig, relayName } from '../../workers/emails/delivery/relay-options.ts';
import { toRelayConfig } from '../../workers/emails/delivery/relays/file-relay.ts';
import { loadRelays } from '../../workers/emails/delivery/relays/relays-file.ts';
import { checkSender, senderDomain } from '../../workers/emails/mail-check/check-sender.ts';
import { type EmailsConfig, hasRelay } from '../../workers/emails/settings.ts';
import type { Check, Examination, Findings } from './examination.ts';

const RELAY_WITHIN_MS = 5000;
const DNS = { timeout: 2000, tries: 2 };
const NOT_SENT = 'SMTP_URL is not set: mails are kept in the inbox';
const LEVELS = { good: 'ok', doubtful: 'warning', bad: 'error', unknown: 'unknown' } as const;

type UrlRelay = RelayConfig & { SMTP_URL: string };

/** The relays of the settings, by the names that operators know. */
function relaysOf({ config }: Examination): [name: string, relay: UrlRelay][] {
  if (config.SMTP_URL) return [[relayName(config), { ...config, SMTP_URL: config.SMTP_URL }]];
  const { relays } = loadRelays(config.SMTP_RELAYS_FILE ?? '', (config as EmailsConfig).SMTP_SECRETS ?? {});
  return Object.entries(relays).map(([name, relay]) => {
    const own = toRelayConfig(relay, config);
    return [`${name} (${relayName(own)})`, own];
  });
}

const isLocal = ({ SMTP_URL }: UrlRelay): boolean => /^(?:localhost|127\..*|\[::1\])$/.test(new URL(SMTP_URL).hostname);

async function lookAtRelay(name: string, relay: UrlRelay): Promise<Exclude<Findings, unknown[]>> {
  const { tryRelay } = await import('../../workers/emails/delivery/try-relay.ts');
  const { fault, isSecure, isSignedIn } = await tryRelay(relay, RELAY_WITHIN_MS);
  if (fault !== null) {
    const { fix } = VERDICT_CODES[/log|password|credential/i.test(fault) ? 'relay_login' : 'relay_gone'];
    return { level: 'error', text: `${name}: ${fault.replace(/\.$/, '')}`, fix };
  }
  const text = `${name} takes us: ${isSecure ? 'encrypted' : 'in clear'}, ${isSignedIn ? 'signed in' : 'without a login'}`;
  if (isSecure || isLocal(relay)) return { level: 'ok', text };
  return {
    level: 'warning',
    text,
    fix: 'SMTP_STARTTLS=required, where the relay has STARTTLS; or smtps:// and port 465.',
  };
}

const relay: Check = {
  name: 'relay',
  async look(examination) {
    if (!hasRelay(examination.config)) return { level: 'ok', text: NOT_SENT };
    return Promise.all(relaysOf(examination).map(([name, one]) => lookAtRelay(name, one)));
  },
};

const sender: Check = {
  name: 'sender',
  async look({ config }) {
    if (!hasRelay(config)) return { level: 'ok', text: NOT_SENT };
    const domain = senderDomain(config);
    if (!domain.includes('.')) {
      const fix = 'Set EMAILS_FROM to an address of a domain of yours.';
      return { level: 'error', text: `EMAILS_FROM is of "${domain}", which is nobody's domain`, fix };
    }
    const findings = await checkSender(config, { domain, resolver: new Resolver(DNS) });
    if (findings.every(({ level }) => level === 'unknown')) {
      return { level: 'unknown', text: `DNS does not answer for ${domain}` };
    }
    const told = findings.filter(({ level }) => level !== 'good');
    if (told.length === 0) return { level: 'ok', text: `DNS has what receivers want of ${domain}` };
    return told.map(({ check, level, text, fix = 'bin/heavylift mail-check has all of it.' }) => {
      const finding = { level: LEVELS[level], text: `${domain}, ${check}: ${text.replace(/\.$/, '')}` };
      return level === 'unknown' ? finding : { ...finding, fix };
    });
  },
};

/** The checks of mail. */
export const MAIL_CHECKS: readonly Check[] = [relay, sender];
