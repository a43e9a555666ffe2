import { describe, expect, it } from '@jest/globals';
import { findBodyEnd, findPictureNames } from '../../../workers/emails/html.ts';

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
