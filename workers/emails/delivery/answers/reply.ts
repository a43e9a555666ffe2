/** Where a mail was when its server answered: connected, at a command, or behind the dot that ends the message. */
export const STAGES = ['connect', 'ehlo', 'starttls', 'auth', 'mail', 'rcpt', 'data', 'dot'] as const;
export type Stage = (typeof STAGES)[number];

/** A server's reply, taken apart: what the server says itself, without what it quotes of others. */
export interface Reply {
  stage: Stage;
  code: number;
  /** The enhanced code (RFC 3463) that its first line begins with; null where there is none. */
  status: string | null;
  /** Its words without codes, addresses, links and quoted answers of other servers. */
  words: string;
  /** Whether it names the mail's sender, and not its recipient. */
  namesSender: boolean;
}

/** Whom a reply may name. */
export interface Envelope {
  from?: string | undefined;
  to?: string | undefined;
}

/** Servers say what they have to say in less; what a hostile one says beyond that is not looked at. */
const MAX_READ = 2000;
const STATUS = /^#?([245]\.\d{1,3}\.\d{1,3})\b/;
/** Where the answer of another server begins, in a reply that passes one on. */
const QUOTED =
  /\b(?:said|says|replied|responded|returned|response|answer(?:ed)?)\b[^:\n]{0,40}:\s*"?[245]\d\d[ -]|\b[245]\d\d[ -][245]\.\d{1,3}\.\d{1,3}\b/i;
/** Where some policies give no reason but a link to it. */
const SPF_LINK = /https?:\/\/(?:www\.)?openspf\.(?:org|net)\/\S*/gi;
/** Words of the sender's choice: they say nothing of what the server means. */
const OF_OTHERS = /<[^<>]*>|\S+@\S+|https?:\S+/g;

/** Takes a server's reply apart, its lines separated by line feeds. */
export function readReply(stage: Stage, response: string, { from, to }: Envelope = {}): Reply {
  const lines = response.slice(0, MAX_READ).split('\n');
  const texts = lines.map((line) => line.replace(/^\d{3}[ -]?/, '').trim());
  const own = texts.map((text, index) => {
    const said = text.replace(STATUS, '');
    const quoted = said.search(QUOTED);
    // The first line is the server's own, whatever it looks like.
    return quoted > 0 || (quoted === 0 && index > 0) ? said.slice(0, quoted) : said;
  });
  const said = own.join(' ').toLowerCase();
  const names = (address: string | undefined) => Boolean(address) && said.includes(String(address).toLowerCase());
  return {
    stage,
    code: Number(/^\d{3}/.exec(response)?.[0] ?? 0),
    status: STATUS.exec(texts[0] ?? '')?.[1] ?? null,
    words: own.join(' ').replace(SPF_LINK, ' SPF ').replace(OF_OTHERS, ' ').replace(/\s+/g, ' ').trim(),
    namesSender: names(from) && !names(to),
  };
}
