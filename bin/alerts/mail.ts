import { createHash } from 'node:crypto';
import { type Mailbox, parseMailbox } from '../../src/fields/mail-address.ts';
import type { MailMessage } from '../../workers/emails/content/message.ts';
import type { RelayConfig } from '../../workers/emails/delivery/relay-options.ts';
import { chooseRelays } from '../../workers/emails/delivery/relays/choose-relays.ts';
import { toRelayConfig } from '../../workers/emails/delivery/relays/file-relay.ts';
import { loadRelays } from '../../workers/emails/delivery/relays/relays-file.ts';
import { openTransport } from '../../workers/emails/delivery/transport.ts';
import type { EmailsConfig } from '../../workers/emails/settings.ts';
import { readDkimKeys } from '../../workers/emails/source/dkim-keys.ts';
import { withCrlf } from '../../workers/emails/source/line-ends.ts';
import type { DescribedMessage } from './describe.ts';
import { alertHtml } from './mail-html.ts';
import type { Way } from './way.ts';

type Relay = RelayConfig & { SMTP_URL: string };
/** A mail program shows a thread by so many. */
const MOST_REFERENCES = 10;

/** Makes the mail: what is told of an incident later stands in one thread with it. */
export function alertMail(addresses: readonly string[], message: DescribedMessage, from: Mailbox): MailMessage {
  const to = addresses.map((text) => parseMailbox(text));
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
  const threads = message.items.slice(0, MOST_REFERENCES).map(({ incident }) => `<${incident.incident}@${domain}>`);
  const isUrgent = message.kind === 'firing' && message.items[0]?.incident.level === 'red';
  return {
    messageId: `<${message.id}@${domain}>`,
    date: new Date(),
    from,
    to,
    subject: message.subject.slice(0, 200),
    text: withCrlf(message.text),
    html: withCrlf(alertHtml(message)),
    references: threads,
    ...(isUrgent ? { priority: 'high' as const } : {}),
    headers: { 'Auto-Submitted': 'auto-generated' },
    baseBoundary: createHash('sha256').update(message.id).digest('hex').slice(0, 16),
    xMailer: false,
    disableFileAccess: true,
    disableUrlAccess: true,
    envelope: { from: from.address, to: to.map(({ address }) => address) },
  };
}

/** Makes the way by mail: straight to the relay, or to those of the file in turn, with nothing of the queue in between. */
export function createMail(addresses: readonly string[], message: DescribedMessage, config: EmailsConfig): Way {
  const from = parseMailbox(config.EMAILS_FROM);
  const to = addresses.map((text) => parseMailbox(text).address).join(', ');
  return {
    by: 'mail',
    to,
    async send(signal) {
      const mail = alertMail(addresses, message, from);
      const relays = findRelays(config, { jobId: message.id, from: from.address });
      let fault: unknown = new Error('neither SMTP_URL nor SMTP_RELAYS_FILE is set');
      for (const relay of relays) {
        try {
          return await sendBy(relay, mail, { config, signal });
        } catch (error) {
          fault = error;
        }
      }
      throw fault;
    },
  };
}

async function sendBy(
  relay: Relay,
  mail: MailMessage,
  { config, signal }: { config: EmailsConfig; signal: AbortSignal },
): Promise<string> {
  const transport = openTransport(relay, readDkimKeys(config));
  try {
    const job = { id: mail.messageId, caller: '' };
    const { response, rejected = [] } = await transport.send(mail, { signal, claim: async () => {}, job });
    const without = rejected.length > 0 ? `, but not for ${rejected.join(', ')}` : '';
    return `the relay took it (${response})${without}`;
  } finally {
    transport.close();
  }
}

function findRelays(config: EmailsConfig, mail: { jobId: string; from: string }): Relay[] {
  const { SMTP_URL, SMTP_RELAYS_FILE, SMTP_SECRETS = {} } = config;
  if (SMTP_URL !== undefined) return [{ ...config, SMTP_URL }];
  if (SMTP_RELAYS_FILE === undefined) return [];
  const file = loadRelays(SMTP_RELAYS_FILE, SMTP_SECRETS);
  return chooseRelays(file.routes, mail).flatMap((name) => {
    const relay = file.relays[name];
    return relay ? [toRelayConfig(relay, config)] : [];
  });
}
