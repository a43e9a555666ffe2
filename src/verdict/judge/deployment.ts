import type { Refusal, Remade, Restored } from '../../deployment/notes.ts';
import type { Facts } from '../facts.ts';
import type { Finding } from './finding.ts';

/** Finds what is wrong with what belongs together: strange hosts, lost data, secrets that were made anew. */
export function judgeDeployment({ deployment }: Facts): Finding[] {
  if (!deployment) return [];
  return [
    ...deployment.refused.map(describeRefusal),
    ...deployment.restored.map(describeRestored),
    ...deployment.remade.map(describeRemade),
  ];
}

const describeRefusal = ({ host, reason, storageId }: Refusal): Finding => ({
  code: reason === 'version' ? 'older_host' : 'foreign_host',
  about: host,
  text: `A process on ${host} does not start: ${REFUSALS[reason](storageId)}`,
});

const REFUSALS: Record<Refusal['reason'], (storageId: string | null) => string> = {
  id: (storageId) =>
    storageId === null
      ? 'its storage is empty, and that of the others is not: is the right folder mounted there?'
      : `its storage belongs to another deployment (${storageId})`,
  secret: (storageId) =>
    storageId === null ? 'it has another folder, with another secret' : "its secret is none of this deployment's",
  version: () => 'a later version than its own has written the data',
};

const describeRestored = ({ side, at, files = 0 }: Restored): Finding => ({
  code: 'data_lost',
  about: side,
  sinceAt: Date.parse(at),
  text:
    side === 'redis'
      ? `Redis had lost the id of this deployment while storage holds ${files} uploads and results, and it was written again: jobs of before are gone if Redis was emptied. Files without a job stay for RESULT_TTL, so that the right data of Redis can be put back`
      : 'Storage had lost the id of this deployment while Redis holds jobs, and it was written again: is the right folder mounted everywhere? Jobs whose upload is missing wait',
});

const describeRemade = ({ what, at }: Remade): Finding => ({
  code: 'secret_remade',
  about: what,
  sinceAt: Date.parse(at),
  text:
    what === 'key'
      ? 'The first key was made anew, since the file api-key was gone: whoever has the key before it gets 401'
      : "The deployment's secret was lost and another one took its place: who was signed in has to sign in again, links in mails that were sent lead nowhere, and an Idempotency-Key of before makes a new job",
});
