import { domainToASCII } from 'node:url';

/**
 * One mail address: its domain is as DNS knows it (`kari@xn--brger-vua.no`), and what is in front of the @ plain ASCII
 * unless letters were allowed there; `name` is '' when none was given.
 */
export interface Mailbox {
  name: string;
  address: string;
}

/** Thrown by parseMailbox and checkMailbox; its message is a public sentence without the field's name. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
}

const LIKE = 'like kari@example.no or Kari Nordmann <kari@example.no>';
const MAX_NAME_LENGTH = 200;
const MAX_TEXT_LENGTH = 600;
/** What an address may be beyond what every mail server takes. */
export interface AddressRules {
  /** Letters beyond ASCII in front of the @ (RFC 6531), which only some mail servers take. */
  allowsLetters?: boolean;
}

/** RFC 5321, 4.5.3.1: the local part, and the whole path without its angle brackets. */
const MAX_LOCAL_LENGTH = 64;
const MAX_ADDRESS_LENGTH = 254;
/** What could end a header line or an SMTP command, now or after somebody's conversion: C0, DEL, C1, U+2028, U+2029. */
export const CONTROL_CHARACTER = /[\p{Cc}\p{Zl}\p{Zp}]/u;
const LOCAL_PART = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/;
/** RFC 6532, 3.1: any letter, mark, digit or sign beyond ASCII; CONTROL_CHARACTER is refused before. */
const LETTERED_PART = /^[\w!#$%&'*+/=?^`{|}~\p{L}\p{M}\p{N}-]+(?:\.[\w!#$%&'*+/=?^`{|}~\p{L}\p{M}\p{N}-]+)*$/u;
const DOMAIN_LABEL = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

/** A domain in the ASCII form that DNS and SMTP know, lower case; null when it is none. */
export function toDomain(text: string): string | null {
  // domainToASCII reads a host of a URL: it would take %-escapes and turn 0x7f into an IP address.
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(text)) return null;
  const domain = domainToASCII(text);
  const labels = domain.split('.');
  if (!labels.every((label) => DOMAIN_LABEL.test(label))) return null;
  return /^\d+$/.test(labels.at(-1) ?? '') ? null : domain;
}

function checkAddress(text: string, { allowsLetters = false }: AddressRules): string {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, Math.max(at, 0)).normalize('NFC');
  // Quoted local parts ("a b"@example.no) are legal, unused, and a classic way to smuggle a second address.
  const isLettered = !LOCAL_PART.test(local) && LETTERED_PART.test(local);
  if (isLettered && !allowsLetters) {
    throw new AddressError('must have plain ASCII in front of the @, such as a to z: other letters are for recipients');
  }
  if (!isLettered && !LOCAL_PART.test(local)) throw new AddressError(`must be one address ${LIKE}`);
  if (Buffer.byteLength(local) > MAX_LOCAL_LENGTH) {
    throw new AddressError(`must have at most ${MAX_LOCAL_LENGTH} characters in front of the @`);
  }
  const domain = toDomain(text.slice(at + 1));
  if (domain === null) throw new AddressError('must have a domain name after the @, like example.no');
  const address = `${local}@${domain}`;
  if (Buffer.byteLength(address) > MAX_ADDRESS_LENGTH) {
    throw new AddressError(`must be an address of at most ${MAX_ADDRESS_LENGTH} characters`);
  }
  return address;
}

/** Checks an address that came in two parts; throws AddressError. */
export function checkMailbox(
  { name = '', address }: { name?: string | undefined; address: string },
  rules: AddressRules = {},
): Mailbox {
  // Before any pattern: LOCAL_PART overflows the stack on megabytes of "a.a.a.".
  if (address.length > MAX_TEXT_LENGTH) throw new AddressError(`must have at most ${MAX_TEXT_LENGTH} characters`);
  if (CONTROL_CHARACTER.test(name) || CONTROL_CHARACTER.test(address)) {
    throw new AddressError('must not contain line breaks or other control characters');
  }
  if (name.length > MAX_NAME_LENGTH)
    throw new AddressError(`must have a name of at most ${MAX_NAME_LENGTH} characters`);
  return { name: name.trim(), address: checkAddress(address.trim(), rules) };
}

/** The name in front of `<`: quoted with backslash escapes, or plain words. */
function parseName(text: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/u.exec(text)?.[1];
  if (quoted !== undefined) return quoted.replace(/\\(.)/gu, '$1');
  if (/[<>@,;:"\\]/.test(text)) {
    throw new AddressError(`must have quotes around a name with any of < > @ , ; : " \\ in it`);
  }
  return text;
}

/**
 * Reads one address as people write it: `kari@example.no`, `Kari <kari@example.no>`, `"Nordmann, Kari"
 * <kari@example.no>`. Lists, groups, comments, quoted local parts and IP addresses are refused. Throws AddressError.
 */
export function parseMailbox(text: string, rules: AddressRules = {}): Mailbox {
  if (text.length > MAX_TEXT_LENGTH) throw new AddressError(`must have at most ${MAX_TEXT_LENGTH} characters`);
  if (CONTROL_CHARACTER.test(text)) {
    throw new AddressError('must not contain line breaks or other control characters');
  }
  const trimmed = text.trim();
  if (trimmed.endsWith(';') && /^[^"<@:]*:/.test(trimmed)) {
    throw new AddressError(`must not be a group; give a list of addresses, each ${LIKE}`);
  }
  const open = trimmed.lastIndexOf('<');
  if (open === -1 || !trimmed.endsWith('>')) return checkMailbox({ address: trimmed }, rules);
  return checkMailbox({ name: parseName(trimmed.slice(0, open).trim()), address: trimmed.slice(open + 1, -1) }, rules);
}
