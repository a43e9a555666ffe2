import { expect, it } from '@jest/globals';
import { copyProduct } from '../support/product-copy.ts';

it('npm run new-kind hashes: what it wrote is free of lint and type errors, to every bound the house has', async () => {
  const copy = copyProduct();
  try {
    await copy.run('npm', 'run', '--silent', 'new-kind', 'hashes');
    expect(await copy.run('npm', 'run', '--silent', 'lint')).toContain('No fixes applied.');
  } finally {
    copy.remove();
  }
});
