import { expect, it } from '@jest/globals';
import { startProduct } from '../support/product.ts';
import { fuzzBodies } from '../support/properties/fuzz-bodies.ts';

// biome-ignore lint/style/noProcessEnv: what a run by hand is told: FUZZ_COUNT=1000 FUZZ_SEED=7 npm test -- test/long/fuzz-bodies
const { FUZZ_COUNT = '50000', FUZZ_SEED = String(Date.now() % 1_000_000) } = process.env;

it('50,000 generated and mutated bodies over every route that takes one: no 5xx, no death, memory within bounds', async () => {
  const probe = new URL('../support/operations/loop-lag.js', import.meta.url).href;
  const env = { NODE_OPTIONS: `--import=${probe}`, MAX_QUEUE_DEPTH: '10000000', LOG_LEVEL: 'error' };
  const product = await startProduct({ env });
  try {
    const figures = await fuzzBodies(product, Number(FUZZ_COUNT), Number(FUZZ_SEED));
    console.info(JSON.stringify({ seed: FUZZ_SEED, ...figures }));
    expect(figures.peakRssMb).toBeLessThan(700);
    expect(product.web.output()).not.toContain('"level":"error"');
  } finally {
    await product.close();
  }
}, 3_600_000);
