import { describe, expect, it } from '@jest/globals';
import { findBodyEnd, findPictureNames } from '../../../workers/emails/html.ts';
import { inScheme } from '../../../workers/emails/preview/scheme.ts';

describe('the pictures that HTML shows by cid', () => {
  it.each<[html: string, names: string[]]>([
    ['<img alt="a" src="cid:logo">', ['logo']],
    ["<IMG SRC = 'CID:logo'>", ['logo']],
    ['<img src=cid:logo><img\nsrc="cid:b">', ['logo', 'b']],
    ['<img src=" cid:logo ">', ['logo']],
    ['<img src="cid&colon;a&amp;b">', ['a&b']],
    ['<img src="https://example.no/cid:logo">', []],
    ['<img data-src="cid:logo" alt="src=cid:logo">', []],
    ['<!-- <img src="cid:logo"> --><p>src="cid:logo"', []],
    ['<script>x = \'<img src="cid:logo">\'</script>', []],
    ['<img src="cid:logo', []],
  ])('%s: %j', (html, names) => expect(findPictureNames(html)).toEqual(names));
});

describe('where what HTML shows ends', () => {
  it.each<[html: string, shown: string]>([
    ['<body><p>Hei</p></body></html>', '<body><p>Hei</p>'],
    ['<body>a</BODY\n>b', '<body>a'],
    ['<body>a</body>b</body>c', '<body>a</body>b'],
    ['<p>Hei</p>', '<p>Hei</p>'],
    ['<body>a</body><!-- </body> -->', '<body>a'],
    ['<body>İİİİ</body>', '<body>İİİİ'],
    ['', ''],
  ])('%j: behind %j', (html, shown) => expect(html.slice(0, findBodyEnd(html))).toBe(shown));
});

it('in a scheme: what styles ask the reader is answered, whatever the browser wants', () => {
  const html =
    '<style>:root{color-scheme:light dark}@media (prefers-color-scheme: dark) and (max-width: 9px){a{}}@media(prefers-color-scheme:LIGHT){b{}}</style>' +
    '<picture><source media="(prefers-color-scheme: dark)"></picture><p style="color-scheme: dark light" title="(prefers-color-scheme: dark)">(prefers-color-scheme: dark)</p>';
  const rest = 'title="(prefers-color-scheme: dark)">(prefers-color-scheme: dark)</p>';
  expect(inScheme(html, 'dark')).toBe(
    '<style>:root{color-scheme:dark}@media (min-width: 0) and (max-width: 9px){a{}}@media(max-width: 0){b{}}</style>' +
      `<picture><source media="(min-width: 0)"></picture><p style="color-scheme: dark" ${rest}`,
  );
  expect(inScheme(html, 'light')).toBe(
    '<style>:root{color-scheme:light}@media (max-width: 0) and (max-width: 9px){a{}}@media(min-width: 0){b{}}</style>' +
      `<picture><source media="(max-width: 0)"></picture><p style="color-scheme: light" ${rest}`,
  );
});
