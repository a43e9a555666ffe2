import PostalMime, { type Address, type Attachment, type Email } from 'postal-mime';
import { readReport } from '../../returns/report/read-report.ts';
import { makeFrame, showsRemotePictures } from './frame.ts';
import type { OpenedAttachment, ParseAnswer, ParsedAddress, ParsedMail, ParseQuestion } from './parsed-mail.ts';

/** So many files, headers and addresses are listed; further files can be had by their numbers. */
const MAX_LISTED = 1000;
/** More of a text and of HTML than any mail of a job has, and more of a header. The rest is in the source. */
const MAX_TEXT = 5_000_000;
const MAX_HEADER = 100_000;
const MEDIA_TYPE = /^[a-z0-9!#$&^_.+-]{1,100}\/[a-z0-9!#$&^_.+-]{1,100}$/;

/** Servers' reports have three levels: the mail, its parts, the mail that came back. */
const MAX_REPORT_DEPTH = 10;

/** Reads a mail and answers what was asked about it. */
export async function answer(question: ParseQuestion): Promise<ParseAnswer> {
  let mail: Email;
  try {
    // A mail in a mail is a file of it.
    const depth = question.want === 'report' ? { maxNestingDepth: MAX_REPORT_DEPTH } : {};
    mail = await PostalMime.parse(question.source, { forceRfc822Attachments: true, ...depth });
  } catch (error) {
    return { refused: `The mail can not be read: ${(error as Error).message}.` };
  }
  if (question.want === 'frame') return { frame: mail.html ? makeFrame(cut(mail.html), picturesOf(mail)) : null };
  if (question.want === 'report') return { report: readReport(mail) };
  if (question.want === 'file') return { file: openFile(mail, question.number) };
  return { mail: describe(mail) };
}

function describe(mail: Email): ParsedMail {
  const { attachments } = mail;
  return {
    from: flatten(mail.from ? [mail.from] : []),
    replyTo: flatten(mail.replyTo),
    to: flatten(mail.to),
    cc: flatten(mail.cc),
    subject: (mail.subject ?? '').slice(0, MAX_HEADER),
    date: mail.date ?? null,
    messageId: mail.messageId ?? null,
    text: mail.text === undefined ? null : cut(mail.text),
    html: mail.html === undefined ? null : cut(mail.html),
    remotePictures: showsRemotePictures(cut(mail.html ?? '')),
    headers: mail.headers
      .slice(0, MAX_LISTED)
      .map(({ originalKey, value }) => ({ name: originalKey, value: value.slice(0, MAX_HEADER) })),
    attachments: attachments.slice(0, MAX_LISTED).map((attachment, index) => ({
      number: index + 1,
      filename: nameOf(attachment, index + 1),
      type: typeOf(attachment),
      bytes: bytesOf(attachment).length,
      cid: cidOf(attachment),
    })),
    attachmentCount: attachments.length,
  };
}

const cut = (text: string): string => text.slice(0, MAX_TEXT);

const flatten = (addresses: readonly Address[] = []): ParsedAddress[] =>
  addresses
    .slice(0, MAX_LISTED)
    .flatMap((one) => (one.group ? flatten(one.group) : [{ name: one.name, address: one.address }]));

function openFile({ attachments }: Email, number: number): OpenedAttachment | null {
  const attachment = attachments[number - 1];
  if (!attachment) return null;
  return { filename: nameOf(attachment, number), type: typeOf(attachment), content: bytesOf(attachment).slice() };
}

/** The name without folders and control characters; one of ours where there is none. */
function nameOf({ filename }: Attachment, number: number): string {
  const name =
    (filename ?? '')
      .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
      .split(/[/\\]/)
      .at(-1)
      ?.trim() ?? '';
  return name === '' || /^\.+$/.test(name) ? `attachment-${number}` : name.slice(0, 200);
}

const typeOf = ({ mimeType }: Attachment): string =>
  MEDIA_TYPE.test(mimeType) ? mimeType : 'application/octet-stream';

const bytesOf = ({ content }: Attachment): Uint8Array<ArrayBuffer> =>
  typeof content === 'string' ? new TextEncoder().encode(content) : new Uint8Array(content as ArrayBuffer);

const cidOf = ({ contentId }: Attachment): string | null => contentId?.replace(/^<|>$/g, '') ?? null;

/** The pictures of the mail as addresses that hold them, by content id. */
function picturesOf({ attachments }: Email): Map<string, string> {
  const pictures = attachments.filter((one) => one.contentId && typeOf(one).startsWith('image/'));
  return new Map(
    pictures.map((one) => [
      cidOf(one) ?? '',
      `data:${typeOf(one)};base64,${Buffer.from(bytesOf(one)).toString('base64')}`,
    ]),
  );
}
