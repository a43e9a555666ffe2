const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** Control characters and halves of pairs, which XML can't hold even as references. */
const NOT_XML = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** A text without the characters that XML can't hold. */
export const dropNonXml = (text: string): string => text.replace(NOT_XML, '');

/** Escapes a text for XML or HTML, as content or as the value of an attribute; drops characters that XML can't hold. */
export const escapeXml = (text: string): string =>
  dropNonXml(text).replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign);
