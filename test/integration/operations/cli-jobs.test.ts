import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCli } from '../../support/cli.ts';
import { KEYS, type Product, startProduct } from '../../support/product.ts';

describe('heavylift jobs', () => {
  let product: Product;
  const cli = (...args: string[]) => runCli({ REDIS_URL: product.redis.url, DATA_DIR: product.dir }, 'jobs', ...args);
  const post = async (title: string, key: string = KEYS.kari): Promise<string> => {
    const answer = await product.request('/v1/reports', {
      method: 'POST',
      key,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ template: 'document', data: { title, blocks: [] } }),
    });
    return ((await answer.json()) as { id: string }).id;
  };
  let waiting: string;

  beforeAll(async () => {
    product = await startProduct();
    waiting = await post('first');
    await post('second', KEYS.operator);
    // An operator looks when the web process does not answer, too.
    await product.web.stop('SIGKILL');
  }, 60_000);
  afterAll(() => product.close());

  it('list: everybody’s, the newest first', async () => {
    const { code, stdout } = await cli('list');
    expect(code).toBe(0);
    const rows = stdout.trimEnd().split('\n').slice(1);
    expect(rows).toEqual([
      expect.stringMatching(/^rep_\w+ +waiting +operator +\d{4}-.*Z +0 +-$/),
      expect.stringMatching(new RegExp(`^${waiting} +waiting +kari +`)),
    ]);
  });

  it('list --json with filters: those that match, as the API shows them', async () => {
    const { stdout } = await cli('list', '--json', '--caller', 'kari', '--kind', 'reports', '--state', 'waiting');
    expect(JSON.parse(stdout)).toEqual([
      expect.objectContaining({ id: waiting, kind: 'reports', state: 'waiting', position: 1 }),
    ]);
    expect(JSON.parse((await cli('list', '--json', '--kind', 'images')).stdout)).toEqual([]);
    expect(JSON.parse((await cli('list', '--json', '--limit', '1')).stdout)).toHaveLength(1);
  });

  it('show: the job in JSON; one that is not there: exit status 1', async () => {
    expect(JSON.parse((await cli('show', waiting)).stdout)).toMatchObject({ id: waiting, attempts: { made: 0 } });
    const none = 'rep_00000000000000000000000000';
    expect(await cli('show', none)).toEqual({ code: 1, stdout: '', stderr: `there is no job ${none}\n` });
  });

  it('cancel, retry, erase: each does so, and refuses where the state does not allow it', async () => {
    const stateOf = async () => (JSON.parse((await cli('show', waiting)).stdout) as { state: string }).state;
    expect(await cli('retry', waiting)).toMatchObject({ code: 1, stderr: expect.stringContaining('it is waiting') });
    expect(await cli('cancel', waiting)).toMatchObject({ code: 0, stderr: `${waiting} is cancelled.\n` });
    expect(await stateOf()).toBe('cancelled');
    expect((await cli('cancel', waiting)).code).toBe(0);
    expect(await cli('retry', waiting)).toMatchObject({ code: 0, stderr: `${waiting} runs again.\n` });
    expect(await stateOf()).toBe('delayed');
    expect(await cli('erase', waiting)).toMatchObject({ code: 0, stderr: `${waiting} is erased.\n` });
    expect((await cli('show', waiting)).code).toBe(1);
  });

  it.each([
    [['list', '--state', 'done'], /'done' is invalid.*waiting, delayed/],
    [['list', '--limit', '0'], /must be a whole number from 1 to 10000/],
    [['show'], /missing required argument 'id'/],
  ])('%j: exit status 2, one line', async (args, sentence) => {
    const { code, stderr } = await cli(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(sentence);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
