import { expect, it } from '@jest/globals';
import { startProduct } from '../support/product.ts';
import { fuzz } from '../support/properties/fuzz.ts';

it('10,000 malformed requests over all routes: no undeclared 5xx, no hang, no file or job left', async () => {
  const product = await startProduct();
  try {
    await fuzz(product, 10_000, Date.now() % 1_000_000);
    expect(product.web.output()).not.toContain('"level":"error"');
  } finally {
    await product.close();
  }
});
