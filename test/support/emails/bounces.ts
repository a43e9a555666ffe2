/** Reports of mail servers, made here as their servers write them, for one mail of ours. */
export interface BounceFacts {
  /** The return path of the mail. */
  returnPath: string;
  messageId: string;
  /** Its recipient. */
  to: string;
}

interface DsnParts {
  from: string;
  /** What people read. */
  text: string;
  /** The groups of message/delivery-status. */
  groups: readonly (readonly string[])[];
  /** How the mail comes back. */
  returned?: 'message/rfc822' | 'text/rfc822-headers' | null;
  headers?: readonly string[];
}

const crlf = (lines: readonly string[]): string => lines.join('\r\n');

const returnedHeaders = ({ returnPath, messageId, to }: BounceFacts): string[] => [
  `Return-Path: <${returnPath}>`,
  `Message-ID: <${messageId}>`,
  'From: post@firma.no',
  `To: ${to}`,
  'Subject: Rapporten er klar',
];

/** A report of the type multipart/report. */
export function dsn(facts: BounceFacts, parts: DsnParts): string {
  const { from, text, groups, returned = 'message/rfc822', headers = [] } = parts;
  return crlf([
    `From: ${from}`,
    `To: <${facts.returnPath}>`,
    'Subject: Undelivered Mail Returned to Sender',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"',
    ...headers,
    '',
    'This is a MIME-encapsulated message.',
    '',
    '--=_b',
    'Content-Type: text/plain; charset=utf-8',
    '',
    text,
    '',
    '--=_b',
    'Content-Type: message/delivery-status',
    '',
    ...groups.flatMap((group) => [...group, '']),
    ...(returned === null ? [] : ['--=_b', `Content-Type: ${returned}`, '', ...returnedHeaders(facts), '', 'Hei!', '']),
    '--=_b--',
    '',
  ]);
}

/** A bounce of text alone. */
export const plainBounce = (
  facts: BounceFacts,
  from: string,
  text: readonly string[],
  headers: string[] = [],
): string =>
  crlf([`From: ${from}`, `To: <${facts.returnPath}>`, 'Subject: failure notice', ...headers, '', ...text, '']);

/** A complaint (ARF), as a mail provider's feedback loop sends it; `rcpt` false: the address is kept secret. */
export const complaint = (facts: BounceFacts, type: string, rcpt = true): string =>
  crlf([
    'From: <feedbackloop@provider.example>',
    'To: <abuse@firma.no>',
    'Subject: FW: Rapporten er klar',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=feedback-report; boundary="f"',
    '',
    '--f',
    'Content-Type: text/plain',
    '',
    'This is an email abuse report.',
    '--f',
    'Content-Type: message/feedback-report',
    '',
    `Feedback-Type: ${type}`,
    'User-Agent: Provider-FBL/1.0',
    'Version: 1',
    `Original-Mail-From: <${facts.returnPath}>`,
    ...(rcpt ? [`Original-Rcpt-To: <${facts.to}>`] : []),
    '',
    '--f',
    'Content-Type: message/rfc822',
    '',
    ...returnedHeaders(facts),
    '',
    'Hei!',
    '--f--',
    '',
  ]);

/** What one server wrote, and what it means. */
export interface BounceSample {
  server: string;
  write(facts: BounceFacts): string;
  event: 'bounced' | 'deferred' | 'delivered' | 'complained';
  class?: string;
  status?: string | null;
  suppresses: 'at once' | 'on another day' | null;
}

const recipient = (to: string, action: string, status: string, ...more: string[]): string[] => [
  `Final-Recipient: rfc822; ${to}`,
  `Action: ${action}`,
  `Status: ${status}`,
  ...more,
];
const certain = { event: 'bounced', class: 'recipient', suppresses: 'at once' } as const;
const doubtful = { ...certain, suppresses: 'on another day' } as const;
const harmless = { ...certain, suppresses: null } as const;

/** A bounce of text alone, with the mail that came back below. */
const told = (facts: BounceFacts, from: string, text: readonly string[]): string =>
  plainBounce(facts, from, [...text, '', '--- Original message follows.', ...returnedHeaders(facts)]);

/** As servers of others write them. */
export const BOUNCE_SAMPLES: readonly BounceSample[] = [
  {
    server: 'Postfix',
    ...certain,
    status: '5.1.1',
    write: (facts) =>
      dsn(facts, {
        from: 'MAILER-DAEMON@mx.example.no (Mail Delivery System)',
        text: `<${facts.to}>: host mx.example.no[192.0.2.1] said: 550 5.1.1 unknown`,
        groups: [
          [
            'Reporting-MTA: dns; relay.firma.no',
            'X-Postfix-Queue-ID: 4XyZ',
            'Arrival-Date: Sun, 29 Nov 2026 06:00:00 +0000',
          ],
          recipient(
            facts.to,
            'failed',
            '5.1.1',
            `Original-Recipient: rfc822;${facts.to}`,
            'Remote-MTA: dns; mx.example.no',
            `Diagnostic-Code: smtp; 550 5.1.1 <${facts.to}>: Recipient address`,
            '    rejected: User unknown in virtual mailbox table',
          ),
        ],
      }),
  },
  {
    server: 'Exim',
    ...doubtful,
    write: (facts) =>
      dsn(facts, {
        from: 'Mail Delivery System <Mailer-Daemon@exim.example.no>',
        text: 'This message was created automatically by mail delivery software.',
        headers: [`X-Failed-Recipients: ${facts.to}`, 'Auto-Submitted: auto-replied'],
        groups: [
          ['Reporting-MTA: dns; exim.example.no'],
          [
            'Action: failed',
            `Final-Recipient: rfc822;${facts.to}`,
            'Status: 5.0.0',
            'Remote-MTA: dns; mx.example.no',
            'Diagnostic-Code: smtp; 550 Unrouteable address',
          ],
        ],
      }),
  },
  {
    server: 'Exim, behind an alias, and in its own words',
    ...doubtful,
    status: '5.0.0',
    write: (facts) =>
      dsn(facts, {
        from: 'Mail Delivery System <Mailer-Daemon@exim.example.no>',
        text: `The following address(es) failed:\r\n\r\n  old@b.no\r\n    (generated from ${facts.to})\r\n    no such user here`,
        headers: ['X-Failed-Recipients: old@b.no', 'Auto-Submitted: auto-replied'],
        groups: [
          ['Reporting-MTA: dns; exim.example.no'],
          ['Action: failed', `Final-Recipient: rfc822;${facts.to}`, 'Status: 5.0.0'],
        ],
      }),
  },
  {
    server: 'Exim of old, text alone',
    ...doubtful,
    write: (facts) =>
      plainBounce(
        facts,
        'Mailer-Daemon@exim.example.no',
        [
          'This message was created automatically by mail delivery software.',
          '',
          'A message that you sent could not be delivered to one or more of its',
          'recipients. This is a permanent error. The following address(es) failed:',
          '',
          `  ${facts.to}`,
          '    SMTP error from remote mail server after RCPT TO:',
          '    host mx.example.no [192.0.2.1]: 550 unknown user',
          '',
          '------ This is a copy of the message, including all the headers. ------',
          '',
          `Message-ID: <${facts.messageId}>`,
        ],
        [`X-Failed-Recipients: ${facts.to}`],
      ),
  },
  {
    server: 'Exchange Online',
    ...certain,
    status: '5.1.10',
    write: (facts) =>
      dsn(facts, {
        from: '<postmaster@firma.onmicrosoft.com>',
        text: `Your message to ${facts.to} couldn't be delivered.`,
        groups: [
          ['Reporting-MTA: dns;AM0PR01.eurprd01.prod.exchangelabs.com', 'Received-From-MTA: dns;relay.firma.no'],
          recipient(
            facts.to,
            'failed',
            '5.1.10',
            'Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
          ),
        ],
      }),
  },
  {
    server: 'Exchange, given up after two days',
    ...harmless,
    status: '4.4.7',
    write: (facts) =>
      dsn(facts, {
        from: 'postmaster@exchange.example.no',
        text: 'Delivery has failed.',
        groups: [
          ['Reporting-MTA: dns;exchange.example.no'],
          recipient(facts.to, 'failed', '4.4.7', 'Diagnostic-Code: smtp;400 4.4.7 Message delayed'),
        ],
        returned: 'text/rfc822-headers',
      }),
  },
  {
    server: 'Outlook.com',
    ...doubtful,
    write: (facts) =>
      dsn(facts, {
        from: 'postmaster@outlook.com',
        text: 'Delivery has failed to these recipients or groups.',
        groups: [
          ['Reporting-MTA: dns;DB5EUR03FT032.mail.protection.outlook.com'],
          recipient(
            facts.to,
            'failed',
            '5.5.0',
            'Diagnostic-Code: smtp;550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).',
          ),
        ],
      }),
  },
  {
    server: 'Gmail',
    ...certain,
    status: '5.1.1',
    write: (facts) =>
      dsn(facts, {
        from: 'Mail Delivery Subsystem <mailer-daemon@googlemail.com>',
        text: '** Address not found **',
        headers: [`X-Failed-Recipients: ${facts.to}`],
        groups: [
          ['Reporting-MTA: dns; googlemail.com', 'X-Original-Message-ID: <x@y>'],
          recipient(
            facts.to,
            'failed',
            '5.1.1',
            'Remote-MTA: dns; gmail-smtp-in.l.google.com. (192.0.2.2, the server for the domain.)',
            'Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try',
            " 550-5.1.1 double-checking the recipient's email address for typos or",
            ' 550 5.1.1 unnecessary spaces. - gsmtp',
            'Last-Attempt-Date: Sun, 29 Nov 2026 00:00:00 -0800 (PST)',
          ),
        ],
      }),
  },
  {
    server: 'Gmail, taken for spam',
    event: 'bounced',
    class: 'content',
    suppresses: null,
    write: (facts) =>
      dsn(facts, {
        from: 'Mail Delivery Subsystem <mailer-daemon@googlemail.com>',
        text: '** Message blocked **',
        groups: [
          ['Reporting-MTA: dns; googlemail.com'],
          recipient(
            facts.to,
            'failed',
            '5.7.1',
            'Diagnostic-Code: smtp; 550-5.7.1 [192.0.2.7] Our system has detected that this message is likely unsolicited mail.',
            ' 550 5.7.1 To reduce the amount of spam sent to Gmail, this message has been blocked.',
          ),
        ],
      }),
  },
  {
    server: 'Yahoo',
    ...doubtful,
    write: (facts) =>
      dsn(facts, {
        from: 'MAILER-DAEMON@yahoo.com',
        text: 'Sorry, we were unable to deliver your message.',
        groups: [
          ['Reporting-MTA: dns; sonic302.mail.ne1.yahoo.com'],
          recipient(
            facts.to,
            'failed',
            '5.0.0',
            `Diagnostic-Code: smtp; 554 30 Sorry, your message to ${facts.to} cannot be delivered. This mailbox is disabled (554.30).`,
          ),
        ],
      }),
  },
  {
    server: 'Sendmail',
    ...certain,
    status: '5.1.1',
    write: (facts) =>
      dsn(facts, {
        from: 'Mail Delivery Subsystem <MAILER-DAEMON@sendmail.example.no>',
        text: '   ----- The following addresses had permanent fatal errors -----',
        groups: [
          ['Reporting-MTA: dns; sendmail.example.no', 'Received-From-MTA: DNS; relay.firma.no'],
          [
            `Final-Recipient: RFC822; ${facts.to}`,
            `X-Actual-Recipient: RFC822; kari@sendmail.example.no`,
            'Action: failed',
            'Status: 5.1.1',
            `Diagnostic-Code: SMTP; 550 5.1.1 <${facts.to}>... User unknown`,
          ],
        ],
      }),
  },
  {
    server: 'qmail',
    ...certain,
    status: '5.1.1',
    write: (facts) =>
      plainBounce(facts, 'MAILER-DAEMON@qmail.example.no', [
        'Hi. This is the qmail-send program at qmail.example.no.',
        "I'm afraid I wasn't able to deliver your message to the following addresses.",
        "This is a permanent error; I've given up. Sorry it didn't work out.",
        '',
        `<${facts.to}>:`,
        'Sorry, no mailbox here by that name. (#5.1.1)',
        '',
        '--- Below this line is a copy of the message.',
        '',
        `Return-Path: <${facts.returnPath}>`,
        `Message-ID: <${facts.messageId}>`,
      ]),
  },
  {
    server: 'Domino',
    ...certain,
    status: '5.1.1',
    write: (facts) =>
      dsn(facts, {
        from: 'Postmaster@domino.example.no',
        text: 'Your message was not delivered to.',
        groups: [
          ['Reporting-MTA: dns;domino.example.no'],
          recipient(
            facts.to,
            'failed',
            '5.1.1',
            `Diagnostic-Code: X-Notes; User kari (${facts.to}) not listed in Domino Directory`,
          ),
        ],
      }),
  },
  {
    server: 'Zimbra, over quota',
    ...harmless,
    status: '5.2.2',
    write: (facts) =>
      dsn(facts, {
        from: 'MAILER-DAEMON@zimbra.example.no',
        text: 'This is the mail system at host zimbra.example.no.',
        groups: [
          ['Reporting-MTA: dns; zimbra.example.no'],
          recipient(facts.to, 'failed', '5.2.2', 'Diagnostic-Code: smtp; 552 5.2.2 Over quota'),
        ],
      }),
  },
  {
    server: 'Amazon SES',
    ...certain,
    status: '5.1.1',
    write: (facts) =>
      dsn(facts, {
        from: 'MAILER-DAEMON@eu-west-1.amazonses.com',
        text: 'An error occurred while trying to deliver the mail to the following recipients:',
        groups: [
          ['Reporting-MTA: dns; a1-1.smtp-out.eu-west-1.amazonses.com'],
          [
            'Action: failed',
            `Final-Recipient: rfc822; ${facts.to}`,
            'Diagnostic-Code: smtp; 550 5.1.1 user unknown',
            'Status: 5.1.1',
          ],
        ],
        returned: 'text/rfc822-headers',
      }),
  },
  {
    server: 'GMX, text alone',
    ...doubtful,
    write: (facts) =>
      plainBounce(facts, 'MAILER-DAEMON@gmx.example', [
        'This message was created automatically by mail delivery software.',
        '',
        'A message that you sent could not be delivered to',
        'one or more of its recipients. This is a permanent error.',
        'The following address failed:',
        '',
        `"${facts.to}":`,
        'SMTP error from remote server after RCPT command:',
        'host: mx00.example.no',
        '550 Requested action not taken: mailbox unavailable',
        '',
        '--- The header of the original message is following. ---',
        '',
        `Message-ID: <${facts.messageId}>`,
      ]),
  },
  {
    server: 'Postfix, still trying',
    event: 'deferred',
    class: 'recipient',
    status: '4.2.2',
    suppresses: null,
    write: (facts) =>
      dsn(facts, {
        from: 'MAILER-DAEMON@relay.firma.no',
        text: 'This is a warning only. You do not need to resend your message.',
        groups: [
          ['Reporting-MTA: dns; relay.firma.no'],
          recipient(
            facts.to,
            'delayed',
            '4.2.2',
            'Diagnostic-Code: smtp; 452 4.2.2 Mailbox full',
            'Will-Retry-Until: x',
          ),
        ],
      }),
  },
  {
    server: 'Postfix, delivered',
    event: 'delivered',
    status: '2.0.0',
    suppresses: null,
    write: (facts) =>
      dsn(facts, {
        from: 'MAILER-DAEMON@relay.firma.no',
        text: 'Your message was successfully delivered.',
        groups: [['Reporting-MTA: dns; relay.firma.no'], recipient(facts.to, 'delivered', '2.0.0')],
      }),
  },
  {
    server: 'GroupWise, whose recipients have no domain',
    ...doubtful,
    write: (facts) =>
      told(facts, 'Mailer-Daemon <MAILER-DAEMON@gw.example.no>', [
        'The message that you sent was undeliverable to the following:',
        '\tkari (user not found)',
        '',
        'Possibly truncated original message follows:',
      ]),
  },
  {
    server: 'MDaemon',
    ...certain,
    status: '5.1.1',
    write: (facts) =>
      told(facts, 'MDaemon at example.no <postmaster@example.no>', [
        'The following recipient(s) did not receive it:',
        `  > ${facts.to}`,
        '',
        '--- Session Transcript ---',
        ` Sun 2026-11-29 06:00:00: --> MAIL From:<${facts.returnPath}>`,
        ` Sun 2026-11-29 06:00:00: --> RCPT To:<${facts.to}>`,
        ` Sun 2026-11-29 06:00:00: <-- 550 5.1.1 Recipient unknown <${facts.to}>`,
        '--- End Transcript ---',
      ]),
  },
  {
    server: 'Mercury/32',
    ...doubtful,
    write: (facts) =>
      told(facts, 'postmaster@example.no', [
        'Error handling mail for the following address(es):',
        `   ${facts.to} - 550 No such user here.`,
      ]),
  },
  {
    server: 'a daemon of one line',
    ...certain,
    status: '5.1.1',
    write: (facts) =>
      told(facts, 'MAILER-DAEMON@example.no', [
        `Your message to ${facts.to} could not be delivered: 550 5.1.1 User unknown.`,
      ]),
  },
  {
    server: 'IMail',
    ...doubtful,
    write: (facts) =>
      told(facts, 'Postmaster@example.no', ['Delivery failed 1 attempt(s)', `Unknown user: ${facts.to}`]),
  },
  {
    server: 'Courier, text alone',
    ...doubtful,
    write: (facts) =>
      told(facts, 'MAILER-DAEMON@courier.example.no', [
        'Your message to the following recipients cannot be delivered:',
        '',
        `<${facts.to}>:`,
        '    mx.example.no [192.0.2.1]:',
        `>>> RCPT TO:<${facts.to}>`,
        '<<< 550 User unknown.',
      ]),
  },
  {
    server: 'Sendmail, a warning in text alone',
    event: 'deferred',
    class: 'recipient',
    suppresses: null,
    write: (facts) =>
      told(facts, 'Mail Delivery Subsystem <MAILER-DAEMON@sendmail.example.no>', [
        '    **      THIS IS A WARNING MESSAGE ONLY      **',
        '    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **',
        '',
        '   ----- Transcript of session follows -----',
        '451 4.4.1 reply: read error from mx.example.no.',
        `<${facts.to}>... Deferred: Connection refused by mx.example.no.`,
        'Warning: message still undelivered after 4 hours',
      ]),
  },
  {
    server: 'CommuniGate, with a recipient of its own kind',
    ...harmless,
    write: (facts) =>
      dsn(facts, {
        from: 'MAILER-DAEMON@cg.example.no',
        text: `Failed to deliver to '${facts.to}': account is full (quota exceeded)`,
        groups: [
          ['Reporting-MTA: dns; cg.example.no'],
          [
            `Original-Recipient: rfc822;${facts.to}`,
            'Final-Recipient: LOCAL;<kari>',
            'Action: failed',
            'Status: 4.2.2',
          ],
        ],
      }),
  },
  {
    server: 'an X.400 gateway',
    ...certain,
    write: (facts) =>
      dsn(facts, {
        from: 'postmaster@x400.example.no',
        text: 'x',
        groups: [
          ['Reporting-MTA: x400; mta'],
          ['Final-Recipient: x400; /S=kari/C=no/', 'Action: failed', 'Status: 5.1.1'],
        ],
      }),
  },
  {
    server: 'Exchange, of a closed group',
    ...harmless,
    status: '5.7.1',
    write: (facts) =>
      dsn(facts, {
        from: 'Microsoft Outlook <MicrosoftExchange329e@example.no>',
        text: 'Your message to a group',
        groups: [
          ['Reporting-MTA: dns;EX01.example.no'],
          recipient(
            facts.to,
            'failed',
            '5.7.1',
            'Diagnostic-Code: smtp;550 5.7.1 RESOLVER.RST.AuthRequired; authentication required [Stage: CreateMessage]',
          ),
        ],
      }),
  },
  {
    server: 'Gmail, of a domain that is not there',
    ...doubtful,
    status: '5.1.2',
    write: (facts) =>
      dsn(facts, {
        from: 'Mail Delivery Subsystem <mailer-daemon@googlemail.com>',
        text: '** Address not found **',
        groups: [
          ['Reporting-MTA: dns; googlemail.com'],
          recipient(
            facts.to,
            'failed',
            '5.1.2',
            'Diagnostic-Code: smtp; DNS Error: 3 DNS type mx lookup of example.no responded with code NXDOMAIN',
          ),
        ],
        headers: [`X-Failed-Recipients: ${facts.to}`],
      }),
  },
  {
    server: 'Outlook.com, of junk',
    event: 'complained',
    suppresses: 'at once',
    write: (facts) =>
      crlf([
        'From: <staff@hotmail.com>',
        'To: <abuse@firma.no>',
        'Subject: complaint about message from 203.0.113.7',
        'MIME-Version: 1.0',
        'Content-Type: multipart/mixed; boundary="j"',
        '',
        '--j',
        'Content-Type: message/rfc822',
        '',
        `X-HmXmrOriginalRecipient: <${facts.to}>`,
        ...returnedHeaders(facts),
        '',
        'Hei!',
        '--j--',
        '',
      ]),
  },
  {
    server: 'a feedback loop',
    event: 'complained',
    suppresses: 'at once',
    write: (facts) => complaint(facts, 'abuse'),
  },
  {
    server: 'a feedback loop that names nobody',
    event: 'complained',
    suppresses: 'at once',
    write: (facts) => complaint(facts, 'abuse', false),
  },
];
