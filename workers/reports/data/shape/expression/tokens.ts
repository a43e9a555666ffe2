/** A piece of an expression, and the character of it that it begins at, from 1. */
export interface Token {
  kind: 'number' | 'name' | 'call' | 'sign' | 'end';
  text: string;
  at: number;
}

/** Thrown for a text that is no expression; the message is the end of a sentence about it. */
export class ExpressionFault extends Error {}

const NUMBER = /^(?:\d{1,40}(?:\.\d{1,40})?|\.\d{1,40})/;
const NAME = /^[\p{L}_][\p{L}\p{M}\p{N}_]*/u;
/** A name with spaces and signs; `]]` stands for a bracket in it. */
const BRACKETED = /^\[((?:[^\]]|\]\])+)\]/;
const SIGN = /^[+\-*/(),]/;
const SPACE = /^\s+/;

function readToken(rest: string, at: number): { token?: Token; length: number } {
  const [space] = SPACE.exec(rest) ?? [];
  if (space !== undefined) return { length: space.length };
  const [number] = NUMBER.exec(rest) ?? [];
  if (number !== undefined) return { token: { kind: 'number', text: number, at }, length: number.length };
  const [bracketed, key = ''] = BRACKETED.exec(rest) ?? [];
  if (bracketed !== undefined) {
    return { token: { kind: 'name', text: key.replaceAll(']]', ']'), at }, length: bracketed.length };
  }
  const [name] = NAME.exec(rest) ?? [];
  if (name !== undefined) {
    const kind = /^\s*\(/.test(rest.slice(name.length)) ? 'call' : 'name';
    return { token: { kind, text: name, at }, length: name.length };
  }
  const [sign] = SIGN.exec(rest) ?? [];
  if (sign !== undefined) return { token: { kind: 'sign', text: sign, at }, length: 1 };
  const [first = ''] = rest;
  const what = first === '[' ? 'the bracket at character' : `"${first}" at character`;
  const fault = first === '[' ? 'has no end, or nothing in it' : 'means nothing there';
  throw new ExpressionFault(`${what} ${at} ${fault}`);
}

/** Parts an expression into its tokens, the last of which is its end. Throws ExpressionFault. */
export function readTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const { token, length } = readToken(text.slice(at), at + 1);
    if (token) tokens.push(token);
    at += length;
  }
  return [...tokens, { kind: 'end', text: '', at: text.length + 1 }];
}
