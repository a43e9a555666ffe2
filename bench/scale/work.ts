import sharp from 'sharp';
import { reports } from '../../workers/reports/job.ts';

/** A light job of a kind, as it is posted again and again, and the work that it makes. */
export interface Work {
  name: string;
  /** Of the jobs that are posted. */
  kind: string;
  /** The kinds that the worker runs, as they ship together. */
  runs: string[];
  /** The kind whose jobs end last. */
  endsAs: string;
  path: string;
  type: string;
  body: string | Uint8Array<ArrayBuffer>;
  /** What is posted for a round of throughput. */
  count: number;
}

/** An image of 1 megapixel with some grain, as a camera's file has it. */
async function makePhoto(): Promise<Uint8Array<ArrayBuffer>> {
  const size = { width: 1200, height: 834 };
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  const grain = await sharp({ create: { ...size, channels: 3, background: '#888', noise } })
    .blur(1.5)
    .png()
    .toBuffer();
  return new Uint8Array(await sharp(grain).jpeg({ quality: 85 }).toBuffer());
}

/** Makes the work of all kinds; webhooks and calls go to that address. */
export async function makeWork(sinkUrl: string): Promise<Work[]> {
  const photo = await makePhoto();
  const json = (body: object) => ({ type: 'application/json', body: JSON.stringify(body) });
  const mail = { to: 'kari@example.no', subject: 'Your order', text: 'Thank you. It is on its way.\n' };
  const sends = ['emails', 'webhooks', 'calls'];
  return [
    {
      name: 'image',
      ...{ kind: 'images', runs: ['images'], endsAs: 'images', count: 100 },
      ...{ path: '/v1/images?width=400', type: 'image/jpeg', body: photo },
    },
    {
      name: 'report',
      ...{ kind: 'reports', runs: ['reports'], endsAs: 'reports', count: 60 },
      ...{ path: '/v1/reports', ...json(reports.example) },
    },
    {
      name: 'mail',
      ...{ kind: 'emails', runs: sends, endsAs: 'emails', count: 1000 },
      ...{ path: '/v1/emails', ...json(mail) },
    },
    {
      name: 'mail+webhook',
      ...{ kind: 'emails', runs: sends, endsAs: 'webhooks', count: 600 },
      ...{ path: '/v1/emails', ...json({ ...mail, callbackUrl: `${sinkUrl}/ended` }) },
    },
    {
      name: 'call',
      ...{ kind: 'calls', runs: sends, endsAs: 'calls', count: 600 },
      ...{ path: '/v1/calls', ...json({ url: `${sinkUrl}/orders`, json: { order: 1001 } }) },
    },
  ];
}
