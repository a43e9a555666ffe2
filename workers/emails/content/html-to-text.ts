import { compile } from 'html-to-text';

/** Stands where a document was cut that is too deep or too long to be converted. */
const ELLIPSIS = '…';

const convert = compile({
  // Mail programs wrap lines themselves; a URL must stay whole.
  wordwrap: false,
  selectors: [
    { selector: 'img', format: 'skip' },
    // What only the inbox shows beside the subject.
    { selector: '.preheader', format: 'skip' },
    { selector: 'table.data', format: 'dataTable', options: { uppercaseHeaderCells: false } },
    { selector: 'a', options: { hideLinkHrefIfSameAsText: true, ignoreHref: false, linkBrackets: ['<', '>'] } },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
  ],
  limits: { ellipsis: ELLIPSIS, maxDepth: 200, maxChildNodes: 50_000, maxInputLength: 2_000_000 },
});

/** Makes the text part of a mail that was given as HTML: its words, links as `text <https://...>`. */
export const htmlToText = (html: string): string => `${convert(html).trim()}\n`;
