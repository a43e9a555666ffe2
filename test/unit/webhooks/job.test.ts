import { describe, expect, it } from '@jest/globals';
import { backoffMs } from '../../../src/queue/run/backoff.ts';
import { parseConfig } from '../../../workers/config.ts';
import { webhooks } from '../../../workers/webhooks/job.ts';

const issuesOf = (changes: Record<string, unknown>) => {
  const parsed = webhooks.input.safeParse({ ...webhooks.example, ...changes });
  return (parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('/')}: ${message}`);
};

describe('the input of a webhook', () => {
  it('the example: taken as it is', () => expect(webhooks.input.parse(webhooks.example)).toEqual(webhooks.example));

  it.each([
    [{ url: 'ftp://example.com' }, 'url: must begin with http:// or https://'],
    [{ url: 'https://user:pass@example.com' }, 'url: must not have a user name or a password in it'],
    [{ url: 'http://example.com:0/' }, 'url: must have a port from 1 to 65535, or none'],
    [{ url: 7 }, 'url: must be a URL'],
    [
      { event: 'job.started' },
      'event: must be job.completed, job.failed, job.cancelled, flow.completed, flow.failed, flow.cancelled, batch.completed, mail.delivered, mail.deferred, mail.bounced, mail.complained, mail.unsubscribed, schedule.missed, schedule.refused, schedule.paused, endpoint.test or file.delivery',
    ],
    [{ job: '../../etc' }, 'job: must be the id of a job'],
    [{ body: '' }, 'body: must be a text of 1 to 1,000,000 characters'],
  ])('%j: refused, %s', (changes, issue) => expect(issuesOf(changes)).toEqual([issue]));
});

describe('the contract', () => {
  it('has no POST of its own, and a completed one can be sent again', () => {
    expect([webhooks.accepts, webhooks.retryCompleted]).toEqual(['none', true]);
  });

  it('ten attempts: 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h apart, with jitter', () => {
    const waits = Array.from({ length: webhooks.attempts - 1 }, (_, run) =>
      backoffMs(webhooks.backoff, run + 1, () => 1),
    );
    const minutes = waits.map((ms) => ms / 60_000);
    expect(minutes).toEqual([5 / 60, 5, 30, 120, 300, 600, 840, 1200, 1440]);
  });

  it('an address of this machine: refused at POST, but on its ports 80 and 443 and where the setting names it', () => {
    const settings = { OWN_ADDRESSES: '93.184.216.34,2606:4700::/64' };
    const faultOf = (url: string, more = {}) =>
      webhooks.findCallbackFault?.(url, parseConfig({ ...settings, ...more }));
    for (const host of ['93.184.216.34:6379', '[2606:4700::7]:8080']) {
      const port = host.split(':').at(-1);
      expect(faultOf(`http://${host}/hook`)).toBe(
        `must lead to port 80 or 443 of this machine itself, and not to ${port}, ` +
          `unless the setting WEBHOOKS_ALLOW names it: WEBHOOKS_ALLOW=${host}`,
      );
      expect(faultOf(`http://${host}/hook`, { WEBHOOKS_ALLOW: host })).toBeNull();
    }
    expect([faultOf('http://93.184.216.34/'), faultOf('https://[2606:4700::7]/')]).toEqual([null, null]);
    expect(faultOf('http://93.184.216.35:6379/')).toBeNull();
  });

  it('a run may take longer than the receiver may: it is the receiver that is told of', () => {
    expect(webhooks.timeoutMs(parseConfig({ WEBHOOKS_TIMEOUT_SECONDS: '30' }))).toBeGreaterThan(30_000);
  });
});
