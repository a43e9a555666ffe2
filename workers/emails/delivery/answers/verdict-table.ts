import type { Stage } from './reply.ts';
import { ADDRESS_UNWELCOME, SENDER_UNWELCOME, TOO_MUCH_MAIL } from './wordings.ts';

/** Whom or what a server's answer is about. */
export const ANSWER_CLASSES = ['recipient', 'sender', 'content', 'relay', 'rate'] as const;
export type AnswerClass = (typeof ANSWER_CLASSES)[number];

/** When a refusal for good puts its recipient on the suppression list. */
export type Suppresses = 'at once' | 'on another day';

/** One rule: which answers it is about, what they mean, and who really says so. The first that fits holds. */
export interface VerdictRow {
  /** What the answer says, in a few words. */
  meaning: string;
  stages: readonly Stage[];
  /** The reply's code; any where it is not given. */
  code?: RegExp;
  /** The enhanced code that the reply begins with, or none (`''`). */
  status?: RegExp;
  words?: RegExp;
  /** Fits only what names the sender and not the recipient. */
  namesSender?: true;
  class: AnswerClass;
  suppresses?: Suppresses;
  /** What an operator, or the mail's caller, can do about it. */
  cure?: string;
  /** Answers of real servers. */
  said: readonly (readonly [server: string, reply: string])[];
}

const BEFORE: readonly Stage[] = ['connect', 'ehlo', 'starttls', 'auth'];
const MAIL: readonly Stage[] = ['mail', 'rcpt', 'data', 'dot'];
const MESSAGE: readonly Stage[] = ['data', 'dot'];
const PERMANENT = /^5/;
const TEMPORARY = /^4/;

const LOGIN = 'Check user and password in SMTP_URL.';
const LISTED = 'The relay must let us send through it: check the login in SMTP_URL, or its list of hosts.';
const ADDRESS = 'It is about the address that we send from, or the name that we greet with (`?name=` in SMTP_URL).';
const ACCOUNT = 'See what the relay says of our account there.';
const OTHER_SENDER = 'Let the relay allow this sender, or send from another.';

/**
 * What the answers of mail servers are about. Rows for what servers say in words stand before those for what their codes
 * say, since many use one code (554 5.7.1) for all; the last rows of each stage hold whatever is left.
 */
export const VERDICTS: readonly VerdictRow[] = [
  // What a code of RFC 3463, or a word, says of one mailbox or one message, whatever limits are spoken of beside it.
  {
    meaning: 'the mailbox is full, or gets too much',
    stages: ['rcpt', ...MESSAGE],
    code: /^[45]5[0-9]/,
    status: /^[45]\.2\.2$/,
    class: 'recipient',
    said: [
      ['Dovecot', '552 5.2.2 <kari@example.no> Quota exceeded (mailbox for user is full)'],
      [
        'Gmail',
        "452-4.2.2 The recipient's inbox is out of storage space. Please direct the\n452 4.2.2 recipient to https://support.google.com/mail/?p=OverQuotaTemp",
      ],
      ['Cyrus', '452 4.2.2 Over quota'],
      ['Zimbra', '552 5.2.2 User has exceeded mailbox size limit'],
      ['any', '452 4.2.2 Mailbox quota exceeded'],
    ],
  },
  {
    meaning: 'the mailbox is full, or gets too much',
    stages: ['rcpt', ...MESSAGE],
    code: /^[45]5[0-9]/,
    words:
      /(?:mailbox|inbox|storage)\b(?:(?!unavailable)[^.;]){0,30}(?:quota|size|limit)[^.;]{0,20}exceeded|exceeded[^.;]{0,30}(?:mailbox|storage) (?:quota|size|limit)|\brecipient has exceeded/i,
    class: 'recipient',
    said: [
      ['Yandex', '450 4.2.1 The recipient has exceeded message rate limit. Try again later.'],
      ['Courier', '552 Mailbox size limit exceeded'],
      ['any', '550 User has exceeded storage quota'],
    ],
  },
  {
    meaning: 'greylisting: new here, later',
    stages: ['rcpt', ...MESSAGE],
    code: TEMPORARY,
    words: /gr[ea]ylist/i,
    class: 'recipient',
    said: [
      [
        'Postfix with postgrey',
        '450 4.2.0 <kari@example.no>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/example.no.html',
      ],
      ['milter-greylist', '421 4.2.0 Greylisted, please try again later'],
      ['Rspamd', '451 4.7.1 Greylisting in action, please come back later'],
    ],
  },
  {
    meaning: 'the mail is too large',
    stages: MAIL,
    code: PERMANENT,
    words: /size (?:limit )?(?:exceeds|exceeded)|exceed(?:s|ed|ing) .{0,40}\bsize|too (?:large|big)/i,
    class: 'content',
    said: [
      ['Postfix', '552 5.3.4 Message size exceeds fixed limit'],
      ['Exim', '552 Message size exceeds maximum permitted'],
      [
        'Gmail',
        "552-5.3.4 Your message exceeded Gmail's message size limits. Please visit\n552 5.3.4 https://support.google.com/mail/?p=MaxSizeError to view our size guidelines.",
      ],
      ['GMX', '552 Requested mail action aborted: exceeded storage allocation. Message size exceeds limit'],
    ],
  },
  {
    meaning: 'the mail is too large',
    stages: MAIL,
    code: PERMANENT,
    status: /^5\.3\.4$/,
    class: 'content',
    said: [['any', '552 5.3.4 Message limit exceeded']],
  },
  {
    meaning: 'the mail went in circles, or has lines that are too long',
    stages: MESSAGE,
    words: /\bhops?\b|mail loop|\b(?:line|header)s? (?:length|(?:is |are )?too long)/i,
    class: 'content',
    said: [
      ['Postfix', '554 5.4.0 Error: too many hops'],
      ['Exim', '550 maximum allowed line length is 998 octets, got 1200'],
      ['any', '554 5.4.6 Hop limit exceeded'],
      ['any', '500 5.5.2 Line length limit exceeded'],
    ],
  },
  {
    meaning: 'the message names what is on a block list',
    stages: MESSAGE,
    words:
      /^(?!.*client host).*(?:\b(?:ur[li]s?|links?|domain|attachment|contains?|content|body)\b.{0,80}(?:black ?list|block ?list|dnsbl|spamhaus|surbl|uribl)|(?:black|block) ?listed (?:ur[li]|link|domain|attachment|content))/i,
    class: 'content',
    said: [
      ['Exim', '550 5.7.1 Message rejected: contains URL on blacklist (multi.surbl.org)'],
      ['Rspamd', '554 5.7.1 Message contains a URL listed in dbl.spamhaus.org'],
      ['any', '554 5.7.1 Blocked: this message contains a link to a blacklisted domain'],
    ],
  },
  {
    meaning: 'the message names what has a bad name',
    stages: MESSAGE,
    words:
      /\b(?:ur[li]s?|links?|attachments?|contains?|content|body)\b.{0,80}\breputation|reputation\b.{0,40}\b(?:ur[li]s?|links?|attachments?|content|body)\b/i,
    class: 'content',
    said: [
      ['any', '554 5.7.1 Message contains a URL with bad reputation'],
      ['any', '550 5.7.1 Message rejected: poor reputation of a link in it'],
    ],
  },
  // What a sender or an address lacks, of which there is said to be too much for it.
  {
    meaning: 'this sender is not allowed, or not believed',
    stages: MAIL,
    words: /rate limited because.*(?:\bspf\b|dkim|dmarc|from: header)/i,
    class: 'sender',
    cure: OTHER_SENDER,
    said: [
      [
        'Gmail',
        "421-4.7.30 Your email has been rate limited because DKIM authentication didn't\n421 4.7.30 pass. Gmail requires all bulk email senders to authenticate with DKIM.",
      ],
      [
        'Gmail',
        "421-4.7.32 Your email has been rate limited because the From: header (RFC5322)\n421 4.7.32 isn't aligned with either the authenticated SPF or DKIM organizational domain.",
      ],
    ],
  },
  {
    meaning: 'our address, or the name we greet with, is not welcome',
    stages: MAIL,
    words: /(?:rate limited|blocked) because.*\b(?:ptr record|tls connection)/i,
    class: 'relay',
    cure: ADDRESS,
    said: [
      [
        'Gmail',
        "421-4.7.23 Your email has been rate limited because the IP address sending it doesn't\n421 4.7.23 have a PTR record.",
      ],
      [
        'Gmail',
        "550-5.7.29 Your email has been blocked because this message wasn't sent over a\n550 5.7.29 TLS connection.",
      ],
    ],
  },
  // Too much, at any stage.
  {
    meaning: 'too many connections or logins',
    stages: [...BEFORE, ...MAIL],
    words:
      /too many (?:concurrent |simultaneous )?(?:smtp )?(?:connections|sessions|login attempts)|(?:connection|session)s? (?:rate |count )?(?:limit|exceeded)|concurrent connection/i,
    class: 'rate',
    said: [
      ['Postfix', '421 4.7.0 mx.example.net Error: too many connections from 203.0.113.7'],
      ['Exim', '421 Too many concurrent SMTP connections; please try again later.'],
      [
        'Orange',
        '421 mwinf5c03 ME Trop de connexions, veuillez verifier votre configuration. Too many connections, slow down. OFR004_104 [104]',
      ],
      [
        'Exchange Online',
        '432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information.',
      ],
      ['Gmail', '454 4.7.0 Too many login attempts, please try again later.'],
    ],
  },
  {
    meaning: 'more mail than the account, the hour or the day allows',
    stages: [...BEFORE, ...MAIL],
    words: TOO_MUCH_MAIL,
    class: 'rate',
    said: [
      [
        'Gmail',
        '550 5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits go to https://support.google.com/a/answer/166852',
      ],
      [
        'Google Workspace relay',
        '550 5.4.5 Daily SMTP relay sending limit exceeded for user. For more information on SMTP relay sending limits please contact your administrator.',
      ],
      [
        'Gmail',
        '421-4.7.28 Gmail has detected an unusual rate of unsolicited mail originating\n421 4.7.28 from your IP address. To protect our users, mail has been temporarily rate limited.',
      ],
      ['Postfix', '450 4.7.1 Error: too much mail from 203.0.113.7'],
      ['Postfix', '450 4.7.1 Error: too many recipients from 203.0.113.7'],
      ['Amazon SES', '454 Throttling failure: Maximum sending rate exceeded.'],
      ['Amazon SES', '454 Throttling failure: Daily message quota exceeded.'],
      ['SendGrid', '451 Authentication failed: Maximum credits exceeded'],
      [
        'Exim with cPanel',
        '550 Domain example.no has exceeded the max emails per hour (100/100 (100%)) allowed.  Message discarded.',
      ],
      [
        'Yahoo',
        '421 4.7.0 [TSS04] Messages from 203.0.113.7 temporarily deferred due to unexpected volume or user complaints - 4.16.55.1; see https://postmaster.yahooinc.com/error-codes',
      ],
      ['GMX', '450-Requested mail action not taken: mailbox unavailable\n450 Mail send limit exceeded.'],
      ['Zoho', '550 5.4.6 Unusual sending activity detected. Please try after sometime. Learn more'],
      ['QQ', '550 Ip frequency limited. http://service.mail.qq.com/cgi-bin/help?id=20022'],
      ['Mimecast', '550 Exceeding outbound thread limit - https://community.mimecast.com/docs/DOC-1369'],
      ['Exchange Online', '550 5.7.705 Access denied, tenant has exceeded threshold'],
      ['Exchange Online', '450 4.7.3 Organization queue quota exceeded. [AS7780]'],
      [
        'Exchange Online',
        '554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process message due to a permanent exception',
      ],
    ],
  },
  {
    meaning: 'so many recipients in one mail; the others get the next',
    stages: ['rcpt'],
    code: /^(?:45[02]|55[02])/,
    words: /too many recipients|recipients? (?:count|limit)|policy size per transaction/i,
    class: 'rate',
    said: [
      ['Postfix', '452 4.5.3 Error: too many recipients'],
      [
        'Gmail',
        '452-4.5.3 Domain policy size per transaction exceeded, please try this\n452 4.5.3 recipient in a separate transaction.',
      ],
      ['Exchange', '452 4.5.3 Too many recipients'],
      ['older servers (RFC 5321, 4.5.3.1.10)', '552 5.5.3 too many recipients'],
    ],
  },
  // Before any mail: whatever it is, every mail would have heard it.
  {
    meaning: 'TLS is wanted first',
    stages: ['auth', ...MAIL],
    code: /^(?:530|538|554)/,
    words: /starttls|encryption (?:required|needed)|must (?:issue|use) .{0,20}tls/i,
    class: 'relay',
    cure: 'Set SMTP_STARTTLS to auto or required.',
    said: [
      ['Postfix', '530 5.7.0 Must issue a STARTTLS command first'],
      ['Exchange Online', '530 5.7.0 Must issue a STARTTLS command first'],
      ['Postfix', '538 5.7.0 Encryption required for requested authentication mechanism'],
    ],
  },
  {
    meaning: 'the login is wrong, or missing',
    stages: ['auth', ...MAIL],
    code: /^53[0458]/,
    class: 'relay',
    cure: LOGIN,
    said: [
      ['Postfix', '535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6'],
      [
        'Gmail',
        '535-5.7.8 Username and Password not accepted. For more information, go to\n535 5.7.8 https://support.google.com/mail/?p=BadCredentials',
      ],
      [
        'Exchange Online',
        '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.',
      ],
      ['Amazon SES', '535 Authentication Credentials Invalid'],
      ['GMX', '535 Authentication credentials invalid'],
      [
        'Gmail',
        '530-5.7.0 Authentication Required. For more information, go to\n530 5.7.0 https://support.google.com/mail/?p=WantAuthError',
      ],
    ],
  },
  {
    meaning: 'the login did not work',
    stages: ['auth'],
    class: 'relay',
    cure: LOGIN,
    said: [
      ['Postfix', '454 4.7.0 Temporary authentication failure: Connection lost to authentication server'],
      ['Exim', '435 Unable to authenticate at this time'],
    ],
  },
  {
    meaning: 'it takes no mail of ours, or of nobody now',
    stages: ['connect', 'ehlo', 'starttls'],
    class: 'relay',
    said: [
      [
        'GMX',
        '554-gmx.net (mxgmx016) Nemesis ESMTP Service not available\n554-No SMTP service\n554 Bad DNS PTR resource record.',
      ],
      ['Postfix', '554 5.7.1 Service unavailable; Client host [203.0.113.7] blocked using zen.spamhaus.org'],
      [
        'Google Workspace relay',
        '421-4.7.0 Try again later, closing connection. (EHLO)\n421 4.7.0 https://support.google.com/a/answer/3221692',
      ],
      ['Postfix', '454 4.7.0 TLS not available due to local problem'],
      ['Exim', '501 Syntactically invalid EHLO argument(s)'],
    ],
  },
  // What the relay says of us, whatever the command.
  {
    meaning: 'it relays nothing for us',
    stages: MAIL,
    words:
      /^(?!.*RESOLVER\.RST).*(?:relay(?:ing)? (?:access )?(?:is )?(?:denied|not (?:permitted|allowed)|prohibited|disallowed(?! as\b))|relaying (?:from|to|for) .{0,60}(?:denied|not (?:permitted|allowed))|(?:unable|not (?:permitted|allowed)|cannot|can't|do not|don't) (?:to )?relay|credentials for relay|allowed rcpthosts|authentication (?:is )?required|must (?:authenticate|log ?in))/i,
    class: 'relay',
    cure: LISTED,
    said: [
      ['Postfix', '554 5.7.1 <kari@example.no>: Relay access denied'],
      ['Sendmail', '550 5.7.1 <kari@example.no>... Relaying denied'],
      ['Exim', '550 relay not permitted'],
      ['Exchange', '550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain'],
      ['Exchange Online', '550 5.7.64 TenantAttribution; Relay Access Denied'],
      [
        'Google Workspace relay',
        "550-5.7.1 Invalid credentials for relay [203.0.113.7]. The IP address you've\n550-5.7.1 registered in your Workspace SMTP Relay service doesn't match the domain\n550 5.7.1 of the account this email is being sent from.",
      ],
      ['Mailgun', '550 5.7.1 Relaying denied'],
      ['qmail', "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"],
      ['Axigen', '550 Relaying from 203.0.113.7 is not allowed'],
    ],
  },
  {
    meaning: 'our account there may not send',
    stages: MAIL,
    words: /\byour (?:\w+ )?account (?:is|was|has)\b|sending (?:is |has been )?(?:suspended|paused|disabled)/i,
    class: 'relay',
    cure: ACCOUNT,
    said: [
      ['Amazon SES', '554 Message rejected: Sending suspended for this account. For more information, see your inbox.'],
      ['Brevo', '502 5.7.0 Your SMTP account is not yet activated.'],
      ['any', '550 Your account has been disabled for sending mail'],
    ],
  },
  {
    meaning: 'our address, or the name we greet with, is not welcome',
    stages: MAIL,
    // Whose status says that there is no such mailbox may name hosts all the same.
    status: /^(?!5\.1\.(?:1|6|10)$)/,
    words: ADDRESS_UNWELCOME,
    class: 'relay',
    cure: ADDRESS,
    said: [
      [
        'Postfix',
        '554 5.7.1 Service unavailable; Client host [203.0.113.7] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/203.0.113.7',
      ],
      ['Postfix', '554 5.7.1 <unknown[203.0.113.7]>: Client host rejected: Access denied'],
      ['Postfix', '504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname'],
      [
        'Outlook',
        "550 5.7.1 Unfortunately, messages from [203.0.113.7] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3140).",
      ],
      [
        'Gmail',
        '550-5.7.25 [203.0.113.7] The IP address sending this message does not have a\n550-5.7.25 PTR record setup, or the corresponding forward DNS entry does not\n550 5.7.25 match the sending IP.',
      ],
      ['iCloud', '550 5.7.0 Blocked - see https://support.proofpoint.com/dnsbl-lookup.cgi?ip=203.0.113.7'],
      [
        'Outlook',
        '550 5.7.606 Access denied, banned sending IP [203.0.113.7]; To request removal from this list please visit https://sender.office.com/',
      ],
      ['Exchange Online', '550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP.'],
      [
        'Yahoo',
        '553 5.7.2 [TSS09] All messages from 203.0.113.7 will be permanently deferred; Retrying will NOT succeed.',
      ],
      ['Mail.ru', '550 Access from ip address 203.0.113.7 blocked. Visit http://help.mail.ru/notspam-support/id'],
      [
        'Orange',
        '550 5.5.0 Service refuse. Veuillez essayer plus tard. Service refused, please try later. OFR_506 [506]',
      ],
      ['Cisco', "554 Your access to this mail system has been rejected due to the sending MTA's poor reputation."],
      ['Proofpoint', '554 5.7.1 Mail from 203.0.113.7 rejected by Dynamic Reputation'],
      ['Brevo', '525 5.7.1 Unauthorized IP address. https://app.brevo.com/security/authorised_ips'],
      ['T-Online', '554 IP=203.0.113.7 - A problem occurred. Ask your postmaster for help to clarify. (BL)'],
    ],
  },
  // Who may write to that recipient is the recipient's.
  {
    meaning: 'only some may write to this recipient',
    stages: ['rcpt', 'dot'],
    code: PERMANENT,
    words:
      /RESOLVER\.RST|permission to (?:post|send)|allowed[- ]senders|(?:group|list|distribution).{0,40}(?:restrict|member|only|accept)|only (?:accepts|members|subscribers)|blocked by (?:the |its )?recipient|recipient (?:has )?blocked|not allowed to send (?:e?mail |messages? )?to\b/i,
    class: 'recipient',
    said: [
      ['Exchange', '550 5.7.1 RESOLVER.RST.NotAuthorized; not authorized'],
      ['Exchange', '550 5.7.1 RESOLVER.RST.AuthRequired; authentication required'],
      ['Exchange Online', "550 5.7.124 Sender not in allowed-senders list for the recipient's group"],
      [
        'Google Groups',
        '550-5.7.1 The group you are trying to contact may not exist, or you may not have\n550 5.7.1 permission to post messages to the group.',
      ],
    ],
  },
  // The sender.
  {
    meaning: 'this sender is not allowed, or not believed',
    stages: MAIL,
    words: SENDER_UNWELCOME,
    class: 'sender',
    cure: OTHER_SENDER,
    said: [
      [
        'Postfix',
        '550 5.1.7 <butikk@sender.example>: Sender address rejected: undeliverable address: host mx.sender.example[203.0.113.9] said: 550 5.1.1 <butikk@sender.example>: Recipient address rejected: User unknown (in reply to RCPT TO command)',
      ],
      [
        'Exim',
        '550-Verification failed for <butikk@sender.example>\n550-Called:   203.0.113.9\n550-Sent:     RCPT TO:<butikk@sender.example>\n550-Response: 550 5.1.1 User unknown\n550 Sender verify failed',
      ],
      ['Postfix', '450 4.1.8 <butikk@sender.example>: Sender address rejected: Domain not found'],
      ['Postfix', '553 5.7.1 <butikk@sender.example>: Sender address rejected: not owned by user shop'],
      ['GMX', '550-Requested action not taken: mailbox unavailable\n550 Sender address is not allowed.'],
      [
        'Postfix with policyd-spf',
        '550 5.7.1 <kari@example.no>: Recipient address rejected: Please see http://www.openspf.net/Why?s=mfrom;id=butikk%40sender.example',
      ],
      ['Orange', '501 5.1.0 Emetteur invalide. Invalid Sender. LPN105_405'],
      ['Exim', '451-could not connect to sender.example\n451 Could not complete sender verify callout'],
      ['Zoho', '553 Relaying disallowed as butikk@sender.example'],
      ['SparkPost', '550 5.7.1 Unconfigured Sending Domain <sender.example>'],
      ['Mailgun', '421 Domain sandbox1.mailgun.org is not allowed to send: Free accounts are for test purposes only.'],
      [
        'Exchange Online',
        '550 5.7.501 Access denied, spam abuse detected. The sending account has been banned due to detected spam activity.',
      ],
      ['Exchange Online', '550 5.7.750 Service unavailable. Client blocked from sending from unregistered domains.'],
      [
        'Sendmail',
        '553 5.1.8 <butikk@sender.example>... Domain of sender address butikk@sender.example does not exist',
      ],
      ['Exchange', '550 5.7.60 SMTP; Client does not have permissions to send as this sender'],
      ['Exchange Online', '554 5.2.252 SendAsDenied; shop@example.no not allowed to send as butikk@example.no'],
      [
        'Amazon SES',
        '554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: butikk@sender.example',
      ],
      [
        'SendGrid',
        '550 The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.',
      ],
      [
        'Gmail',
        "550-5.7.26 Unauthenticated email from sender.example is not accepted due to\n550 5.7.26 domain's DMARC policy. Please contact the administrator of sender.example domain.",
      ],
    ],
  },
  {
    meaning: 'this sender is not allowed, or not believed',
    stages: MAIL,
    status: /^[45]\.(?:1\.[78]|7\.(?:2[367]|60|509|515)|2\.252)$/,
    class: 'sender',
    cure: OTHER_SENDER,
    said: [
      [
        'Outlook',
        '550 5.7.515 Access denied, sending domain SENDER.EXAMPLE does not meet the required authentication level.',
      ],
      ['Sendmail', '501 5.1.8 <butikk@sender.example>... does not exist'],
    ],
  },
  {
    meaning: 'it names the sender and not the recipient',
    stages: ['rcpt'],
    code: PERMANENT,
    namesSender: true,
    class: 'sender',
    cure: OTHER_SENDER,
    said: [['Exim', '550 5.1.1 <butikk@sender.example>: unrouteable address']],
  },
  {
    meaning: 'it closes, or is out of order',
    stages: MAIL,
    code: /^(?:421|503)/,
    class: 'relay',
    said: [
      ['Postfix', '421 4.3.0 mx.example.net Error: queue file write error'],
      ['Exim', '421 mx.example.net: SMTP command timeout - closing connection'],
      ['Postfix', '503 5.5.1 Error: nested MAIL command'],
    ],
  },
  {
    meaning: 'it has no room, or stops',
    stages: MAIL,
    code: TEMPORARY,
    status: /^4\.3\.[125]$/,
    class: 'relay',
    said: [
      ['Postfix', '452 4.3.1 Insufficient system storage'],
      ['Exchange', '452 4.3.1 Insufficient system resources'],
      ['Sendmail', '452 4.3.1 Out of memory'],
      ['Postfix', '451 4.3.5 <kari@example.no>: Recipient address rejected: Server configuration error'],
    ],
  },
  {
    meaning: 'it has no room, or stops',
    stages: MAIL,
    code: TEMPORARY,
    words: /service (?:is )?(?:currently |temporarily )?(?:unavailable|not available)|service failure/i,
    class: 'relay',
    said: [
      ['Yandex', '451 4.7.1 Sorry, the service is currently unavailable. Please come back later.'],
      ['Amazon SES', '454 Temporary service failure'],
    ],
  },
  {
    meaning: 'it does not take this sender',
    stages: ['mail'],
    code: PERMANENT,
    class: 'sender',
    cure: OTHER_SENDER,
    said: [
      ['Exchange', '550 5.7.1 Access denied'],
      ['any', '553 5.1.2 We do not like your domain'],
    ],
  },
  {
    meaning: 'later, before any recipient was named',
    stages: ['mail'],
    class: 'relay',
    said: [
      ['Postfix', '451 4.3.0 Temporary lookup failure'],
      ['Exchange Online', '451 4.7.500 Server busy. Please try again later from [203.0.113.7]. (S77719)'],
    ],
  },
  // Each recipient.
  {
    meaning: 'the mailbox is full, or gets too much',
    stages: ['rcpt', ...MESSAGE],
    code: /^[45]5[0-9]/,
    words:
      /(?:mailbox|quota|storage|inbox).{0,30}(?:full|exceeded|over|allocation|out of)|over (?:its |their )?quota|out of storage|receiving mail (?:at a rate|too quickly)/i,
    class: 'recipient',
    said: [
      ['GMX', '552 Requested mail action aborted: exceeded storage allocation'],
      [
        'Gmail',
        '450-4.2.1 The user you are trying to contact is receiving mail at a rate that\n450 4.2.1 prevents additional messages from being delivered.',
      ],
    ],
  },
  {
    meaning: 'there is no such mailbox',
    stages: ['rcpt'],
    code: /^55[0134]/,
    status: /^5\.1\.(?:1|6|10)$/,
    class: 'recipient',
    suppresses: 'at once',
    said: [
      ['Postfix', '550 5.1.1 <kari@example.no>: Recipient address rejected: User unknown in virtual mailbox table'],
      [
        'Gmail',
        "550-5.1.1 The email account that you tried to reach does not exist. Please try\n550-5.1.1 double-checking the recipient's email address for typos or\n550 5.1.1 unnecessary spaces. For more information, go to\n550 5.1.1 https://support.google.com/mail/?p=NoSuchUser",
      ],
      [
        'Exchange Online',
        '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient kari@example.no not found by SMTP address lookup',
      ],
      ['iCloud', '550 5.1.1 <kari@example.no>: user does not exist'],
      ['Orange', '550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416 [416]'],
      ['Sendmail', '551 5.1.6 <kari@example.no>... User has moved; please try another address'],
    ],
  },
  {
    meaning: 'the mailbox, or its domain, takes no mail',
    stages: ['rcpt'],
    code: /^55[0134]/,
    status: /^5\.(?:1\.[0234]|2\.1|4\.1|4\.4)$/,
    class: 'recipient',
    suppresses: 'on another day',
    said: [
      ['Cisco', '550 #5.1.0 Address rejected.'],
      ['Postfix', '550 5.1.2 <kari@example.no>: Recipient address rejected: Domain not found'],
      ['Sendmail', '553 5.1.3 <kari@example.no>... Invalid route address'],
      [
        'Gmail',
        '550-5.2.1 The email account that you tried to reach is inactive. For more\n550 5.2.1 information, go to https://support.google.com/mail/?p=DisabledUser',
      ],
      ['Exchange Online', '550 5.4.1 Recipient address rejected: Access denied.'],
    ],
  },
  {
    meaning: 'there is no such mailbox, in words alone',
    stages: ['rcpt'],
    code: /^5(?:11|5[0134])/,
    status: /^(?:5\.0\.0|5\.5\.0|)$/,
    words:
      /(?:user|recipient|mailbox|address|account) (?:is )?(?:unknown|not found|unavailable|disabled|does(?:n't| not) exist)|(?:unknown|no such|invalid|unrouteable) (?:user|recipient|mailbox|address|person|local part)|no mailbox (?:here )?by that name|user doesn't have an? .{0,40}account|(?:mailbox|account) (?:is |has been )?(?:disabled|closed|unavailable)/i,
    class: 'recipient',
    suppresses: 'on another day',
    said: [
      ['Exim', '550 Unrouteable address'],
      ['GMX', '550 Requested action not taken: mailbox unavailable'],
      ['Outlook', '550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302).'],
      [
        'Yahoo',
        '554 30 Sorry, your message to kari@example.no cannot be delivered. This mailbox is disabled (554.30).',
      ],
      ['qmail', '550 sorry, no mailbox here by that name (#5.1.1)'],
      ['qmail with chkuser', '511 sorry, no mailbox here by that name (#5.1.1 - chkuser)'],
      ['Yahoo', "554 delivery error: dd This user doesn't have a yahoo.com account (kari@yahoo.com) [0]"],
    ],
  },
  {
    meaning: 'later, for this recipient',
    stages: ['rcpt'],
    code: TEMPORARY,
    class: 'recipient',
    said: [
      [
        'Postfix',
        '450 4.1.1 <kari@example.no>: Recipient address rejected: unverified address: Address verification in progress',
      ],
      ['Exim', '451 Temporary local problem - please try later'],
    ],
  },
  {
    meaning: 'no, for this recipient',
    stages: ['rcpt'],
    class: 'recipient',
    said: [
      ['Postfix', '554 5.7.1 <kari@example.no>: Recipient address rejected: Access denied'],
      ['Exchange', '550 5.7.1 TRANSPORT.RULES.RejectMessage; the message was rejected by organization policy'],
    ],
  },
  // The message.
  {
    meaning: 'later, for this message',
    stages: MESSAGE,
    code: TEMPORARY,
    class: 'content',
    said: [
      ['Postfix', '451 4.3.0 Error: queue file write error'],
      ['Exim', '451 Temporary local problem - please try later'],
    ],
  },
  {
    meaning: 'no, for this message',
    stages: MESSAGE,
    class: 'content',
    said: [
      [
        'Gmail',
        '550-5.7.1 [203.0.113.7] Our system has detected that this message is likely\n550-5.7.1 unsolicited mail. To reduce the amount of spam sent to Gmail, this\n550 5.7.1 message has been blocked.',
      ],
      [
        'iCloud',
        '554 5.7.1 [CS01] Message rejected due to local policy. Please visit https://support.apple.com/en-us/HT204137',
      ],
      [
        'GMX',
        '554-Transaction failed\n554-Reject due to policy restrictions.\n554 For explanation visit https://postmaster.gmx.net/en/case?c=hi',
      ],
      ['Orange', '550 5.7.0 Mail rejete. Mail rejected. ofr_506 [506]'],
      ['Yahoo', '554 5.7.9 Message not accepted for policy reasons. See https://postmaster.yahooinc.com/error-codes'],
      ['Postfix with a milter', '550 5.7.1 Blocked by SpamAssassin'],
    ],
  },
];
