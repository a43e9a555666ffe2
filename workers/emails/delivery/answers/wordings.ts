// How servers say what the rows of the table are about, where one expression would be too long to read.

/** Makes one expression of several: it fits what one of them fits, whatever the case of the letters. */
const anyOf = (...wordings: readonly RegExp[]): RegExp =>
  new RegExp(wordings.map(({ source }) => source).join('|'), 'i');

const IP = /[[(]?(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){3,})/.source;
const REFUSED =
  /\b(?:block(?:ed|ing)?|banned|denied|refused|rejected|(?:not|never) (?:be )?(?:accepted|allowed|welcome)|listed|deferred)\b/
    .source;
const OURS = /\b(?:from|ips?|address|host|server|sender|client|mta)[ :=]{0,2}/.source;

/** More mail than is wanted: of an account, from an address, at a time. */
export const TOO_MUCH_MAIL = anyOf(
  /\b(?:sending|message|mail|email|credits?|daily|hourly|recipient rate|quota for)\b ?(?:\w+ ){0,3}(?:limit|quota|rate|credits?) ?(?:has been |is |was )?(?:exceeded|reached)/,
  /(?<!\b(?:mailbox|size|length|line|hop|count) )limit (?:has been )?exceeded/,
  /(?:exceeded|reached) (?:the |your |its )?(?:max(?:imum)? |daily |hourly |sending )?(?:\w+ ){0,2}(?:limit|quota|(?:e?mails?|messages?) per)/,
  /\b(?:organization|tenant|queue|submission|outbound)\b.{0,20}quota ?exceeded|(?:Submission|Recipient)QuotaExceeded|RefuseQuota/,
  /maximum (?:sending rate|credits) exceeded|exceeding (?:outbound|sending|connection) (?:\w+ )?limit|tenant has exceeded|(?:frequency|rate).?limit/,
  /throttl|slow down|too much mail|too many (?:messages|e?mails|recipients from)|rate control/,
  /unusual (?:rate|sending activity)|unexpected volume/,
);

/** Our address, or the name that we greet with. */
export const ADDRESS_UNWELCOME = anyOf(
  /client host|helo command rejected|(?:ptr|reverse dns|rdns) |reverse hostname|^blocked - see|^ip=\d/,
  new RegExp(
    `^(?=.*(?:blocked using|black ?list|block ?list|dnsbl|\\brbls?\\b|spamhaus|spamcop|barracuda)).*(?:${IP}|your (?:ip|network|server|address)|\\bips?\\b)`,
  ),
  // Servers that verify an address name the host that they asked.
  new RegExp(
    `^(?!.*(?:sender|recipient) address rejected).*(?:${OURS}${IP}.{0,60}${REFUSED}|${REFUSED}.{0,60}${OURS}${IP})`,
  ),
  /(?:from|unauthori[sz]ed|banned|blocked) (?:this |your |sending )?ips?\b|\byour ips?\b.{0,40}\b(?:block|bann|reject|list)/,
  /(?:poor|bad|low) reputation(?! of (?:the|your) (?:sending )?domain)|(?:by|dynamic|mta's|ip(?: address)?) reputation/,
  /your access (?:to|has)|service refused?\b(?! to)/,
);

/** The sender: it may not send here, or is not believed to be who it says. */
export const SENDER_UNWELCOME = anyOf(
  /sender (?:address )?(?:is |was |has been )?(?:rejected|refused|denied|blocked|listed|not (?:allowed|authori[sz]ed|accepted|verified|validated|permitted))/,
  /sender verif|sender (?:id|identity|signature|domain)|(?:invalid|verified|bad outbound) sender|^verification failed/,
  /send as|sendasdenied|as this sender|relaying disallowed as\b|not (?:allowed|authori[sz]ed|permitted) to send(?! (?:e?mail |messages? )?to\b)/,
  /address is not verified|domain of sender|envelope.?(?:from|sender)|sending (?:domain|account)\b|sending from unregistered/,
  /from address|from header.{0,30}\b(?:match|allowed|authori[sz]ed|aligned)|'from' address|domain present in/,
  /unauthenticated (?:e?mail|sender)|\bspf\b|\bdmarc\b|\bdkim\b|not owned by (?:auth )?user|OutboundSpam/,
);
