import { formatBytes, formatTime } from '../../../src/kinds/formats.ts';
import type { Fact } from '../../../src/kinds/page.ts';
import type { InboxMail } from '../inbox/inbox-mail.ts';
import type { ParsedAddress, ParsedMail } from '../inbox/parse/parsed-mail.ts';
import { attachmentUrl, type MailContent, sourceUrl } from './inbox.ts';

/** So many recipients stand in a row of the list. */
const SHOWN_RECIPIENTS = 3;
/** More of a text, and more files, are in the mail's source. */
const SHOWN_TEXT = 200_000;
const SHOWN_FILES = 100;

/** One mail of the list, every text ready. */
export interface InboxRow {
  id: string;
  subject: string;
  from: string;
  to: string;
  at: string;
  time: string;
  size: string;
}

export interface InboxData {
  /** Why mails are here. */
  kept: string;
  rows: InboxRow[];
  /** What was looked for. */
  q: string;
  job: string;
  isFirst: boolean;
  /** The page without its position. */
  newestUrl: string;
  olderUrl: string | null;
  nothing: string;
}

export interface MailData {
  id: string;
  job: string;
  subject: string;
  facts: Fact[];
  unread: string | null;
  /** The page of its HTML; null for a mail without. `picturesUrl`: where pictures of other hosts are shown too. */
  frame: { url: string; picturesUrl: string | null } | null;
  text: string | null;
  isTextCut: boolean;
  headers: ParsedMail['headers'];
  files: { name: string; url: string; summary: string }[];
  moreFiles: number;
  sourceUrl: string;
}

/** Describes a mail as its page shows it; `showsPictures`: those of other hosts too. */
export function describeMail(mail: InboxMail, { content, unread }: MailContent, showsPictures: boolean): MailData {
  return {
    id: mail.id,
    job: mail.job,
    subject: mail.subject || '(no subject)',
    facts: describeFacts(mail, content),
    unread,
    frame: content?.html ? describeFrame(mail, content, showsPictures) : null,
    text: content?.text?.slice(0, SHOWN_TEXT) ?? null,
    isTextCut: (content?.text?.length ?? 0) > SHOWN_TEXT,
    headers: content?.headers ?? [],
    files: (content?.attachments ?? []).slice(0, SHOWN_FILES).map(({ number, filename, type, bytes }) => ({
      name: filename,
      url: attachmentUrl(mail, number),
      summary: `${type} · ${formatBytes(bytes)}`,
    })),
    moreFiles: Math.max(0, (content?.attachmentCount ?? 0) - SHOWN_FILES),
    sourceUrl: sourceUrl(mail),
  };
}

/** Describes a mail as a row of the list. */
export function describeRow({ id, subject, from, to, at, bytes, attachmentCount }: InboxMail): InboxRow {
  const more = to.length - SHOWN_RECIPIENTS;
  const files = attachmentCount === 1 ? ' · 1 file' : ` · ${attachmentCount} files`;
  return {
    id,
    subject: subject || '(no subject)',
    from,
    to: `${to.slice(0, SHOWN_RECIPIENTS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    at,
    time: formatTime(at),
    size: `${formatBytes(bytes)}${attachmentCount > 0 ? files : ''}`,
  };
}

function describeFacts(mail: InboxMail, content: ParsedMail | null): Fact[] {
  const listed = (addresses: readonly ParsedAddress[] = []) => addresses.map(writeAddress).join(', ');
  const rows: [label: string, text: string][] = [
    ['From', listed(content?.from) || mail.from],
    ['To', listed(content?.to)],
    ['Cc', listed(content?.cc)],
    ['Reply to', listed(content?.replyTo)],
    ['Recipients', mail.to.join(', ')],
    ['Posted by', mail.caller],
    ['Size', formatBytes(mail.bytes)],
  ];
  return [
    ...rows.flatMap(([label, text]) => (text ? [{ label, text, isWide: text.length > 40 }] : [])),
    { label: 'Came', text: formatTime(mail.at), time: mail.at },
    { label: 'Job', text: mail.job, href: `/jobs/${mail.job}` },
  ];
}

const writeAddress = ({ name, address }: ParsedAddress): string => (name ? `${name} <${address}>` : address);

function describeFrame({ id }: InboxMail, { remotePictures }: ParsedMail, showsPictures: boolean): MailData['frame'] {
  return {
    url: `/inbox/${id}/html${showsPictures ? '?pictures=1' : ''}`,
    picturesUrl: remotePictures && !showsPictures ? `/inbox/${id}?pictures=1` : null,
  };
}
