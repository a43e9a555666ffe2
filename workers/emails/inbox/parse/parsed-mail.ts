import type { MailReport } from '../../returns/report/mail-report.ts';

/** One address of a header. */
export interface ParsedAddress {
  name: string;
  address: string;
}

/** A part of a mail that is a file. */
export interface ParsedAttachment {
  /** Its place among the files of the mail, from 1. */
  number: number;
  filename: string;
  type: string;
  bytes: number;
  /** The name by which the HTML shows it; null for none. */
  cid: string | null;
}

/** What a mail program reads in a mail. */
export interface ParsedMail {
  from: ParsedAddress[];
  replyTo: ParsedAddress[];
  to: ParsedAddress[];
  cc: ParsedAddress[];
  subject: string;
  date: string | null;
  messageId: string | null;
  text: string | null;
  html: string | null;
  /** Whether its HTML shows pictures of other hosts. */
  remotePictures: boolean;
  /** In their order, as they were written; the first 1,000. */
  headers: { name: string; value: string }[];
  /** The first of them, at most 1,000. */
  attachments: ParsedAttachment[];
  /** How many there are. */
  attachmentCount: number;
}

/** A file that a mail brought. */
export interface OpenedAttachment {
  filename: string;
  type: string;
  content: Uint8Array<ArrayBuffer>;
}

/** What the thread is asked about a mail: what is in it, its HTML for a frame, one of its files, or what it reports. */
export type ParseQuestion = { source: Uint8Array } & (
  | { want: 'mail' }
  | { want: 'frame' }
  | { want: 'report' }
  | { want: 'file'; number: number }
);

/** What the thread answers; null: the mail has no such thing. `refused`: the mail can't be read, in a sentence. */
export type ParseAnswer =
  | { mail: ParsedMail }
  | { frame: string | null }
  | { report: MailReport }
  | { file: OpenedAttachment | null }
  | { refused: string }
  | { fault: string };
