import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { openBrowser } from '../../support/browser/browser.ts';
import { visitBelowPath } from '../../support/browser/visit-below-path.ts';
import { type PathProxy, startPathProxy } from '../../support/http/path-proxy.ts';
import { type Product, startProduct } from '../../support/product.ts';

let proxy: PathProxy;
let product: Product;
let browser: Browser;
beforeAll(async () => {
  proxy = await startPathProxy('/heavylift');
  product = await startProduct({ kinds: ['images'], env: { PUBLIC_URL: proxy.url } });
  proxy.target = product.url;
  browser = await openBrowser();
});
afterAll(async () => {
  await browser.close();
  await product.close();
  await proxy.close();
});

it.each([
  ['passes the path on', 'without', false, false],
  ['takes the path off', 'with', true, true],
  ['takes the path off', 'without', true, false],
])(
  'Chromium behind a proxy that %s, %s JavaScript: no request leaves the path',
  async (_mode, _script, takesOff, js) => {
    proxy.takesOff = takesOff;
    await visitBelowPath({ browser, product, proxy }, js);
    expect(proxy.outside).toEqual([]);
  },
);
