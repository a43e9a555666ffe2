import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Command } from 'commander';
import { checkSender, senderDomain } from '../../workers/emails/mail-check/check-sender.ts';
import { type CommandContext, CommandError, EXIT } from '../cli/context.ts';

const TIMEOUT_MS = 3000;

/** `heavylift mail-check`: what receivers find in DNS of the domain that mails are sent from. */
export function addMailCheck(program: Command, context: CommandContext): void {
  program
    .command('mail-check')
    .description('look in DNS for what receivers of mails want: SPF, DKIM, DMARC, MX; exit status 1 when one is bad')
    .argument('[domain]', 'the domain that mails are sent from; default: that of EMAILS_FROM')
    .option('--selector <name>', 'by which the relay signs, where it does')
    .option('--server <address>', "ask this DNS server, like 192.0.2.1 or 127.0.0.1:5353, in the place of the system's")
    .option('--json', 'print a JSON list')
    .action(async (given: string | undefined, { selector, server, json }: MailCheckOptions) => {
      const config = context.loadConfig();
      const domain = senderDomain(config, given);
      if (!domain.includes('.'))
        throw new CommandError(`"${given ?? domain}" must be a domain like example.no`, EXIT.usage);
      const findings = await checkSender(config, { domain, resolver: openResolver(server), selector });
      const lines = findings.map(({ check, level, text, fix }) => {
        return `${check.padEnd(9)} ${level.padEnd(9)} ${text}${fix === undefined ? '' : `\n${' '.repeat(20)}${fix}`}`;
      });
      context.print(json ? JSON.stringify(findings, null, 2) : lines.join('\n'));
      const bad = findings.filter(({ level }) => level === 'bad').map(({ check }) => check);
      if (bad.length > 0)
        throw new CommandError(`mails of ${domain} will be refused or taken for spam: ${bad.join(', ')}`);
    });
}

interface MailCheckOptions {
  selector?: string;
  server?: string;
  json?: true;
}

function openResolver(server: string | undefined): Resolver {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 2 });
  if (server === undefined) return resolver;
  const [, host = ''] = /^\[?([^\]]+?)\]?(?::\d{1,5})?$/.exec(server) ?? [];
  if (isIP(host) === 0 && isIP(server) === 0) {
    throw new CommandError(`--server "${server}" must be an address like 192.0.2.1 or 127.0.0.1:5353`, EXIT.usage);
  }
  resolver.setServers([server]);
  return resolver;
}
