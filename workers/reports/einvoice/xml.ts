import { dropNonXml, escapeXml } from '../../../src/fields/escape-xml.ts';

/** An element: its qualified name, its attributes, and a text or elements inside it. */
export interface XmlElement {
  name: string;
  attributes: Readonly<Record<string, string>>;
  content: string | readonly XmlElement[];
}

/** What may stand inside an element: elements, lists of them, and undefined for what is not there. */
export type XmlContent = XmlElement | undefined | readonly (XmlElement | undefined)[];

/** Makes an element of others; undefined where none of them is there. */
export function group(name: string, ...content: XmlContent[]): XmlElement | undefined {
  const inner = content.flat().filter((one) => one !== undefined);
  return inner.length === 0 ? undefined : { name, attributes: {}, content: inner };
}

/** Whether a text has nothing but space, and characters that XML can't hold. */
export const isBlank = (text: string | undefined): boolean => !text || dropNonXml(text).trim() === '';

/**
 * Makes an element of a text, without the characters that XML can't hold; undefined where there is nothing but space: an
 * element is never empty.
 */
export function leaf(
  name: string,
  text: string | undefined,
  attributes: Readonly<Record<string, string>> = {},
): XmlElement | undefined {
  return text === undefined || isBlank(text) ? undefined : { name, attributes, content: dropNonXml(text).trim() };
}

const INDENT = '  ';

function write({ name, attributes, content }: XmlElement, indent: string, lines: string[]): void {
  const named = Object.entries(attributes).map(([key, value]) => ` ${key}="${escapeXml(value)}"`);
  const start = `${indent}<${name}${named.join('')}>`;
  if (typeof content === 'string') {
    lines.push(`${start}${escapeXml(content)}</${name}>`);
    return;
  }
  lines.push(start);
  for (const inner of content) write(inner, indent + INDENT, lines);
  lines.push(`${indent}</${name}>`);
}

/** Writes an element as an XML document in UTF-8. */
export function writeXml(root: XmlElement): string {
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>'];
  write(root, '', lines);
  return `${lines.join('\n')}\n`;
}
