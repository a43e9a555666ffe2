import { expect, it } from '@jest/globals';
import { startProduct } from '../support/product.ts';
import { fuzz } from '../support/properties/fuzz.ts';

it('150 malformed requests over all routes: no undeclared 5xx, no hang, no file or job left', async () => {
  const product = await startProduct();
  try {
    await fuzz(product, 150, 1);
    expect(product.web.output()).not.toContain('"level":"error"');
  } finally {
    await product.close();
  }
}, 120_000);
