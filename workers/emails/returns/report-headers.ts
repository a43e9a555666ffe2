/** What a mail is given, so that Postmark says it again: no other name of ours is in what it reports. */
export const POSTMARK_METADATA = 'heavylift-job';

/** The headers by which a relay (`host:port`) can tell later which mail its reports are about; none for most. */
export const reportHeaders = (relay: string, job: string): Record<string, string> =>
  /^smtp[\w-]*\.postmarkapp\.com:/.test(relay) ? { [`X-PM-Metadata-${POSTMARK_METADATA}`]: job } : {};
